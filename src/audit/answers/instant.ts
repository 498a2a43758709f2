// Instants as answers write them and the audit API reads them: RFC 3339 with six digits of fraction outside, microseconds inside.
import { parseDateTime } from "../../scim/date-time.ts";
import { invalidValue } from "../../scim/errors.ts";

const MINUTE = 60_000_000;
/** The minute that was written last, and its text: the instants of an answer follow each other. */
let minute = Number.NaN;
let written = "";

/** `2026-05-01T08:30:00.000001Z`. */
export function formatInstant(micros: number): string {
  const of = Math.floor(micros / MINUTE);
  if (of !== minute) {
    written = new Date(of * 60_000).toISOString().slice(0, -"00.000Z".length);
    minute = of;
  }
  const rest = String(micros - of * MINUTE).padStart(8, "0");
  return `${written}${rest.slice(0, 2)}.${rest.slice(2)}Z`;
}

/** Microseconds since 1970 UTC; undefined for anything that is no RFC 3339 date and time with an offset. */
export function parseInstant(text: string): number | undefined {
  return namesOffset(text) ? parseDateTime(text) : undefined;
}

/** Unlike xsd:dateTime, RFC 3339 leaves no room for a local time. */
const namesOffset = (text: string): boolean => text.endsWith("Z") || text.at(-6) === "+" || text.at(-6) === "-";

export const NOT_AN_INSTANT =
  "must be an RFC 3339 date and time with its offset, such as 2026-05-01T08:30:00Z (write + as %2B in a URL)";

/** Throws ScimError (400 invalidValue): what has not happened yet has no answer that would stay. */
export function refuseFuture(parameter: string, instant: number, now: number): void {
  if (instant > now) throw invalidValue(`${parameter}: this instant has not come yet`);
}

/** The instant in a parameter, microseconds. Throws ScimError (400 invalidValue) for no instant and for the future. */
export function readInstant(parameter: string, text: string, now: number): number {
  const instant = parseInstant(text);
  if (instant === undefined) throw invalidValue(`${parameter}: ${NOT_AN_INSTANT}`);
  refuseFuture(parameter, instant, now);
  return instant;
}
