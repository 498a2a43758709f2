// Rows as RFC 4180 CSV. Columns come from the row's declared shape: objects become dotted columns, lists become JSON.
import { z } from "zod";
import { isObject, type Json } from "../../scim/json.ts";

/** A column: the names that lead to its value. */
export type Column = readonly string[];

/** The columns of a row; one unnamed column where the row has no fixed shape. */
export function columnsOf(row: z.ZodType): readonly Column[] {
  const shape = shapeOf(row);
  if (shape === undefined) return [[]];
  return Object.entries(shape).flatMap(([name, schema]) =>
    columnsOf(schema as z.ZodType).map((column) => [name, ...column]),
  );
}

function shapeOf(schema: z.ZodType): z.ZodRawShape | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return shapeOf(schema.unwrap() as z.ZodType);
  return undefined;
}

export const nameOf = (column: Column): string => (column.length === 0 ? "resource" : column.join("."));

/** The value in a column; undefined where the row has none. */
export function valueIn(row: Json | object, column: Column): Json | undefined {
  let value: unknown = row;
  for (const name of column) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value as Json | undefined;
}

/** A spreadsheet takes a cell that begins so for a formula; with apostrophes before it, it reads as one that was made harmless. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/u;

/** The text, after an apostrophe where a spreadsheet would take it for a formula, or a reader for one that has it already. */
export const harmless = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return harmless(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** One line with its end. */
export const line = (cells: readonly (Json | undefined)[]): string =>
  `${cells.map((cell) => quoted(textOf(cell))).join(",")}\r\n`;
