// Reads what happened: activity, and the places that instants stand for.

import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import { atMost } from "../../../sqlite/at-most.ts";
import type { CredentialTold, Told } from "../../happenings.ts";
import type { Activity } from "../../read-store.ts";
import type { Names } from "../names.ts";
import type { Statements } from "../statements.ts";
import type { ResourceNumbers } from "./resource-numbers.ts";

type Row = [
  place: number,
  effectiveAt: number,
  at: number,
  eventId: string,
  eventType: number,
  tenant: number,
  type: number,
  id: string,
  revision: number,
  actor: number,
  credential: number,
  client: string | null,
  requestId: string,
  paths: string,
  told: string | null,
  numbers: string | null,
  rid: number | null,
];

/** Where a row has its type. */
const TYPE = 6;
const COLUMNS = `a.place, a.effective_at, a.at, a.event_id, a.event_type, a.tenant, a.type, a.id, a.revision, a.actor,
  a.credential, a.client, a.request_id, a.paths, a.told, a.numbers, a.rid`;
const SELECT = `SELECT ${COLUMNS} FROM activity a`;
/** Events at places, in the order of these. */
const AT = `SELECT ${COLUMNS} FROM json_each(?) j CROSS JOIN activity a ON a.place = j.value ORDER BY j.key`;

/** Places of a resource's own events, and of the beginnings and ends of its memberships; ?1 rid, ?2 after, ?3 until. */
const PLACES = `
  SELECT place FROM (SELECT place FROM trail WHERE rid = ?1 AND kind = 0 AND place > ?2 AND place <= ?3 ORDER BY place ${atMost("?4")})
  UNION SELECT place FROM (SELECT place FROM trail WHERE rid = ?1 AND kind = 1 AND place > ?2 AND place <= ?3 ORDER BY place ${atMost("?4")})
  UNION SELECT place FROM (SELECT place FROM trail WHERE rid = ?1 AND kind = 2 AND place > ?2 AND place <= ?3 ORDER BY place ${atMost("?4")})
  UNION SELECT since FROM members WHERE member = ?1 AND since > ?2 AND since <= ?3
  UNION SELECT since FROM members_past WHERE member = ?1 AND since > ?2 AND since <= ?3
  UNION SELECT till FROM members_past WHERE member = ?1 AND till > ?2 AND till <= ?3
  ORDER BY 1 ${atMost("?4")}`;

/** The same, newest first. */
const PLACES_BACK = PLACES.replaceAll("ORDER BY place LIMIT", "ORDER BY place DESC LIMIT").replace(
  "ORDER BY 1 LIMIT",
  "ORDER BY 1 DESC LIMIT",
);

/** By looking in the index for the next one after each. */
const ACTORS = `
  WITH RECURSIVE actors (actor) AS (
    SELECT min(actor) FROM activity WHERE tenant = ?1
    UNION ALL SELECT (SELECT min(actor) FROM activity WHERE tenant = ?1 AND actor > actors.actor) FROM actors WHERE actor IS NOT NULL
  ) SELECT actor FROM actors WHERE actor IS NOT NULL`;
/** Members of a compound SELECT: SQLite takes 500. */
const ACTORS_AT_ONCE = 250;

/**
 * What each actor did lies in order of place, and is merged: a few rows are read for each row that is found, however much the
 * tenant or others did before or after. ?1 tenant, ?2 after, ?3 until, ?4 limit, then the actors.
 */
export const placesOfActors = (actors: number): string =>
  `${Array.from(
    { length: actors },
    (_, index) =>
      `SELECT place FROM activity INDEXED BY activity_of_actor WHERE tenant = ?1 AND actor = ?${index + 5} AND place > ?2 AND place <= ?3`,
  ).join(" UNION ALL ")} ORDER BY 1 LIMIT ?4`;

const LAST = Number.MAX_SAFE_INTEGER;
/** Lists of paths that are remembered. */
const MOST_PATHS = 1_000;

/** Which of a subject's events. */
export interface Stretch {
  readonly after: Position;
  /** The last position that counts; absent: any. */
  readonly until?: Position | undefined;
  readonly limit: number;
  readonly newestFirst: boolean;
}

