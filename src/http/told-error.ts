// An error as a log may tell it: its kind, its message, where it was thrown, and the same of its causes. None of its other
// fields: a driver's error carries the operations that failed, with the documents that they write.

export interface ToldError {
  readonly type: string;
  readonly message: string;
  readonly code?: string | number;
  readonly stack: string;
  readonly cause?: ToldError;
}

/** Causes of causes that are told. */
const DEPTH = 5;

/** Undefined for what is no error. */
export function toldError(error: unknown, depth: number = DEPTH): ToldError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { readonly code?: unknown };
  const message = messageOf(error);
  const cause = depth > 1 ? toldError(error.cause, depth - 1) : undefined;
  return {
    type: error.name,
    message,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    stack: [`${error.name}: ${message}`, ...framesOf(error)].join("\n"),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** An error and its causes as text, for a terminal. */
export function textOfError(error: unknown): string {
  const told = toldError(error);
  if (told === undefined) return String(error);
  const lines = [told.stack];
  for (let { cause } = told; cause !== undefined; cause = cause.cause) lines.push(`caused by ${cause.stack}`);
  return lines.join("\n");
}

/** What a server of MongoDB says quotes values of the documents it says it of (“dup key: …”): its code is told instead. */
function messageOf(error: Error): string {
  const { code, codeName } = error as { readonly code?: unknown; readonly codeName?: unknown };
  if (error instanceof AggregateError && error.message === "")
    return error.errors.map((one) => (one instanceof Error ? messageOf(one) : String(one))).join("; ");
  if (!error.name.startsWith("Mongo") || typeof code !== "number") return error.message;
  return `MongoDB answered with error ${code}${typeof codeName === "string" ? ` (${codeName})` : ""}`;
}

/** The stack without its head, which repeats the message. */
const framesOf = ({ stack = "" }: Error): readonly string[] =>
  stack.split("\n").filter((line) => line.startsWith("    at "));
