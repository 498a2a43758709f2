// CSV that a spreadsheet may open: whatever a client wrote into a name, no cell is a formula, and no cell spills into another.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { z } from "zod";
import { columnsOf, harmless, line, nameOf, valueIn } from "../../src/audit/answers/csv.ts";

/** RFC 4180 §2, one character after the other. */
function parse(text: string): string[][] {
  const lines: string[][] = [[]];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const one = text[at]!;
    if (one === '"' && isQuoted && text[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (one === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (one === "," || text.startsWith("\r\n", at))) {
      lines.at(-1)!.push(cell);
      cell = "";
      if (one !== ",") {
        lines.push([]);
        at += 1;
      }
    } else cell += one;
  }
  return lines.slice(0, -1);
}

const nasty = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", '"', ",", "'", "A", "＝") }),
);

describe("a line of CSV", () => {
  it("reads back cell by cell", () =>
    fc.assert(
      fc.property(fc.array(fc.array(nasty, { minLength: 1 }), { minLength: 1 }), (rows) => {
        expect(parse(rows.map(line).join(""))).toEqual(rows.map((row) => row.map(harmless)));
      }),
    ));

  it("gives the text back to whoever takes one apostrophe off those before a formula", () =>
    fc.assert(
      fc.property(nasty, (text) => {
        expect(parse(line([text]))[0]![0]!.replace(/^'(?='*[=+\-@\t\r\n＝＋－＠])/u, "")).toBe(text);
      }),
    ));

  it("has no cell that begins as a formula does", () =>
    fc.assert(
      fc.property(nasty, (text) => {
        expect("=+-@\t\r\n＝＋－＠").not.toContain(parse(line([text]))[0]![0]![0] ?? "x");
      }),
    ));
});

it("columns are the shape of a row, dotted; lists are JSON", () => {
  const row = z.strictObject({
    user: z.strictObject({ id: z.string(), display: z.string().nullable() }),
    ended: z.strictObject({ by: z.string() }).nullable(),
    paths: z.array(z.string()),
    note: z.string().optional(),
  });
  const columns = columnsOf(row);
  expect(columns.map(nameOf)).toEqual(["user.id", "user.display", "ended.by", "paths", "note"]);
  const values = columns.map((column) =>
    valueIn({ user: { id: "1", display: null }, ended: null, paths: ["a"] }, column),
  );
  expect(line(values)).toBe('"1","","","[""a""]",""\r\n');
});
