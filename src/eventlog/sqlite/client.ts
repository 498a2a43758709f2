// The embedded event log as the main thread sees it: appends go to the log's thread, reads are answered here, from a
// connection that never waits for the disk's fsync.
import { setImmediate as nextTurn } from "node:timers/promises";
import { fewAtATime } from "../../sqlite/few-at-a-time.ts";
import {
  type Append,
  type EventLog,
  type Position,
  type RecordedEvent,
  type Revision,
  Unavailable,
} from "../event-log.ts";
import { type LogAnswer, type LogRequest, pack, unpackOutcome } from "./messages.ts";
import { SqliteLogReader } from "./reader.ts";

/** A Worker, or a MessagePort to one. */
export interface LogPort {
  postMessage(message: LogRequest): void;
  on(event: "message", listener: (answer: LogAnswer) => void): unknown;
  /** A port says "close" and a Worker "exit" when the thread at the other end is gone. */
  on(event: "close" | "exit", listener: () => void): unknown;
}

/**
 * Appends that are posted without waiting for the end of the tick. Were a whole tick always posted at once, clients that wait
 * for their answers would make both threads take turns instead of working side by side.
 */
const POST_AT = 4;

/** Bytes that the thread has at once: it takes many times as much to project them, and its memory is bounded. */
const MOST_POSTED = 16 * 1_048_576;

/** Events that a subscriber gets at once. */
const SUBSCRIPTION_BATCH = 256;

export interface LogOptions {
  /** Off: `appendAtomically` is left out. */
  readonly atomic?: boolean;
  /** Told how many appends were answered together. */
  readonly onBatch?: (appends: number) => void;
}

interface Waiting {
  readonly group: readonly Append[];
  readonly bytes: number;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
}

export class SqliteEventLog implements EventLog {
  readonly isGapless = true;
  readonly appendAtomically?: (appends: readonly Append[]) => Promise<Position>;
  readonly #port: LogPort;
  readonly #folder: string;
  readonly #onBatch: ((appends: number) => void) | undefined;
  #writeFailure: string | undefined;
  #reader: SqliteLogReader | undefined;
  /** Not posted yet: the appends of this tick. */
  #gathered: Waiting[] = [];
  /** Posted, in order; the thread answers in order. */
  #posted: Waiting[] = [];
  #postedBytes = 0;
  /** Something gathered did not fit. */
  #isFull = false;
  #ended: Unavailable | undefined;
  #opening = Promise.withResolvers<void>();
  #closing: PromiseWithResolvers<void> | undefined;
  #change = Promise.withResolvers<void>();

