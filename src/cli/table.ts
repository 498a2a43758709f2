// Rows as aligned text.
import { oneLine } from "./printable.ts";
import { widthOf } from "./width.ts";

/** Lines with two blanks between columns; columns are as wide as their widest cell. */
export function textTable(given: readonly (readonly string[])[]): string[] {
  const rows = given.map((row) => row.map(oneLine));
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(widths[column]! - widthOf(cell)))
      .join("  ")
      .trimEnd(),
  );
}
