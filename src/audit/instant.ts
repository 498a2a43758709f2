// Instants as answers write them and the audit API reads them: RFC 3339 with six digits of fraction outside, microseconds inside.
import { parseDateTime } from "../scim/date-time.ts";
import { invalidValue } from "../scim/errors.ts";

/** `2026-05-01T08:30:00.000001Z`. */
export function formatInstant(micros: number): string {
  const millis = Math.floor(micros / 1_000);
  const rest = micros - millis * 1_000;
  const text = new Date(millis).toISOString();
  return `${text.slice(0, -1)}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`;
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
