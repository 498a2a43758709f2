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

type Outcome =
  | { readonly kind: "written"; readonly commit: bigint | undefined }
  | { readonly kind: Meaning; readonly why: unknown };

export class Appender {
  readonly #connection: Connection;
  readonly #options: AppenderOptions;
  readonly #inFlight = new InFlight();
  /** The last append of each stream that is not settled. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(connection: Connection, options: AppenderOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Throws RangeError for what no log takes, TooLarge, Conflict, Unavailable, Fatal. */
  async append(append: Append): Promise<Position> {
    if (this.#closing.signal.aborted) throw new Unavailable("the event log is closed", "no");
    const events = checked(append);
    const turn = (this.#turns.get(append.stream) ?? Promise.resolve()).then(() => this.#settle(append, events));
    const settled = turn.catch(() => {});
    this.#turns.set(append.stream, settled);
    settled.then(() => {
      if (this.#turns.get(append.stream) === settled) this.#turns.delete(append.stream);
    });
    return turn;
  }

  /** Takes no more, and resolves when everything on its way is settled; what is in doubt then stays so. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#turns.values());
  }

  async #settle(append: Append, events: readonly EventData[]): Promise<Position> {
    const until = Date.now() + this.#options.giveUpMs;
    let isInDoubt = false;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const outcome = await this.#inFlight.run(bytesOf(events), () => this.#attempt(append, events));
      if (outcome.kind === "written") return this.#placeOf(append, outcome.commit);
      if (outcome.kind === "conflict" && isInDoubt) {
        const position = await this.#repeated(append);
        if (position !== undefined) return position;
      }
      isInDoubt ||= outcome.kind === "in doubt" || outcome.kind === "broken";
      if (isFinal(outcome.kind)) throw errorOf(append, outcome.kind, outcome.why);
      if (Date.now() + pause > until || this.#closing.signal.aborted)
        throw new Unavailable(
          `the event store at ${this.#connection.server} did not take the append: ${messageOf(outcome.why)}`,
          isInDoubt ? "unknown" : "no",
          { cause: outcome.why },
        );
      await sleep(pause, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  async #attempt({ stream, expected }: Append, events: readonly EventData[]): Promise<Outcome> {
    let client: EventStoreDBClient | undefined;
    const attempt = async (): Promise<Outcome> => {
      client = await this.#connection.client();
      const { position } = await client.appendToStream(stream, [...events], this.#callOf(expected));
      return { kind: "written", commit: position?.commit };
    };
    const outcome = await inTime(attempt(), this.#options.attemptMs);
    // Only a client that was there can be to blame.
    if (outcome.kind === "broken" && client !== undefined)
      this.#connection.replace(client, `an append ${messageOf(outcome.why)}`);
    return outcome;
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

/** The events as the client takes them. What would break or hang it goes no further. */
function checked({ stream, events }: Append): readonly EventData[] {
  if (events.length === 0) throw new RangeError("an append needs events");
  for (const { id, type } of events)
    if (!UUID.test(id) || type === "") throw new RangeError(`an event of ${stream} has no UUID, or no type`);
  const stored = events.map(storedEvent);
  const bytes = stored.reduce((sum, { data }) => sum + (data as Uint8Array).length, 0);
  if (bytes > MAX_APPEND_BYTES) throw new TooLarge(bytes, MAX_APPEND_BYTES);
  const size = bytesOf(stored);
  if (size >= SERVER_LIMIT) throw new TooLarge(size, SERVER_LIMIT);
  return stored;
}

const bytesOf = (events: readonly EventData[]) => events.reduce((sum, event) => sum + sizeOnServer(event), 0);

async function inTime(attempt: Promise<Outcome>, milliseconds: number): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<Outcome>((resolve) => {
    timer = setTimeout(
      () => resolve({ kind: "broken", why: new Error(`was not answered within ${milliseconds} ms`) }),
      milliseconds,
    );
  });
  const failed = (why: unknown): Outcome => ({ kind: meaningOf(why), why });
  try {
    return await Promise.race([attempt.catch(failed), silence]);
  } finally {
    clearTimeout(timer);
  }
}

const isFinal = (meaning: Meaning) => !["not done", "in doubt", "broken"].includes(meaning);

function errorOf({ stream, events }: Append, meaning: Meaning, why: unknown): Error {
  switch (meaning) {
    case "conflict":
      return new Conflict(stream);
    case "too large":
      return new TooLarge(bytesOf(events.map(storedEvent)), SERVER_LIMIT);
    case "gone":
      return new Fatal(`stream ${stream} was deleted for ever in the event store`, { cause: why });
    default:
      return new Unavailable(`the event store refused the append: ${messageOf(why)}`, "no", { cause: why });
  }
}