/** Which of a tenant's events, actor and type of the resources by number. */
interface NumberedStretch {
  readonly after: Position;
  readonly until: Position;
  readonly limit: number;
  readonly actor: number | undefined;
  readonly request: string | undefined;
  readonly type: number | undefined;
}

/** ?1 tenant, ?2 after, ?3 until, ?4 limit, ?5 actor, ?6 type, ?7 request; what is null is not asked about. */
const inOrder = (index: string, condition: string): string => `SELECT ${COLUMNS} FROM activity a INDEXED BY ${index}
  WHERE a.tenant = ?1 AND ${condition} AND a.place > ?2 AND a.place <= ?3 AND (?6 IS NULL OR a.type = ?6)
  ORDER BY a.place ${atMost("?4")}`;
const OF_ACTOR = inOrder("activity_of_actor", "a.actor = ?5 AND ?7 IS NULL");
const OF_REQUEST = inOrder("activity_of_request", "a.request_id = ?7 AND (?5 IS NULL OR a.actor = ?5)");

const firstOf = (table: string): string =>
  `SELECT * FROM (SELECT place, effective_at FROM ${table} WHERE place >= ?1 ORDER BY place LIMIT 1)`;
const lastOf = (table: string): string =>
  `SELECT effective_at FROM ${table} WHERE place <= ?1 ORDER BY place DESC LIMIT 1`;

export class ActivityReader {
  readonly #statements: Statements;
  readonly #names: Names;
  readonly #numbers: ResourceNumbers;
  /** What few texts say of many rows. */
  readonly #credentials = new Map<number, CredentialTold>();
  readonly #paths = new Map<string, readonly string[]>();

  /** `numbers` learns those of the resources that are read. */
  constructor(statements: Statements, names: Names, numbers: ResourceNumbers) {
    this.#statements = statements;
    this.#names = names;
    this.#numbers = numbers;
  }

  /** Events that touched a resource. */
  of(rid: number, { after, until, limit, newestFirst }: Stretch): Activity[] {
    const last = until === undefined ? LAST : ordinalOf(until);
    const places = newestFirst ? `${PLACES_BACK}) ORDER BY a.place DESC` : `${PLACES}) ORDER BY a.place`;
    const sql = `${SELECT} WHERE a.place IN (${places}`;
    return this.#rows(this.#statements.get(sql).all(rid, ordinalOf(after), last, limit) as unknown as Row[]);
  }

