// Structured logs. No line has a URL (filters hold personal values), a body or a token; whatever slips into a logged
// object under a telling name is redacted all the same.
import { type DestinationStream, type Logger, pino } from "pino";
import { toldError } from "./told-error.ts";

export type { Logger } from "pino";

const SECRET = ["authorization", "token", "secret", "password", "body", "cookie"];

/** `level` as in the setting SCIM_LEDGER_LOG_LEVEL. Writes JSON lines to `destination`, by default to stdout. */
export const createLogger = (level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => toldError(error) ?? String(error) },
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...SECRET, ...SECRET.map((name) => `*.${name}`), ...SECRET.map((name) => `*.*.${name}`)] },
    },
    ...(destination === undefined ? [] : [destination]),
  );
