// What an error of SQLite means for whoever uses the log.
import { primaryCode, resultCode, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_NOTADB } from "../../sqlite/result-code.ts";
import { Fatal, Unavailable } from "../event-log.ts";

/** Reading, and writing up to the commit: nothing is written. */
export function notWritten(error: unknown): Fatal | Unavailable {
  if (error instanceof Fatal || error instanceof Unavailable) return error;
  const reason = error !== null && typeof error === "object" && "message" in error ? error.message : error;
  switch (primaryCode(resultCode(error))) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new Fatal(`the event log is damaged: ${reason}`, { cause: error });
    case SQLITE_FULL:
      return new Unavailable("the disk is full", "no", { cause: error });
    default:
      return new Unavailable(`the event log failed: ${reason}`, "no", { cause: error });
  }
}
