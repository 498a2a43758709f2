// What a read says that MongoDB did not answer: the service answers 503 then, and the caller may try again.
import {
  MongoError,
  MongoErrorLabel,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from "mongodb";
import { Unavailable } from "../../eventlog/event-log.ts";

const KINDS = [MongoNetworkError, MongoServerSelectionError, MongoNotConnectedError, MongoTopologyClosedError];
/** The driver's pool of connections is exhausted; it exports no class of the error. */
const NO_CONNECTION_FREE = "MongoWaitQueueTimeoutError";
/** Codes of a server that stops or is no longer the primary, and of one that gave up a read at its own limits. */
const CODES: ReadonlySet<unknown> = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** Whether the same read may succeed at once. */
export const isTransient = (error: unknown): boolean =>
  error instanceof MongoError && error.hasErrorLabel(MongoErrorLabel.TransientTransactionError);

/** The error as the ports have it: Unavailable where the server did not answer, else the very same. */
export function asUnavailable(error: unknown): unknown {
  const isUnreachable =
    KINDS.some((kind) => error instanceof kind) ||
    (error instanceof MongoError && (CODES.has(error.code) || error.name === NO_CONNECTION_FREE)) ||
    isTransient(error);
  if (!isUnreachable) return error;
  return new Unavailable("MongoDB, which holds the read models, did not answer", "no", { cause: error });
}
