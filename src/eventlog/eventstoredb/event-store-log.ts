// The event log on EventStoreDB, for more than one node. What its client gets wrong is fenced off file by file beside this
// one; here they are put together to the port.
import {
  type Append,
  type EventLog,
  type Position,
  type RecordedEvent,
  type Revision,
  Unavailable,
} from "../event-log.ts";
import { Appender } from "./appender.ts";
import { ClockProbe, type ClockState } from "./clock-probe.ts";
import { Connection } from "./connection.ts";
import { credentialsOf } from "./connection-string.ts";
import { explained } from "./diagnosis.ts";
import { type ReadLimits, readThrough } from "./reading.ts";
import { findOrBegin } from "./registry.ts";
import { LogScan } from "./scan.ts";
import { recordedEvent } from "./stored-event.ts";
import { Subscriptions } from "./subscriptions.ts";

export type { ClockState } from "./clock-probe.ts";
export { WrongLog } from "./registry.ts";

export interface EventStoreOptions {
  /** The first part of every stream's name; without it the one that the server keeps, or the default at the first start. */
  readonly namespace?: string;
  /** Begins a log of this namespace on a server that holds another. */
  readonly beginBeside?: boolean;
  /** Nothing is written: no log is begun, and nobody asks what the server's clock says. */
  readonly forReading?: boolean;
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile?: string;
  /** Appends by one call each, not by the client's shared stream. */
  readonly callPerAppend?: boolean;
  /** How long one attempt of an append, or the server's silence in a read, may last, ms. */
  readonly attemptMs?: number;
  /** How long an append or a read is tried again, ms. */
  readonly giveUpMs?: number;
  /** This node's clock, ms since 1970. */
  readonly now?: () => number;
  /** Told when this node's clock begins or ceases to stray from the server's. */
  readonly onClock?: (state: ClockState) => void;
  /** Told in a sentence, without credentials, of trouble that was dealt with. */
  readonly onTrouble?: (sentence: string) => void;
}

const ATTEMPT_MS = 5_000;
const GIVE_UP_MS = 15_000;
const NOBODY = { username: "nobody", password: "nothing" };

export class EventStoreEventLog implements EventLog {
  /** The first part of every stream's name. */
  readonly namespace: string;
  /** The hosts, without credentials. */
  readonly server: string;
  readonly #connection: Connection;
  readonly #limits: ReadLimits;
  readonly #scan: LogScan;
  readonly #appender: Appender;
  readonly #clock: ClockProbe;
  readonly #closing = new AbortController();
  readonly #subscriptions: Subscriptions;
  #closed: Promise<void> | undefined;
  #writeFailure: string | undefined;

  private constructor(parts: Parts) {
    this.namespace = parts.namespace;
    this.server = parts.connection.server;
    this.#connection = parts.connection;
    this.#limits = parts.limits;
    this.#scan = parts.scan;
    this.#clock = parts.clock;
    this.#subscriptions = new Subscriptions({ ...parts, closing: this.#closing.signal });
    this.#appender = new Appender(parts.connection, {
      ...parts.appending,
      positionOfRepeat: (append) => this.#positionOfRepeat(append),
    });
  }

  /**
   * Connects and finds the log on the server, or begins it. The connection string, `esdb://…` or `esdb+discover://…`, is the
   * only place for credentials. Throws Unavailable, Fatal, or a sentence where it is another log than the one meant.
   */
  static async open(connectionString: string, options: EventStoreOptions = {}): Promise<EventStoreEventLog> {
    const { attemptMs = ATTEMPT_MS, giveUpMs = GIVE_UP_MS, callPerAppend = false, ...rest } = options;
    const limits = { idleMs: attemptMs, patienceMs: giveUpMs };
    const connection = new Connection(connectionString, rest);
    const clock = new ClockProbe(connection, limits, rest);
    try {
      const found = await findOrBegin(connection, limits, rest);
      if (rest.forReading !== true) await clock.start();
      const credentials = callPerAppend ? (credentialsOf(connectionString) ?? NOBODY) : undefined;
      const scan = new LogScan(connection, limits, found);
      const appending = { attemptMs, giveUpMs, credentials };
      return new EventStoreEventLog({ connection, limits, clock, scan, appending, namespace: found.namespace });
    } catch (error) {
      await connection.close();
      await clock.end();
      throw await explained(error, connectionString, options.caFile);
    }
  }

  /** Why the last append could not be written; undefined once one was. */
  get writeFailure(): string | undefined {
    return this.#writeFailure;
  }

  /** How far this node's clock is from the server's. */
  get clock(): ClockState {
    return this.#clock.current;
  }

  async append(append: Append): Promise<Position> {
    try {
      this.#clock.admit();
      const position = await this.#appender.append(append);
      this.#writeFailure = undefined;
      this.#subscriptions.heard(position);
      return position;
    } catch (error) {
      if (error instanceof Unavailable) this.#writeFailure = error.message;
      throw error;
    }
  }

  async read(stream: string, after: Revision, limit?: number): Promise<readonly RecordedEvent[]> {
    this.#mustBeOpen();
    return limit !== undefined && limit <= 0 ? [] : this.#read(stream, after, limit);
  }

  async readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    this.#mustBeOpen();
    return limit <= 0 ? [] : this.#scan.readAll(after, limit);
  }

  async readAt(positions: readonly Position[]): Promise<readonly RecordedEvent[]> {
    this.#mustBeOpen();
    return this.#scan.readAt(positions);
  }

  async head(): Promise<Position> {
    this.#mustBeOpen();
    return this.#scan.head();
  }

  subscribe(
    after: Position,
    signal: AbortSignal,
    prefixes?: readonly string[],
  ): AsyncGenerator<readonly RecordedEvent[], void> {
    return prefixes === undefined
      ? this.#subscriptions.pull(after, signal)
      : this.#subscriptions.pick(after, prefixes, signal);
  }

  /** Waits for what is on its way, then ends every subscription and the connection. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#appender.close();
    await this.#connection.close();
    await this.#clock.end();
  }

  #mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw new Unavailable("the event log is closed", "no");
  }

  async #read(stream: string, after: Revision, limit?: number): Promise<readonly RecordedEvent[]> {
    let events: RecordedEvent[] = [];
    await readThrough(this.#connection, this.#limits, (client) => {
      events = [];
      return {
        reading: client.readStream(stream, {
          fromRevision: BigInt(after + 1),
          ...(limit !== undefined && { maxCount: limit }),
        }),
        take: ({ event }) => {
          if (event !== undefined) events.push(recordedEvent(event));
          return true;
        },
      };
    });
    return events;
  }

  async #positionOfRepeat({ stream, expected, events }: Append): Promise<Position | undefined> {
    const after = expected === "none" ? -1 : expected;
    const stored = await this.#read(stream, after, events.length);
    const isRepeat = stored.length === events.length && stored.every(({ id }, index) => id === events[index]!.id);
    return isRepeat ? stored.at(-1)!.position : undefined;
  }
}

interface Parts {
  readonly namespace: string;
  readonly connection: Connection;
  readonly limits: ReadLimits;
  readonly clock: ClockProbe;
  readonly scan: LogScan;
  readonly appending: {
    readonly attemptMs: number;
    readonly giveUpMs: number;
    readonly credentials: ReturnType<typeof credentialsOf>;
  };
}
