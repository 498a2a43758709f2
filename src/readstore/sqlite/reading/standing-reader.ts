// What audit questions ask about many at once: who stands in a group, memberships, names and last changes, a statement each.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import { atMost } from "../../../sqlite/at-most.ts";
import { lastOfEach } from "../../last-held.ts";
import type { Member, MembershipKey } from "../../memberships.ts";
import { PAGE_LENGTH } from "../../read-store.ts";
import type { LastBegun, LastHeld, NamedLife, PathsOf, StandingMember } from "../../walks.ts";
import { heldCode, heldOf } from "../codes.ts";
import { Names } from "../names.ts";
import type { Statements } from "../statements.ts";
import type { Lookups } from "../threads/lookups.ts";
import { SEVERAL, TRAIL } from "../views-file.ts";
import { asOf, versionAt } from "./instant.ts";
import type { ResourceNumbers } from "./resource-numbers.ts";
import { displayOf } from "./resource-reader.ts";

/** Which members of which group. */
export interface MembersAsked {
  readonly tenant: number;
  /** Number of the group, and of the member after which a page begins. */
  readonly group: number;
  readonly after: number;
  readonly limit: number;
  /** Ids of groups. */
  readonly among: readonly string[];
  readonly place: number;
}

type MemberRow = [id: string, type: number, display: string | null, number: number, since: number, isEnabled: number];

type NamedRow = [index: number, type: number, rid: number, till: number | null, name: unknown];
type WithinRow = [member: number, group: string, since: number];
type HeldRow = [id: string, kind: number, target: string, since: number, stands: number];

const enabled = (table: string, end: string): string =>
  `EXISTS (SELECT 1 FROM ${table} h WHERE h.rid = r.rid AND h.kind = ${heldCode("account")} AND h.since <= ?4 ${end})`;

/** The last place that the read models have seen. */
const HEAD = "(SELECT c.place FROM checkpoint c)";

/**
 * What others show for a resource `r` at a place, mostly as it is told now: rows of resources are large and far from each
 * other, and are looked at only where it may have been called otherwise.
 */
const toldDisplay = (place: string): string => `iif(r.display IS NOT NULL AND (${place} >= ${HEAD}
  OR NOT EXISTS (SELECT 1 FROM trail t WHERE t.rid = r.rid AND t.kind = ${TRAIL.attributes} AND t.place > ${place}
    AND t.path IN (${SEVERAL}, (SELECT n.number FROM paths n WHERE n.text = 'displayName')))),
  r.display, ${displayOf("r", place)})`;

const TABLES = ["members", "members_past"] as const;
type Table = (typeof TABLES)[number];
/** Rows `i` of memberships that hold at a place. What ended does not after the last event, and is not passed over then. */
const rowsOf = (table: Table): string => (table === "members" ? "members i" : "checkpoint c CROSS JOIN members_past i");
const holding = (table: Table, place: string): string =>
  `i.since <= ${place}${table === "members" ? "" : ` AND i.till > ${place} AND c.one = 1 AND c.place > ${place}`}`;

const ONE_GROUP = `${TABLES.map(
  (table) => `SELECT r.id, r.type, ${toldDisplay("?4")}, i.member AS number, i.since,
    r.type <> ?5 OR ${enabled("holds", "")} OR ${enabled("holds_past", "AND h.till > ?4")}
    FROM ${rowsOf(table)} CROSS JOIN resources r INDEXED BY resources_told ON r.rid = i.member
    WHERE i.grp = ?1 AND i.member > ?2 AND ${holding(table, "?4")} AND ${asOf("?4").exists("r")}`,
).join(" UNION ALL ")} ORDER BY number ${atMost("?3")}`;

/** ?1 numbers of members, ?2 numbers of groups, ?3 place. The plus keeps an index from being asked for each of the groups. */
const WITHIN = TABLES.map(
  (table) => `SELECT i.member, g.id, i.since FROM json_each(?1) j
    CROSS JOIN ${rowsOf(table)} CROSS JOIN resources g INDEXED BY resources_told ON g.rid = i.grp
    WHERE i.member = j.value AND +i.grp IN (SELECT value FROM json_each(?2)) AND ${holding(table, "?3")} AND ${asOf("?3").exists("g")}`,
).join(" UNION ALL ");

