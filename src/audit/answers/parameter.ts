// Parameters that many questions take, as a request gives them: text.
import { z } from "zod";
import { NOT_AN_INSTANT, parseInstant } from "./instant.ts";

/** An RFC 3339 instant, read as microseconds. */
export const instant = z.string().transform((text, context) => {
  const micros = parseInstant(text);
  if (micros !== undefined) return micros;
  context.addIssue({ code: "custom", message: NOT_AN_INSTANT });
  return z.NEVER;
});

/** The longest answer to one request of a paged question. */
const MOST_ROWS = 10_000;

/** How many rows a page may have. */
export const limit = z.string().transform((text, context) => {
  const rows = Number(text);
  if (String(rows) === text && Number.isInteger(rows) && rows >= 1 && rows <= MOST_ROWS) return rows;
  context.addIssue({ code: "custom", message: `must be a whole number from 1 to ${MOST_ROWS}` });
  return z.NEVER;
});

/** The id of what is asked about; any text, as an unknown id is a 404. */
export const id = z.string().min(1);
