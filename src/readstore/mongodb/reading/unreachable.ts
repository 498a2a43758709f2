// What a read says that MongoDB did not answer: the service answers 503 then, and the caller may try again.
import {
  MongoError,
  MongoErrorLabel,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
} from "mongodb";
import { Unavailable } from "../../../eventlog/event-log.ts";

const KINDS = [MongoNetworkError, MongoServerSelectionError, MongoNotConnectedError, MongoTopologyClosedError];
/** The driver's pool of connections is exhausted; it exports no class of the error. */
const NO_CONNECTION_FREE = "MongoWaitQueueTimeoutError";
/** Code of a command that needs a user, or one with other rights. */
const NOT_PERMITTED = 13;
/** Codes of a server that stops or is no longer the primary, and of one that gave up a read at its own limits. */
const CODES: ReadonlySet<unknown> = new Set([6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);

/** Whether the same read may succeed at once. */
export const isTransient = (error: unknown): boolean =>
  error instanceof MongoError && error.hasErrorLabel(MongoErrorLabel.TransientTransactionError);

/** The error as the ports have it: Unavailable where the server did not answer, else the very same. */
export function asUnavailable(error: unknown): unknown {
  if (!isUnreachable(error)) return error;
  return new Unavailable("MongoDB, which holds the read models, did not answer", "no", { cause: error });
}

const isUnreachable = (error: unknown): boolean =>
  KINDS.some((kind) => error instanceof kind) ||
  (error instanceof MongoError && (CODES.has(error.code) || error.name === NO_CONNECTION_FREE)) ||
  isTransient(error);

/** One sentence for whoever started what met this error; undefined for one that is a fault of the program. */
export function sentenceOfMongo(error: unknown): string | undefined {
  if (error instanceof MongoServerError && error.code === NOT_PERMITTED)
    return "MongoDB did not permit what is needed: name a user in the connection string that has the role readWrite on its database, and on the one of the same name and “_keys” where keys are kept beside the read models";
  // The driver's own errors say addresses at most; what a server says may quote documents.
  if (!isUnreachable(error)) return undefined;
  return error instanceof MongoServerError
    ? `MongoDB could not answer (error ${error.code})`
    : `MongoDB cannot be used now: ${(error as Error).message}`;
}
