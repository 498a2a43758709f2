// The event log port. Its promises are the contract suite `describeEventLog`, which every adapter passes.

declare const position: unique symbol;
/** A place in the log: opaque, ordered as a string (16 decimal digits, below 2^53). */
export type Position = string & { readonly [position]: true };
/** Zero-based place of an event in its stream. */
export type Revision = number;
export type ExpectedRevision = Revision | "none";

/** Before the first event of a log. */
export const START = "0000000000000000" as Position;
export const positionOf = (ordinal: number): Position => String(ordinal).padStart(16, "0") as Position;
export const ordinalOf = (place: Position): number => Number(place);

/** An event as it is stored: the envelope's bytes are final before the append (they are hashed, and the AAD). */
export interface SealedEvent {
  /** UUID. Only the repeat of the identical batch at the identical revision is idempotent. */
  readonly id: string;
  readonly type: string;
  /** RFC 8785 JSON: everything except the ciphertext and the position. */
  readonly envelope: string;
  readonly ciphertext: Uint8Array | null;
  /** The personal values' JSON as it left the command, kept in memory beside the ciphertext so that a reader in this process need not decrypt; never stored. */
  readonly personal?: string;
}

export interface RecordedEvent extends SealedEvent {
  readonly stream: string;
  readonly revision: Revision;
  readonly position: Position;
}

export interface Append {
  readonly stream: string;
  /** The stream's last revision, or "none" for a stream that must not exist. */
  readonly expected: ExpectedRevision;
  readonly events: readonly SealedEvent[];
}

export interface EventLog {
  /** Appends all events at exactly `expected` or nothing; resolves with the last event's position once durable. Throws Conflict, Unavailable, TooLarge. */
  append(append: Append): Promise<Position>;
  /** Optional: positions count the events of all streams from 1, so that one that is missing shows. */
  readonly isGapless?: true;
  /** Optional capability: several streams at once, all or nothing. */
  readonly appendAtomically?: (appends: readonly Append[]) => Promise<Position>;
  /** Events of one stream after a revision (-1: from the first), in order, at most `limit`. A missing stream is empty. */
  read(stream: string, after: Revision, limit?: number): Promise<readonly RecordedEvent[]>;
  /** Events of our streams after a position, in order, at most `limit`. */
  readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]>;
  /** The events at exactly these positions, in that order. */
  readAt(positions: readonly Position[]): Promise<readonly RecordedEvent[]>;
  head(): Promise<Position>;
  /**
   * Batches in order from after a position, live when caught up; pulls, so a slow reader holds nothing up. Ends with the
   * signal. With `prefixes`, events of streams alone whose names begin with one of them.
   */
  subscribe(
    after: Position,
    signal: AbortSignal,
    prefixes?: readonly string[],
  ): AsyncIterable<readonly RecordedEvent[]>;
  close(): Promise<void>;
}

/** The stream was not at the expected revision. */
export class Conflict extends Error {
  readonly stream: string;
  constructor(stream: string) {
    super(`stream ${stream} is not at the expected revision`);
    this.name = "Conflict";
    this.stream = stream;
  }
}
/** The log could not be reached, or did not answer: the outcome is unknown unless `written` is false. */
export class Unavailable extends Error {
  readonly written: "no" | "unknown";
  constructor(message: string, written: "no" | "unknown", options?: ErrorOptions) {
    super(message, options);
    this.name = "Unavailable";
    this.written = written;
  }
}
/** One append above `MAX_APPEND_BYTES`. */
export class TooLarge extends Error {
  readonly bytes: number;
  constructor(bytes: number, limit: number) {
    super(`an append of ${bytes} bytes is over the limit of ${limit}`);
    this.bytes = bytes;
    this.name = "TooLarge";
  }
}
/** The log is damaged or not ours: nothing can go on. */
export class Fatal extends Error {
  override readonly name = "Fatal";
}

/** The largest append that every adapter takes, in bytes of envelopes and ciphertexts together. */
export const MAX_APPEND_BYTES = 1_000_000;