  private constructor(folder: string, port: LogPort, { atomic = true, onBatch }: LogOptions) {
    this.#folder = folder;
    this.#port = port;
    this.#onBatch = onBatch;
    if (atomic) this.appendAtomically = (appends) => this.#enqueue(appends);
    port.on("message", (answer) => this.#receive(answer));
    port.on("close", () => this.#lose());
    port.on("exit", () => this.#lose());
    port.postMessage({ kind: "open" });
  }

  /**
   * Connects to the thread that runs `serveLog` on this data folder. `atomic: false` leaves `appendAtomically` out. Throws
   * Unavailable where the thread ends before it is ready.
   */
  static async open(folder: string, port: LogPort, options: LogOptions = {}) {
    const log = new SqliteEventLog(folder, port, options);
    await log.#opening.promise;
    return log;
  }

  /** Why the last append could not be written; undefined once one was. */
  get writeFailure(): string | undefined {
    return this.#writeFailure;
  }

  /** The first part of every stream's name, fixed at the log's first start. */
  get namespace(): string {
    return this.#reading.namespace;
  }

  append(append: Append): Promise<Position> {
    return this.#enqueue([append]);
  }

  async read(stream: string, after: Revision, limit?: number): Promise<readonly RecordedEvent[]> {
    return this.#reading.read(stream, after, limit);
  }

  async readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    return this.#reading.readAll(after, limit);
  }

  async readAt(positions: readonly Position[]): Promise<readonly RecordedEvent[]> {
    return fewAtATime(positions, (some) => this.#reading.readAt(some));
  }

  async head(): Promise<Position> {
    return this.#reading.head();
  }

  async *subscribe(
    after: Position,
    signal: AbortSignal,
    prefixes?: readonly string[],
  ): AsyncGenerator<readonly RecordedEvent[], void> {
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      let position = after;
      while (!signal.aborted && this.#ended === undefined) {
        const change = this.#change.promise;
        const events = this.#reading.readAll(position, SUBSCRIPTION_BATCH);
        if (events.length === 0) await change;
        else {
          position = events.at(-1)!.position;
          const asked = prefixes === undefined ? events : events.filter(beginningWith(prefixes));
          if (asked.length > 0) yield asked;
          // A long catch-up lets the thread's other work in.
          await nextTurn();
        }
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
    if (this.#ended !== undefined && this.#closing === undefined) throw this.#ended;
  }

  /** Waits for what is on its way, then ends the log's thread's part and every subscription. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = Promise.withResolvers();
      if (this.#ended === undefined) {
        this.#post(Number.POSITIVE_INFINITY);
        // The writer closes the file last, which empties the write-ahead log.
        this.#reader?.close();
        this.#reader = undefined;
        this.#port.postMessage({ kind: "close" });
      } else this.#end(this.#ended);
    }
    return this.#closing.promise;
  }

  get #reading(): SqliteLogReader {
    if (this.#reader === undefined) throw new Unavailable("the event log is closed", "no");
    return this.#reader;
  }

  #enqueue(group: readonly Append[]): Promise<Position> {
    if (this.#ended !== undefined || this.#closing !== undefined)
      return Promise.reject(new Unavailable("the event log is closed", "no", { cause: this.#ended }));
    if (group.length === 0 || group.some(({ events }) => events.length === 0))
      return Promise.reject(new RangeError("an append needs events"));
    return new Promise((resolve, reject) => {
      if (this.#gathered.length === 0) setImmediate(() => this.#post());
      this.#gathered.push({ group, bytes: bytesOf(group), resolve, reject });
      if (this.#gathered.length >= POST_AT) this.#post();
    });
  }

  /** Posts what gathered as one message; what the thread has no room for waits until it has answered. */
  #post(room = MOST_POSTED): void {
    let count = 0;
    for (const { bytes } of this.#gathered) {
      if (this.#postedBytes > 0 && this.#postedBytes + bytes > room) break;
      this.#postedBytes += bytes;
      count += 1;
    }
    this.#isFull = count < this.#gathered.length;
    if (count === 0) return;
    const gathered = this.#gathered.splice(0, count);
    this.#posted.push(...gathered);
    this.#port.postMessage({ kind: "append", groups: pack(gathered.map(({ group }) => group)) });
  }

  #receive(answer: LogAnswer): void {
    switch (answer.kind) {
      case "opened":
        this.#open();
        break;
      case "appended":
        this.#settle(answer.outcomes.map(unpackOutcome));
        break;
      case "closed":
        this.#end(new Unavailable("the event log is closed", "no"));
        break;
    }
  }

  #open(): void {
    try {
      this.#reader = new SqliteLogReader(this.#folder);
      this.#opening.resolve();
    } catch (error) {
      this.#opening.reject(error);
    }
  }

  #settle(outcomes: readonly ReturnType<typeof unpackOutcome>[]): void {
    const answered = this.#posted.splice(0, outcomes.length);
    this.#onBatch?.(answered.length);
    for (const { bytes } of answered) this.#postedBytes -= bytes;
    if (this.#isFull) this.#post();
    answered.forEach(({ resolve, reject }, index) => {
      const outcome = outcomes[index]!;
      if (typeof outcome === "string") {
        this.#writeFailure = undefined;
        resolve(outcome);
      } else {
        if (outcome instanceof Unavailable) this.#writeFailure = outcome.message;
        reject(outcome);
      }
    });
    this.#wake();
  }

  #wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  /** The log's thread is gone: what it had may be written or not. */
  #lose(): void {
    if (this.#ended === undefined) this.#end(new Unavailable("the event log's thread ended", "unknown"));
  }

  #end(reason: Unavailable): void {
    this.#ended = reason;
    for (const { reject } of this.#posted.splice(0)) reject(reason);
    for (const { reject } of this.#gathered.splice(0)) reject(new Unavailable(reason.message, "no"));
    this.#opening.reject(reason);
    this.#reader?.close();
    this.#reader = undefined;
    this.#wake();
    this.#closing?.resolve();
  }
}

/** Of a group of appends, about. */
function bytesOf(group: readonly Append[]): number {
  let bytes = 0;
  for (const { events } of group)
    for (const { envelope, ciphertext, personal } of events)
      bytes += envelope.length + (ciphertext?.length ?? 0) + (personal?.length ?? 0);
  return bytes;
}

const beginningWith =
  (prefixes: readonly string[]) =>
  ({ stream }: RecordedEvent): boolean =>
    prefixes.some((prefix) => stream.startsWith(prefix));
