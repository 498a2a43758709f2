// Reads members and access intervals. An interval ends at the earliest of its own end, the end of its subject's life and the
// end of its group's life.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import { atMost } from "../../../sqlite/at-most.ts";
import { type EndCause, type Grant, type Member, PAGE_LENGTH } from "../../read-store.ts";
import { causeOf, heldOf } from "../codes.ts";
import type { Names } from "../names.ts";
import type { Statements } from "../statements.ts";
import { asOf, now, versionAt } from "./instant.ts";

/** A resource's number and life. */
export interface Life {
  readonly rid: number;
  readonly type: string;
  readonly until: number | null;
}

type GroupRow = [group: string, since: number, till: number | null, cause: number | null, groupTill: number | null];
type HeldRow = [kind: number, target: string, since: number, till: number | null, cause: number | null];

/** Both tables in one statement: a membership that ends meanwhile moves from one to the other. */
const OF_GROUPS = ["members", "members_past"]
  .map((table) => {
    const end = table === "members" ? "NULL, NULL" : "m.till, m.cause";
    return `SELECT g.id, m.since, ${end}, g.till FROM ${table} m
    CROSS JOIN resources g INDEXED BY resources_told ON g.rid = m.grp WHERE m.member = ?1`;
  })
  .join(" UNION ALL ");
const HELD = `SELECT kind, target, since, NULL, NULL FROM holds WHERE rid = ?1
  UNION ALL SELECT kind, target, since, till, cause FROM holds_past WHERE rid = ?1`;

export class GrantReader {
  readonly #statements: Statements;
  readonly #names: Names;

  constructor(statements: Statements, names: Names) {
    this.#statements = statements;
    this.#names = names;
  }

  /** Live members of a group after a member's number. */
  members(group: number, after: number, limit: number, place: number | undefined): Member[] {
    const instant = place === undefined ? now : asOf("?4");
    const display =
      place === undefined
        ? "r.display"
        : `iif(r.since <= ?4, r.display, json_extract(${versionAt("r", "?4", "body")} || '}', '$."displayName"'))`;
    const statement = this.#statements.get(
      `${instant.intervals("members", `r.id, r.type, ${display}, i.member AS number`, `i.grp = ?1 AND i.member > ?2 AND ${instant.exists("r")}`, "CROSS JOIN resources r ON r.rid = i.member")}
       ORDER BY number ${atMost("?3")}`,
    );
    const rows = statement.iterate(group, after, limit, ...(place === undefined ? [] : [place]));
    const members: Member[] = [];
    let length = 0;
    for (const [value, type, display] of rows as unknown as Iterable<[string, number, string | null]>) {
      members.push({ value, type: this.#names.text(type) as Member["type"], display });
      length += display?.length ?? 0;
      if (length > PAGE_LENGTH) break;
    }
    return members;
  }

  /** Ids of the live groups among a group's members, in the order of `members`. */
  nestedGroups(group: number, place: number | undefined): string[] {
    const instant = place === undefined ? now : asOf("?2");
    const rows = this.#statements
      .get(
        `${instant.intervals("members", "r.id, i.member AS number", `i.grp = ?1 AND i.nested = 1 AND ${instant.exists("r")}`, "CROSS JOIN resources r ON r.rid = i.member")}
         ORDER BY number`,
      )
      .all(group, ...(place === undefined ? [] : [place])) as unknown as [string][];
    return rows.map(([id]) => id);
  }

  /** Intervals of a subject that overlap [from, to), oldest first. */
  of(subject: string, life: Life, from: Position, to: Position): Grant[] {
    const ended = ({ since, till, cause, groupTill = null }: Interval): Ended | undefined => {
      const ends: Ended[] = [];
      if (till !== null) ends.push({ to: till, cause: causeOf(cause!) });
      if (life.until !== null)
        ends.push({ to: life.until, cause: life.type === "Group" ? "groupDeleted" : "userDeleted" });
      if (groupTill !== null) ends.push({ to: groupTill, cause: "groupDeleted" });
      const first = ends.reduce<Ended>((least, end) => (least.to === null || end.to! < least.to ? end : least), {
        to: null,
        cause: null,
      });
      const isEmpty = first.to !== null && first.to <= since;
      const overlaps = since < ordinalOf(to) && (first.to === null || first.to > ordinalOf(from));
      return isEmpty || !overlaps ? undefined : first;
    };
    const grants: (Grant & { since: number })[] = [];
    const add = (kind: Grant["kind"], target: string, interval: Interval) => {
      const end = ended(interval);
      if (end === undefined) return;
      const to = end.to === null ? null : positionOf(end.to);
      grants.push({
        kind,
        subject,
        target,
        from: positionOf(interval.since),
        to,
        cause: end.cause,
        since: interval.since,
      });
    };
    const groups = this.#statements.get(OF_GROUPS).all(life.rid) as unknown as GroupRow[];
    for (const [target, since, till, cause, groupTill] of groups)
      add("group", target, { since, till, cause, groupTill });
    const held = life.type === "User" ? (this.#statements.get(HELD).all(life.rid) as unknown as HeldRow[]) : [];
    for (const [kind, target, since, till, cause] of held) add(heldOf(kind), target, { since, till, cause });
    grants.sort((a, b) => a.since - b.since);
    return grants.map(({ since: _, ...grant }) => grant);
  }
}

interface Interval {
  readonly since: number;
  readonly till: number | null;
  readonly cause: number | null;
  readonly groupTill?: number | null;
}
interface Ended {
  readonly to: number | null;
  readonly cause: EndCause | null;
}