const OF_PAIR = "i.grp = j.value ->> 0 AND i.member = j.value ->> 1 AND i.since <= ?2";
/** ?1 pairs of numbers, ?2 place; what had ended by then has a minus before its beginning. */
const BEGUN = `SELECT j.key, coalesce(
    (SELECT i.since FROM members i WHERE ${OF_PAIR}),
    (SELECT iif(i.till > ?2, i.since, -i.since) FROM members_past i WHERE ${OF_PAIR} ORDER BY i.since DESC LIMIT 1)
  ) FROM json_each(?1) j`;

/** Resources by their numbers ?1, as their index tells of them. */
const TOLD = "json_each(?1) j CROSS JOIN resources r INDEXED BY resources_told ON r.rid = j.value";

const heldIn = (table: "holds" | "holds_past"): string => `FROM json_each(?1) j
  CROSS JOIN ${table} h ON h.rid = j.value AND h.kind IN (${heldCode("role")}, ${heldCode("entitlement")})
  CROSS JOIN resources r INDEXED BY resources_told ON r.rid = h.rid
  WHERE h.since <= ?2 AND ${asOf("?2").exists("r")}`;
/** ?2 place. Of an element that ended, the last time, which SQLite takes the end from too. */
const HELD = `SELECT r.id, h.kind, h.target, h.since, 1 ${heldIn("holds")}
  UNION ALL SELECT r.id, h.kind, h.target, max(h.since), h.till > ?2 ${heldIn("holds_past")} GROUP BY h.rid, h.kind, h.target, h.element`;

/** The last place at which a resource reads as it does at ?2, or as it last did. */
const LAST = "iif(r.till <= ?2, r.till - 1, ?2)";
/** ?2 place. */
const NAMED = `SELECT j.key, r.type, r.rid, r.till, iif(r.rid > ?2, NULL, coalesce(${toldDisplay(LAST)}, ${nameOf("userName")}, ${nameOf("display")}))
  FROM ${TOLD}`;

function nameOf(attribute: string): string {
  return `json_extract(iif(r.since <= ${LAST}, r.body, ${versionAt("r", LAST, "body")}) || '}', '$."${attribute}"')`;
}

/** Newest first, so that no more is looked at than lies behind the change. */
const lastOf = (kind: number): string => `(SELECT t.place FROM trail t
  WHERE t.rid = j.value AND t.kind = ${kind} AND t.place > ?3 AND t.place <= ?4 AND (t.path IN (SELECT value FROM json_each(?5))
    OR t.path = ${SEVERAL} AND EXISTS (SELECT 1 FROM activity a CROSS JOIN json_each(a.paths) p
      WHERE a.place = t.place AND p.value IN (SELECT value FROM json_each(?2))))
  ORDER BY t.place DESC LIMIT 1)`;
/** ?1 numbers of resources, ?2 paths, ?3 after, ?4 until, ?5 numbers of the paths. */
const CHANGES = `SELECT j.key, max(ifnull(${lastOf(TRAIL.attributes)}, 0), ifnull(${lastOf(TRAIL.none)}, 0)) FROM json_each(?1) j`;

export class StandingReader {
  readonly #statements: Statements;
  readonly #names: Names;
  readonly #paths: Names;
  readonly #numbers: ResourceNumbers;
  readonly #lookups: Lookups;

  constructor(statements: Statements, names: Names, numbers: ResourceNumbers, lookups: Lookups) {
    this.#statements = statements;
    this.#names = names;
    this.#paths = new Names(statements, "paths");
    this.#numbers = numbers;
    this.#lookups = lookups;
  }

  async members({ tenant, group, after, limit, among, place }: MembersAsked): Promise<StandingMember[]> {
    const user = this.#names.find("User") ?? -1;
    const rows: MemberRow[] = [];
    let length = 0;
    const found = this.#statements.get(ONE_GROUP).iterate(group, after, limit, place, user);
    for (const row of found as unknown as Iterable<MemberRow>) {
      rows.push(row);
      length += row[2]?.length ?? 0;
      if (length > PAGE_LENGTH) break;
    }
    const within = await this.#within(tenant, rows, among, place);
    return rows.map(([value, type, display, number, , isEnabled]) => ({
      value,
      type: this.#names.text(type) as Member["type"],
      display,
      isEnabled: isEnabled === 1,
      within: within.get(number) ?? [],
    }));
  }

