// The double's appends on the wire: both of the client's ways, the shared stream of batches and one call an append.
import { Any, google, grpc, shared, status, streams } from "./protocol.ts";
import type { Appended, Expected, Proposal } from "./server-log.ts";

// biome-ignore lint/suspicious/noExplicitAny: generated messages
type Message = any;

export interface Proposed {
  readonly stream: string;
  readonly expected: Expected;
  readonly proposals: Proposal[];
}

type Success = Extract<Appended, { readonly last: unknown } | { readonly kind: "empty" }>;
export type Outcome = Appended | { readonly kind: "deadline" | "nonsense" | "denied" };

const APPEND_LIMIT = 1_048_576;

/** An error as a gRPC server says it. */
export function refusal(code: number, details: string, exception?: Readonly<Record<string, string>>) {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(exception ?? {})) metadata.set(name, value);
  return { name: "refusal", message: details, code, details, metadata };
}

/** Adds a part of a batch to what came before of the same append. */
export function batchAppendOf(request: Message, gathered: Map<string, Proposed>) {
  const correlation: string = uuidOf(request.getCorrelationId());
  const options = request.getOptions();
  if (options !== undefined)
    gathered.set(correlation, {
      stream: streamOf(options),
      expected: options.hasStreamPosition() ? Number(options.getStreamPosition()) : expectedOf(options),
      proposals: [],
    });
  const batch = gathered.get(correlation)!;
  for (const message of request.getProposedMessagesList()) batch.proposals.push(proposalOf(message));
  const isFinal: boolean = request.getIsFinal();
  if (isFinal) gathered.delete(correlation);
  return { correlation: request.getCorrelationId(), batch, isFinal };
}

/** The append of a call: its options, then its events. */
export function proposedOf([first, ...rest]: readonly Message[]): Proposed {
  const options = first.getOptions();
  return {
    stream: streamOf(options),
    expected: options.hasRevision() ? Number(options.getRevision()) : expectedOf(options),
    proposals: rest.map((request) => proposalOf(request.getProposedMessage())),
  };
}

export function batchAnswer(correlation: Message, { stream, expected }: Proposed, outcome: Outcome): Message {
  const answer = new streams["BatchAppendResp"]();
  answer.setCorrelationId(correlation);
  answer.setStreamIdentifier(identifier(stream));
  switch (outcome.kind) {
    case "written":
    case "repeated":
    case "empty": {
      const success = new streams["BatchAppendResp"].Success();
      success.setCurrentRevision(outcome.kind === "empty" ? "0" : String(outcome.last.revision));
      if (outcome.kind !== "empty")
        success.setPosition(placed(new shared["AllStreamPosition"](), outcome.last.position));
      answer.setSuccess(success);
      break;
    }
    default:
      answer.setError(statusOf(outcome, expected));
  }
  return answer;
}

export function callAnswer(
  { expected }: Proposed,
  outcome: Outcome,
): { error?: ReturnType<typeof refusal>; message?: Message } {
  const { status: code } = grpc;
  switch (outcome.kind) {
    case "written":
    case "repeated":
    case "empty":
      return { message: succeeded(outcome) };
    case "conflict":
      return { message: conflicting(expected, outcome.head) };
    case "deleted":
      return {
        error: refusal(code.FAILED_PRECONDITION, "deleted", { exception: "stream-deleted", "stream-name": "s" }),
      };
    case "too large":
      return {
        error: refusal(code.INVALID_ARGUMENT, "too large", {
          exception: "maximum-append-size-exceeded",
          "maximum-append-size": String(APPEND_LIMIT),
        }),
      };
    case "denied":
      return { error: refusal(code.PERMISSION_DENIED, "denied", { exception: "access-denied" }) };
    case "deadline":
      return { error: refusal(code.DEADLINE_EXCEEDED, "Deadline exceeded") };
    case "nonsense":
      return { error: refusal(code.UNKNOWN, "nonsense") };
  }
}

