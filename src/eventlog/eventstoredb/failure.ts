// What an error of the client means to the port. Errors come in many shapes (a class of the client's, a bare gRPC error, a
// plain Error), so it is read by its `type` and `code`, never by its class alone.
import { ErrorType } from "@eventstore/db-client";

export type Meaning =
  /** The stream was at another revision. */
  | "conflict"
  /** The append is over the server's limit. */
  | "too large"
  /** The stream was deleted for ever. */
  | "gone"
  /** There is no such stream. */
  | "missing"
  /** The server could not read there: it is no place of an event, or is damaged. */
  | "unreadable"
  /** The server knows the caller and says no. */
  | "denied"
  /** Nothing was done, and trying again may help. */
  | "not done"
  /** It may have been done or not; trying again may help. */
  | "in doubt"
  /** As before, and the client may be broken. */
  | "broken";

const BY_TYPE: Readonly<Record<string, Meaning>> = {
  [ErrorType.WRONG_EXPECTED_VERSION]: "conflict",
  [ErrorType.MAXIMUM_APPEND_SIZE_EXCEEDED]: "too large",
  [ErrorType.STREAM_DELETED]: "gone",
  [ErrorType.STREAM_NOT_FOUND]: "missing",
  [ErrorType.ACCESS_DENIED]: "denied",
  [ErrorType.NOT_LEADER]: "not done",
  [ErrorType.UNAVAILABLE]: "in doubt",
  [ErrorType.CANCELLED]: "in doubt",
  [ErrorType.TIMEOUT]: "in doubt",
  [ErrorType.DEADLINE_EXCEEDED]: "in doubt",
};

/** gRPC status codes. */
const BY_CODE: Readonly<Record<number, Meaning>> = {
  1: "in doubt",
  4: "in doubt",
  7: "denied",
  10: "in doubt",
  14: "in doubt",
  16: "denied",
};

/** Said by gRPC before it sent anything. */
const NEVER_SENT = "No connection established";

/** Said by the server of a read from a place where no event begins. */
const NO_PLACE = "Unexpected ReadAllResult";

/** What an error of the client means for the call that met it; “broken” where nothing is known of it. */
export function meaningOf(error: unknown): Meaning {
  const { type, code } = error as { readonly type?: unknown; readonly code?: unknown };
  const message = messageOf(error);
  if (message.includes(NEVER_SENT)) return "not done";
  if (message.includes(NO_PLACE)) return "unreadable";
  const byType = typeof type === "string" && Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type] : undefined;
  const byCode = typeof code === "number" ? BY_CODE[code] : undefined;
  return byType ?? byCode ?? "broken";
}

/** The error in a sentence's part, without the stack; the client's own may be empty. */
export function messageOf(error: unknown): string {
  const { message, type, name } = error as {
    readonly message?: string;
    readonly type?: string;
    readonly name?: string;
  };
  return message || type || name || "unknown error";
}
