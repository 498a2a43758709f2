// How a replay says what it found.
import { hashOf } from "../../audit/replay/state.ts";
import { canonicalJson } from "../../eventlog/canonical-json.ts";
import type { Json } from "../../scim/json.ts";
import type { Io } from "../io.ts";
import type { Line } from "../line.ts";
import { printableJson } from "../printable.ts";
import type { ProgressLine } from "../progress.ts";
import { sayMany } from "../units.ts";
import { cutTo } from "../width.ts";

export interface Said {
  readonly io: Io;
  readonly json: boolean;
  /** Ended before anything is said. */
  readonly progress: ProgressLine;
}

/** The hash of rows: equal wherever the same was found. */
const hashOfRows = (rows: readonly object[]): string => hashOf(rows.map((row) => canonicalJson(plain(row))));

/** Without members that are undefined. */
const plain = (row: object): Json => JSON.parse(JSON.stringify(row)) as Json;

/** Rows as lines of JSON with the hash at their end, or as lines for people with the hash beside them. */
export function sayRows<Row extends object>(
  { io, json, progress }: Said,
  rows: readonly Row[],
  about: Readonly<Record<string, Json>>,
  lines: (row: Row) => readonly Line[],
): void {
  progress.end();
  const hash = hashOfRows(rows);
  if (json) {
    for (const row of rows) io.out(JSON.stringify({ row }));
    io.out(JSON.stringify({ end: { ...about, count: rows.length, hash } }));
    return;
  }
  // A name with an end of a line in it is no second row.
  for (const row of rows) for (const line of lines(row)) io.out(typeof line === "string" ? [line] : line);
  for (const [name, value] of Object.entries(about))
    io.err(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  io.err(`${sayMany(rows.length, "row")}, hash ${hash}`);
}

/** A value on one line of a terminal, of so many columns. */
export const short = (value: unknown, longest = 80): string =>
  cutTo(longest, value === undefined ? "–" : printableJson(value));