  async memberships(tenant: number, keys: readonly MembershipKey[], place: number): Promise<(LastBegun | null)[]> {
    const found = new Array<LastBegun | null>(keys.length).fill(null);
    const numbers = await this.#numbers.of(
      tenant,
      keys.flatMap(({ group, member }) => [group, member]),
    );
    const pairs = JSON.stringify(keys.map((_, index) => numbers.slice(2 * index, 2 * index + 2)));
    const rows = await this.#lookups.all<[number, number | null]>(keys.length, BEGUN, pairs, place);
    for (const [index, begun] of rows)
      if (begun !== null) found[index] = { since: positionOf(Math.abs(begun)), stands: begun > 0 };
    return found;
  }

  async held(tenant: number, ids: readonly string[], place: number): Promise<Map<string, readonly LastHeld[]>> {
    const rows = await this.#lookups.all<HeldRow>(ids.length, HELD, await this.#numbersOf(tenant, ids), place);
    const held = ([, kind, target, since, stands]: HeldRow): LastHeld => ({
      kind: heldOf(kind) as LastHeld["kind"],
      target,
      since: positionOf(since),
      stands: stands === 1,
    });
    const byId = Map.groupBy(rows, ([id]) => id);
    return new Map(Array.from(byId, ([id, some]) => [id, lastOfEach(some.map(held))]));
  }

  async named(tenant: number, ids: readonly string[], place: number): Promise<Map<string, NamedLife>> {
    const numbers = JSON.stringify(await this.#numbers.of(tenant, ids));
    const found = new Map<string, NamedLife>();
    for (const [index, type, rid, till, name] of await this.#lookups.all<NamedRow>(ids.length, NAMED, numbers, place)) {
      const id = ids[index]!;
      found.set(id, {
        type: this.#names.text(type),
        id,
        from: positionOf(rid),
        to: till === null ? null : positionOf(till),
        display: typeof name === "string" ? name : null,
      });
    }
    return found;
  }

  /** A statement for each list of paths: there are few of them, and many resources. */
  async changes(
    tenant: number,
    asked: readonly PathsOf[],
    after: Position,
    until: Position,
  ): Promise<(Position | null)[]> {
    const found = new Array<Position | null>(asked.length).fill(null);
    const [from, to] = [ordinalOf(after), ordinalOf(until)];
    const ofPaths = async (paths: string, indexes: readonly number[]): Promise<void> => {
      const resources = await this.#numbers.of(
        tenant,
        indexes.map((index) => asked[index]!.id),
      );
      const named = asked[indexes[0]!]!.paths.flatMap((path) => this.#paths.find(path) ?? []);
      const values = [JSON.stringify(resources), paths, from, to, JSON.stringify(named)];
      const rows = await this.#lookups.all<[number, number]>(asked.length, CHANGES, ...values);
      for (const [at, place] of rows) if (place > 0) found[indexes[at]!] = positionOf(place);
    };
    const lists = Map.groupBy(asked.keys(), (index) => JSON.stringify(asked[index]!.paths));
    await Promise.all(Array.from(lists, ([paths, indexes]) => ofPaths(paths, indexes)));
    return found;
  }

  /** Number of a member → groups; of the first one alone, what is known already. */
  async #within(tenant: number, rows: readonly MemberRow[], among: readonly string[], place: number) {
    const within = new Map<number, { group: string; since: Position }[]>();
    const [only] = among;
    if (only !== undefined && among.length === 1) {
      for (const [, , , number, since] of rows) within.set(number, [{ group: only, since: positionOf(since) }]);
      return within;
    }
    const members = JSON.stringify(rows.map(([, , , number]) => number));
    const groups = await this.#numbersOf(tenant, among);
    const found = await this.#lookups.all<WithinRow>(rows.length, WITHIN, members, groups, place);
    for (const [number, group, since] of found) {
      const one = { group, since: positionOf(since) };
      const known = within.get(number);
      if (known === undefined) within.set(number, [one]);
      else known.push(one);
    }
    return within;
  }

  /** JSON text. */
  async #numbersOf(tenant: number, ids: readonly string[]): Promise<string> {
    return JSON.stringify((await this.#numbers.of(tenant, ids)).filter((number) => number !== undefined));
  }
}