  /** Events of a stream that is no resource. */
  ofStream(tenant: number, type: number, id: string, { after, until, limit, newestFirst }: Stretch): Activity[] {
    const sql = `${SELECT} WHERE a.tenant = ? AND a.type = ? AND a.id = ? AND a.rid IS NULL AND a.place > ? AND a.place <= ?
      ORDER BY a.place ${newestFirst ? "DESC" : ""} ${atMost("?")}`;
    const last = until === undefined ? LAST : ordinalOf(until);
    return this.#rows(
      this.#statements.get(sql).all(tenant, type, id, ordinalOf(after), last, limit) as unknown as Row[],
    );
  }

  /** A tenant's events in (after, until]. */
  within(tenant: number, stretch: NumberedStretch): Activity[] {
    const { after, until, limit, actor = null, request = null, type = null } = stretch;
    if (actor === null && request === null) return this.#ofAll(tenant, stretch);
    const found = this.#statements.get(request === null ? OF_ACTOR : OF_REQUEST);
    return this.#rows(
      found.all(tenant, ordinalOf(after), ordinalOf(until), limit, actor, type, request) as unknown as Row[],
    );
  }

  #ofAll(tenant: number, { after, until, limit, type }: NumberedStretch): Activity[] {
    const actors = this.#actorsOf(tenant);
    const last = ordinalOf(until);
    const found: Row[] = [];
    for (let from = ordinalOf(after); found.length < limit; ) {
      const places = this.#placesBy(tenant, actors, from, last, limit);
      const rows = this.#statements.get(AT).all(JSON.stringify(places)) as unknown as Row[];
      found.push(...(type === undefined ? rows : rows.filter((row) => row[TYPE] === type)));
      if (places.length < limit) break;
      from = places.at(-1)!;
    }
    return this.#rows(found.slice(0, limit));
  }

  /** Everybody who did something in a tenant. */
  #actorsOf(tenant: number): readonly number[] {
    return (this.#statements.get(ACTORS).all(tenant) as unknown as [number][]).map(([actor]) => actor);
  }

  /** Places of what these did, in order: of as many in one statement as SQLite takes. */
  #placesBy(tenant: number, actors: readonly number[], after: number, until: number, limit: number): number[] {
    const places: number[] = [];
    for (let start = 0; start < actors.length; start += ACTORS_AT_ONCE) {
      const some = actors.slice(start, start + ACTORS_AT_ONCE);
      const sql = placesOfActors(some.length);
      const rows = this.#statements.get(sql).all(tenant, after, until, limit, ...some) as unknown as [number][];
      places.push(...rows.map(([place]) => place));
    }
    return actors.length <= ACTORS_AT_ONCE ? places : places.sort((a, b) => a - b).slice(0, limit);
  }

  /** The events at these positions, in that order; a position without one is passed over. */
  at(positions: readonly Position[]): Activity[] {
    if (positions.length === 0) return [];
    return this.#rows(this.#statements.get(AT).all(JSON.stringify(positions.map(ordinalOf))) as unknown as Row[]);
  }

  /** Effective time of the last event at or before a place; 0 before the first. */
  effectiveAt(place: number): number {
    const [effectiveAt] = this.#statements
      .get(`SELECT max(ifnull((${lastOf("activity")}), 0), ifnull((${lastOf("ticks")}), 0))`)
      .get(place) as unknown as [number];
    return effectiveAt;
  }

  /** The last place whose effective time is at or before an instant (microseconds); effective times rise with places. */
  placeAt(instant: number): number {
    const next = this.#statements.get(
      `SELECT * FROM (${firstOf("activity")} UNION ALL ${firstOf("ticks")}) ORDER BY 1 LIMIT 1`,
    );
    const [last] = this.#statements
      .get("SELECT max(ifnull((SELECT max(place) FROM activity), 0), ifnull((SELECT max(place) FROM ticks), 0))")
      .get() as unknown as [number];
    let found = 0;
    for (let low = 1, high = last; low <= high; ) {
      const middle = Math.floor((low + high) / 2);
      const [place, effectiveAt] = next.get(middle) as unknown as [number, number];
      if (effectiveAt <= instant) {
        found = place;
        low = place + 1;
      } else high = middle - 1;
    }
    return found;
  }

  #rows(rows: readonly Row[]): Activity[] {
    return rows.map((row) => this.#activity(row));
  }

  #activity(row: Row): Activity {
    const [place, effectiveAt, at, eventId, eventType, tenant, type, id, revision, actor] = row;
    const [, , , , , , , , , , credential, client, requestId, paths, told, numbers, rid] = row;
    const names = this.#names;
    const says = told === null ? undefined : (JSON.parse(told) as Told);
    if (rid !== null) this.#numbers.know(tenant, id, rid);
    if (numbers !== null) this.#know(tenant, says!.members!, JSON.parse(numbers));
    return {
      position: positionOf(place),
      effectiveAt,
      at,
      eventId,
      eventType: names.text(eventType),
      tenant: names.text(tenant),
      resourceType: names.text(type),
      resourceId: id,
      revision,
      actor: names.text(actor),
      credential: this.#credential(credential),
      ...(client === null ? {} : { client }),
      requestId,
      paths: this.#pathsIn(paths),
      ...(says === undefined ? {} : { told: says }),
    };
  }

  #know(tenant: number, ids: readonly string[], numbers: readonly (number | null)[]): void {
    for (const [index, number] of numbers.entries())
      if (number !== null) this.#numbers.know(tenant, ids[index]!, number);
  }

  #credential(number: number): CredentialTold {
    const known = this.#credentials.get(number);
    if (known !== undefined) return known;
    const told = JSON.parse(this.#names.text(number)) as CredentialTold;
    this.#credentials.set(number, told);
    return told;
  }

  #pathsIn(text: string): readonly string[] {
    const known = this.#paths.get(text);
    if (known !== undefined) return known;
    const paths = JSON.parse(text) as string[];
    if (this.#paths.size >= MOST_PATHS) this.#paths.clear();
    this.#paths.set(text, paths);
    return paths;
  }
}
