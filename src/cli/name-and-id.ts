// A name as others chose it, and whose it is.
import { oneLine } from "./printable.ts";
import { cutTo } from "./width.ts";

/** Columns of a cell, or of a name with its id. */
export const LONGEST_CELL = 60;

/** The id stands there as a whole, however long the name is. */
export function nameAndId(name: string | null, id: string): string {
  const whose = `(${id})`;
  return name === null ? whose : `${cutTo(Math.max(1, LONGEST_CELL - whose.length - 1), oneLine(name))} ${whose}`;
}
