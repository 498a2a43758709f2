// Appends that end with one of the port's answers, whatever the client does. An attempt that fails in doubt or in silence is
// followed by the very same batch at the very same revision, which the server knows again; appends to one stream go one
// after the other, as those sent at once may arrive in another order.
import { setTimeout as sleep } from "node:timers/promises";
import type { AppendToStreamOptions, EventData, EventStoreDBClient } from "@eventstore/db-client";
import {
  type Append,
  Conflict,
  Fatal,
  MAX_APPEND_BYTES,
  type Position,
  positionOf,
  TooLarge,
  Unavailable,
} from "../event-log.ts";
import type { Connection } from "./connection.ts";
import type { Credentials } from "./connection-string.ts";
import { type Meaning, meaningOf, messageOf } from "./failure.ts";
import { InFlight } from "./in-flight.ts";
import { Patience } from "./patience.ts";
import { sizeOnServer, storedEvent } from "./stored-event.ts";

/** The server's own limit, of which the port's leaves room for what else it counts. */
const SERVER_LIMIT = 1_048_576;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
/** A revision that no stream of the server has stands for none. */
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

export interface AppenderOptions {
  /** How long one attempt may take, ms. */
  readonly attemptMs: number;
  /** How long an append is repeated before its outcome stays unknown, ms. */
  readonly giveUpMs: number;
  /** Makes the client use one call an append in place of its shared stream. */
  readonly credentials?: Credentials | undefined;
  /** The position of the last of these events, if exactly they follow the expected revision. */
  readonly positionOfRepeat: (append: Append) => Promise<Position | undefined>;
}

interface Failure {
  readonly kind: Meaning;
  readonly why: unknown;
}

type Outcome = { readonly kind: "written"; readonly commit: bigint | undefined } | Failure;

export class Appender {
  readonly #connection: Connection;
  readonly #options: AppenderOptions;
  readonly #inFlight = new InFlight();
  readonly #patience: Patience;
  /** The last append of each stream that is not settled. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(connection: Connection, options: AppenderOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#patience = new Patience(options.attemptMs);
  }

  /** Throws RangeError for what no log takes, TooLarge, Conflict, Unavailable, Fatal. */
  append(append: Append): Promise<Position> {
    if (this.#closing.signal.aborted) throw new Unavailable("the event log is closed", "no");
    const { stream } = append;
    const batch = checked(append);
    const before = this.#turns.get(stream);
    const turn = before === undefined ? this.#settle(append, batch) : before.then(() => this.#settle(append, batch));
    const end = () => void (this.#turns.get(stream) === settled && this.#turns.delete(stream));
    const settled = turn.then(end, end);
    this.#turns.set(stream, settled);
    return turn;
  }

  /** Takes no more, and resolves when everything on its way is settled; what is in doubt then stays so. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#turns.values());
  }

  async #settle(append: Append, batch: Batch): Promise<Position> {
    const until = Date.now() + this.#options.giveUpMs;
    let isInDoubt = false;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const outcome = await this.#attempt(append, batch);
      if (outcome.kind === "written") return this.#placeOf(append, outcome.commit);
      if (outcome.kind === "conflict" && isInDoubt) {
        const position = await this.#repeated(append);
        if (position !== undefined) return position;
      }
      isInDoubt ||= outcome.kind === "in doubt" || outcome.kind === "broken";
      if (isFinal(outcome.kind)) throw errorOf(append.stream, batch.bytes, outcome, isInDoubt ? "unknown" : "no");
      if (Date.now() + pause > until || this.#closing.signal.aborted)
        throw new Unavailable(
          `the event store at ${this.#connection.server} did not take the append: ${messageOf(outcome.why)}`,
          isInDoubt ? "unknown" : "no",
          { cause: outcome.why },
        );
      await sleep(pause, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  async #attempt({ stream, expected }: Append, { events, bytes }: Batch): Promise<Outcome> {
    let client: EventStoreDBClient | undefined;
    const room = this.#inFlight.enter(bytes);
    if (room !== undefined) await room;
    try {
      client = this.#connection.current ?? (await this.#connection.client());
      const { position } = await this.#patience.with(client.appendToStream(stream, events, this.#callOf(expected)));
      return { kind: "written", commit: position?.commit };
    } catch (why) {
      const kind = meaningOf(why);
      // Only a client that was there can be to blame.
      if (kind === "broken" && client !== undefined) this.#connection.replace(client, `an append ${messageOf(why)}`);
      return { kind, why };
    } finally {
      this.#inFlight.leave(bytes);
    }
  }

  #callOf(expected: Append["expected"]): AppendToStreamOptions {
    const { credentials, attemptMs } = this.#options;
    const expectedRevision = expected === "none" ? "no_stream" : BigInt(expected);
    return { expectedRevision, deadline: attemptMs, ...(credentials !== undefined && { credentials }) };
  }

  /** The server may not know any more where a repeated append lies. */
  async #placeOf(append: Append, commit: bigint | undefined): Promise<Position> {
    if (commit !== undefined && commit >= 0n && commit <= MOST) return positionOf(Number(commit));
    const position = await this.#repeated(append);
    if (position === undefined) throw new Fatal(`the events just appended to ${append.stream} are not in it`);
    return position;
  }

  /** Looks for what an earlier attempt may have written; where that cannot be seen, the outcome stays unknown. */
  async #repeated(append: Append): Promise<Position | undefined> {
    try {
      return await this.#options.positionOfRepeat(append);
    } catch (error) {
      throw error instanceof Unavailable ? new Unavailable(error.message, "unknown", { cause: error }) : error;
    }
  }
}

/** What is appended, and the bytes that the server counts for it. */
interface Batch {
  readonly events: EventData[];
  readonly bytes: number;
}

/** The events as the client takes them. What would break or hang it goes no further. */
function checked({ stream, events }: Append): Batch {
  if (events.length === 0) throw new RangeError("an append needs events");
  for (const { id, type } of events)
    if (!UUID.test(id) || type === "") throw new RangeError(`an event of ${stream} has no UUID, or no type`);
  const stored = events.map(storedEvent);
  const data = stored.reduce((sum, event) => sum + event.data.length, 0);
  if (data > MAX_APPEND_BYTES) throw new TooLarge(data, MAX_APPEND_BYTES);
  const bytes = stored.reduce((sum, event) => sum + sizeOnServer(event), 0);
  if (bytes >= SERVER_LIMIT) throw new TooLarge(bytes, SERVER_LIMIT);
  return { events: stored, bytes };
}

const isFinal = (meaning: Meaning) => !["not done", "in doubt", "broken"].includes(meaning);

/** `written`: whether an earlier attempt may have been. */
function errorOf(stream: string, bytes: number, { kind, why }: Failure, written: Unavailable["written"]): Error {
  switch (kind) {
    case "conflict":
      return new Conflict(stream);
    case "too large":
      return new TooLarge(bytes, SERVER_LIMIT);
    case "gone":
      return new Fatal(`stream ${stream} was deleted for ever in the event store`, { cause: why });
    default:
      return new Unavailable(`the event store refused the append: ${messageOf(why)}`, written, { cause: why });
  }
}
