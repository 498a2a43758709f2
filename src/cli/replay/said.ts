// How a replay says what it found.
import { hashOf } from "../../audit/state.ts";
import { canonicalJson } from "../../eventlog/canonical-json.ts";
import type { Json } from "../../scim/json.ts";
import { printable } from "../audit/answer-table.ts";
import type { Io } from "../io.ts";

export interface Said {
  readonly io: Io;
  readonly json: boolean;
}

/** Colours where somebody looks. */
export const paint = ({ outIsTerminal, env }: Io) => {
  const on = outIsTerminal && env["NO_COLOR"] === undefined;
  const colour = (code: number) => (text: string) => (on ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { added: colour(32), removed: colour(31), changed: colour(33), faint: colour(2), strong: colour(1) };
};

/** The hash of rows: equal wherever the same was found. */
const hashOfRows = (rows: readonly object[]): string => hashOf(rows.map((row) => canonicalJson(plain(row))));

/** Without members that are undefined. */
const plain = (row: object): Json => JSON.parse(JSON.stringify(row)) as Json;

/** Rows as lines of JSON with the hash at their end, or as lines for people with the hash beside them. */
export function sayRows<Row extends object>(
  { io, json }: Said,
  rows: readonly Row[],
  about: Readonly<Record<string, Json>>,
  lines: (row: Row) => readonly string[],
): void {
  const hash = hashOfRows(rows);
  if (json) {
    for (const row of rows) io.out(JSON.stringify({ row }));
    io.out(JSON.stringify({ end: { ...about, count: rows.length, hash } }));
    return;
  }
  for (const row of rows) for (const line of lines(row)) io.out(line);
  for (const [name, value] of Object.entries(about))
    io.err(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  io.err(`${rows.length} rows, hash ${hash}`);
}

/** A value on one line of a terminal. */
export function short(value: unknown, longest = 80): string {
  const text = value === undefined ? "–" : printable(JSON.stringify(value));
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