function succeeded(outcome: Success): Message {
  const success = new streams["AppendResp"].Success();
  success.setCurrentRevision(outcome.kind === "empty" ? "0" : String(outcome.last.revision));
  if (outcome.kind !== "empty")
    success.setPosition(placed(new streams["AppendResp"].Position(), outcome.last.position));
  const answer = new streams["AppendResp"]();
  answer.setSuccess(success);
  return answer;
}

function conflicting(expected: Expected, head: number): Message {
  const wrong = new streams["AppendResp"].WrongExpectedVersion();
  if (head < 0) wrong.setCurrentNoStream(new shared["Empty"]());
  else wrong.setCurrentRevision(String(head));
  if (typeof expected === "number") wrong.setExpectedRevision(String(expected));
  else wrong.setExpectedNoStream(new shared["Empty"]());
  const answer = new streams["AppendResp"]();
  answer.setWrongExpectedVersion(wrong);
  return answer;
}

/** The error of a batch: a code, and what the client reads, the details. */
function statusOf(outcome: Outcome, expected: Expected): Message {
  const error = new status["Status"]();
  error.setMessage("");
  const [name, details] = detailsOf(outcome, expected);
  if (name === undefined) return error;
  const any = new Any();
  any.pack(details.serializeBinary(), `event_store.client.${name}`);
  error.setDetails(any);
  return error;
}

function detailsOf(outcome: Outcome, expected: Expected): [string, Message] | [] {
  switch (outcome.kind) {
    case "conflict": {
      const wrong = new shared["WrongExpectedVersion"]();
      if (outcome.head < 0) wrong.setCurrentNoStream(new Empty());
      else wrong.setCurrentStreamRevision(String(outcome.head));
      if (typeof expected === "number") wrong.setExpectedStreamPosition(String(expected));
      else wrong.setExpectedNoStream(new Empty());
      return ["WrongExpectedVersion", wrong];
    }
    case "deleted":
      return ["StreamDeleted", new shared["StreamDeleted"]()];
    case "too large": {
      const exceeded = new shared["MaximumAppendSizeExceeded"]();
      exceeded.setMaxappendsize(APPEND_LIMIT);
      return ["MaximumAppendSizeExceeded", exceeded];
    }
    case "deadline":
      return ["Timeout", new shared["Timeout"]()];
    case "denied":
      return ["AccessDenied", new shared["AccessDenied"]()];
    default:
      return [];
  }
}

const { Empty } = google;

function expectedOf(options: Message): Expected {
  return options.hasNoStream() ? "none" : options.hasStreamExists() ? "exists" : "any";
}

function proposalOf(message: Message): Proposal {
  const metadata = message.getMetadataMap();
  return {
    id: uuidOf(message.getId()),
    type: metadata.get("type"),
    contentType: metadata.get("content-type"),
    data: message.getData_asU8(),
    customMetadata: message.getCustomMetadata_asU8(),
  };
}

/** As a string, or as the two halves of its number. */
function uuidOf(uuid: Message): string {
  if (uuid.hasString()) return uuid.getString();
  const { high, low } = halvesOf(uuid.getStructured());
  const hex = high.toString(16).padStart(16, "0") + low.toString(16).padStart(16, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
}

const halvesOf = (structured: Message) => ({
  high: BigInt.asUintN(64, BigInt(structured.getMostSignificantBits())),
  low: BigInt.asUintN(64, BigInt(structured.getLeastSignificantBits())),
});

const streamOf = (options: Message): string =>
  Buffer.from(options.getStreamIdentifier().getStreamName_asU8()).toString("utf8");

export function identifier(stream: string): Message {
  const name = new shared["StreamIdentifier"]();
  name.setStreamName(new Uint8Array(Buffer.from(stream, "utf8")));
  return name;
}

export function placed(message: Message, position: number): Message {
  message.setCommitPosition(String(position));
  message.setPreparePosition(String(position));
  return message;
}
