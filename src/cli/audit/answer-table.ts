// An answer as a table for people: from the lines of the service, as they come.
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import type { Io } from "../io.ts";
import { LONGEST_CELL, nameAndId } from "../name-and-id.ts";
import { oneLine, printableJson } from "../printable.ts";
import { Problem } from "../problem.ts";
import { textTable } from "../table.ts";
import { sayMany } from "../units.ts";
import { cutTo } from "../width.ts";

/** Rows that are aligned together. */
const AT_ONCE = 200;

/** Writes the table to stdout, and what it stands on to stderr. Throws a Problem where the answer has no end. */
export async function showTable(pieces: AsyncIterable<string>, columns: readonly string[], io: Io): Promise<void> {
  let rows: JsonObject[] = [];
  let isWhole = false;
  const flush = () => {
    for (const line of tableOf(rows, columns)) io.out(line);
    rows = [];
  };
  for await (const line of linesOf(pieces)) {
    const said = JSON.parse(line) as Record<string, JsonObject>;
    if (said["answer"] !== undefined) for (const about of headLines(said["answer"])) io.err(about);
    if (said["resource"] !== undefined) io.out(printableJson(said["resource"], 2));
    if (said["row"] !== undefined) rows.push(said["row"]);
    if (rows.length === AT_ONCE) flush();
    if (said["end"] === undefined) continue;
    flush();
    isWhole = true;
    io.err(tailLine(said["end"]));
  }
  if (!isWhole) throw new Problem("the answer has no end: it is not whole");
}

async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield line;
  }
  if (rest !== "") yield rest;
}

function headLines(head: JsonObject): readonly string[] {
  const { question, asOf, position, knownAt, completeness } = head;
  const source = isObject(completeness) ? completeness["noSource"] : undefined;
  const lines = [
    `${String(question)}${asOf === undefined ? "" : ` as of ${String(asOf)}`}, at position ${String(position)}, known at ${String(knownAt)}`,
  ];
  if (typeof source === "string") lines.push(`no source: ${source}`);
  return lines;
}

function tailLine({ count, next, ...more }: JsonObject): string {
  const others = Object.entries(more).map(([name, value]) => `, ${name} ${String(value)}`);
  return `${sayMany(Number(count), "row")}${others.join("")}${next === undefined ? "" : `; more with --cursor ${String(next)}`}`;
}

function tableOf(rows: readonly JsonObject[], columns: readonly string[]): readonly string[] {
  if (rows.length === 0) return [];
  const used = columns.filter((name) => rows.some((row) => row[name] !== undefined));
  return textTable([used, ...rows.map((row) => used.map((name) => cellOf(row[name])))]);
}

const cellOf = (value: Json | undefined): string => cutTo(LONGEST_CELL, oneLine(sayOf(value)));

function sayOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "–";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "–" : value.map(sayOf).join("; ");
  return sayObject(value as JsonObject);
}

function sayObject(value: JsonObject): string {
  const { time, actor, id, display, type } = value;
  // Evidence: when, what, by whom.
  if (time !== undefined && isObject(actor)) return `${String(time)} ${String(type)} by ${String(actor["name"])}`;
  if (id !== undefined && typeof display === "string") return nameAndId(display, String(id));
  if (value["from"] !== undefined && value["to"] !== undefined)
    return `${String(value["from"])} – ${value["to"] === null ? "now" : String(value["to"])}`;
  return Object.entries(value)
    .map(([name, one]) => `${name} ${sayOf(one)}`)
    .join(", ");
}
