// Instants as the audit API writes and reads them: RFC 3339 with six digits of fraction outside, microseconds inside.
import { parseDateTime } from "../scim/date-time.ts";

/** `2026-05-01T08:30:00.000001Z`. */
export function formatInstant(micros: number): string {
  const millis = Math.floor(micros / 1_000);
  const text = new Date(millis).toISOString();
  return `${text.slice(0, -1)}${String(micros - millis * 1_000).padStart(3, "0")}Z`;
}

/** Microseconds since 1970 UTC; undefined for anything that is no RFC 3339 date and time with an offset. */
export function parseInstant(text: string): number | undefined {
  return namesOffset(text) ? parseDateTime(text) : undefined;
}

/** Unlike xsd:dateTime, RFC 3339 leaves no room for a local time. */
const namesOffset = (text: string): boolean => text.endsWith("Z") || text.at(-6) === "+" || text.at(-6) === "-";
