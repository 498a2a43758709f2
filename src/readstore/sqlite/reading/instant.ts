// How a row's columns read at an instant: now, or as of a place in the log. `row` is the alias of a row of `resources`.
import { TRAIL } from "../views-file.ts";

export interface Instant {
  /** The resource exists. */
  exists(row: string): string;
  /** The JSON that filters compare. */
  shadow(row: string): string;
  version(row: string): string;
  modified(row: string): string;
  /** From intervals of a table and its `_past`: those that hold; `columns`, `where` and `join` speak of the alias `i`. */
  intervals(table: "ix" | "members", columns: string, where: string, join?: string): string;
}

export const now: Instant = {
  exists: (row) => `${row}.till IS NULL`,
  shadow: (row) => `${row}.shadow`,
  version: (row) => `${row}.version`,
  modified: (row) => `${row}.modified`,
  intervals: (table, columns, where, join = "") => `SELECT ${columns} FROM ${table} i ${join} WHERE ${where}`,
};

/** As of the place that this placeholder stands for. */
export function asOf(place: string): Instant {
  const lastTouch = (row: string, kind: number) =>
    `ifnull((SELECT t.place FROM trail t WHERE t.rid = ${row}.rid AND t.kind = ${kind} AND t.place <= ${place} ORDER BY t.place DESC LIMIT 1), 0)`;
  const ofLastChange = (row: string, column: string) =>
    `(SELECT a.${column} FROM activity a WHERE a.place = max(${lastTouch(row, TRAIL.members)}, ${lastTouch(row, TRAIL.attributes)}))`;
  return {
    exists: (row) => `${row}.rid <= ${place} AND (${row}.till IS NULL OR ${row}.till > ${place})`,
    shadow: (row) => `iif(${row}.since <= ${place}, ${row}.shadow, ${versionAt(row, place, "shadow")})`,
    version: (row) => `iif(${row}.place <= ${place}, ${row}.version, ${ofLastChange(row, "revision")})`,
    modified: (row) => `iif(${row}.place <= ${place}, ${row}.modified, ${ofLastChange(row, "at")})`,
    intervals: (table, columns, where, join = "") =>
      `SELECT ${columns} FROM ${table} i ${join} WHERE ${where} AND i.since <= ${place}
       UNION ALL SELECT ${columns} FROM ${table}_past i ${join} WHERE ${where} AND i.since <= ${place} AND i.till > ${place}`,
  };
}

/** A column of the version that held at a place where the current document did not yet hold. */
export const versionAt = (row: string, place: string, column: "shadow" | "body" | "side"): string =>
  `(SELECT v.${column} FROM trail t CROSS JOIN versions v ON v.till = t.place
    WHERE t.rid = ${row}.rid AND t.kind = ${TRAIL.attributes} AND t.place > ${place} ORDER BY t.place LIMIT 1)`;
