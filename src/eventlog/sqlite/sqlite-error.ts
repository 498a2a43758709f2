// What an error of SQLite means for whoever uses the log.
import {
  primaryCode,
  resultCode,
  SQLITE_CORRUPT,
  SQLITE_FULL,
  SQLITE_IOERR_FSYNC,
  SQLITE_NOTADB,
} from "../../sqlite/result-code.ts";
import { Fatal, Unavailable } from "../event-log.ts";

/** Reading, and writing before the commit: nothing is written. */
export const notWritten = (error: unknown): Fatal | Unavailable => translate(error, "no");

/**
 * The commit itself. Its last page went to the file before the disk was asked to keep it: when that last step fails, a crash
 * right then could bring the batch back.
 */
export const commitFailed = (error: unknown): Fatal | Unavailable =>
  translate(error, resultCode(error) === SQLITE_IOERR_FSYNC ? "unknown" : "no");

function translate(error: unknown, written: "no" | "unknown"): Fatal | Unavailable {
  if (error instanceof Fatal || error instanceof Unavailable) return error;
  const reason = error !== null && typeof error === "object" && "message" in error ? error.message : error;
  switch (primaryCode(resultCode(error))) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new Fatal(`the event log is damaged: ${reason}`, { cause: error });
    case SQLITE_FULL:
      return new Unavailable("the disk is full", written, { cause: error });
    default:
      return new Unavailable(`the event log failed: ${reason}`, written, { cause: error });
  }
}
