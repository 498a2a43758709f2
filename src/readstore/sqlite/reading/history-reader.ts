// The walks of audit questions on SQLite.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import type { Lifetime, Member } from "../../read-store.ts";
import type { RecordKind } from "../../walks.ts";
import type { Names } from "../names.ts";
import type { Statements } from "../statements.ts";
import type { Lookups } from "../threads/lookups.ts";

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

/** Where events stand. */
type EventTable = "activity" | "ticks";
const COUNTED_AT_ONCE = 20_000;

export class HistoryReader {
  readonly #statements: Statements;
  readonly #names: Names;
  readonly #lookups: Lookups;

  constructor(statements: Statements, names: Names, lookups: Lookups) {
    this.#statements = statements;
    this.#names = names;
    this.#lookups = lookups;
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

  async eventsSeen(after: Position, until: Position): Promise<number> {
    const [shown, others] = [await this.#rowsIn("activity", after, until), await this.#rowsIn("ticks", after, until)];
    return shown + others;
  }

  eventsUpTo(until: Position): number {
    const tally = this.#statements
      .get("SELECT place, events FROM tallies WHERE place <= ? ORDER BY place DESC LIMIT 1")
      .get(ordinalOf(until));
    const [place, events] = (tally ?? [0, 0]) as unknown as [number, number];
    const counted = (table: EventTable) => `(SELECT count(*) FROM ${table} WHERE place > ?1 AND place <= ?2)`;
    const [more] = this.#statements
      .get(`SELECT ${counted("activity")} + ${counted("ticks")}`)
      .get(place, ordinalOf(until)) as unknown as [number];
    return events + more;
  }

  /** Some at a time: a row is a page read for each few of them. */
  async #rowsIn(table: EventTable, after: Position, until: Position): Promise<number> {
    const sql = `SELECT count(*), max(place) FROM
      (SELECT place FROM ${table} WHERE place > ?1 AND place <= ?2 ORDER BY place LIMIT ${COUNTED_AT_ONCE})`;
    const end = ordinalOf(until);
    let rows = 0;
    for (let last = ordinalOf(after); last < end; ) {
      const most = Math.min(COUNTED_AT_ONCE, end - last);
      const [[count, place]] = (await this.#lookups.all(most, sql, last, end)) as [[number, number | null]];
      rows += count;
      if (count < COUNTED_AT_ONCE) break;
      last = place!;
    }
    return rows;
  }
}
