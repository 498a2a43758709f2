// The walks of audit questions on SQLite.
import { ordinalOf, type Position, positionOf } from "../../eventlog/event-log.ts";
import type { Lifetime, Member } from "../read-store.ts";
import type { RecordKind } from "../walks.ts";
import type { Names } from "./names.ts";
import type { Statements } from "./statements.ts";

/** ?1 group, ?2 after, ?3 limit, ?4 to, ?5 from. */
function everMembers(which: string): string {
  const rows = ["members", "members_past"].map((table) => {
    const end = table === "members" ? "" : "AND m.till > ?5";
    return `SELECT * FROM (SELECT m.member AS rid FROM ${table} m
      WHERE m.grp = ?1 AND m.member > ?2 AND m.since < ?4 ${end} ${which} GROUP BY m.member ORDER BY m.member LIMIT ?3)`;
  });
  return `SELECT r.id, r.type FROM (${rows.join(" UNION ")}) i CROSS JOIN resources r ON r.rid = i.rid ORDER BY i.rid LIMIT ?3`;
}
const EVERYONE = everMembers("");
const GROUPS_ALONE = everMembers("AND m.nested = 1");

export class HistoryReader {
  readonly #statements: Statements;
  readonly #names: Names;

  constructor(statements: Statements, names: Names) {
    this.#statements = statements;
    this.#names = names;
  }

  /** Lives of a type after a resource's number. */
  lives(tenant: number, type: number, after: number, limit: number): Lifetime[] {
    const rows = this.#statements
      .get(
        `SELECT rid, id, till FROM resources INDEXED BY resources_in_order
         WHERE tenant = ? AND type = ? AND rid > ? ORDER BY rid LIMIT ?`,
      )
      .all(tenant, type, after, limit) as unknown as [number, string, number | null][];
    return rows.map(([rid, id, till]) => ({
      type: this.#names.text(type),
      id,
      from: positionOf(rid),
      to: till === null ? null : positionOf(till),
    }));
  }

  everMembers(
    group: number,
    after: number,
    limit: number,
    { from, to, groupsAlone }: { from: Position; to: Position; groupsAlone: boolean },
  ) {
    const rows = this.#statements
      .get(groupsAlone ? GROUPS_ALONE : EVERYONE)
      .all(group, after, limit, ordinalOf(to), ordinalOf(from)) as unknown as [string, number][];
    return rows.map(([value, type]) => ({ value, type: this.#names.text(type) as Member["type"] }));
  }

  records(tenant: number, kind: RecordKind, after: Position, until: Position, limit: number): Position[] {
    const number = this.#names.find(kind);
    if (number === undefined) return [];
    const rows = this.#statements
      .get(
        "SELECT place FROM records WHERE tenant = ? AND kind = ? AND place > ? AND place <= ? ORDER BY place LIMIT ?",
      )
      .all(tenant, number, ordinalOf(after), ordinalOf(until), limit) as unknown as [number][];
    return rows.map(([place]) => positionOf(place));
  }

  eventsSeen(after: Position, until: Position): number {
    const counted = (table: string) => `(SELECT count(*) FROM ${table} WHERE place > ?1 AND place <= ?2)`;
    const [count] = this.#statements
      .get(`SELECT ${counted("activity")} + ${counted("ticks")}`)
      .get(ordinalOf(after), ordinalOf(until)) as unknown as [number];
    return count;
  }
}
