// Takes what the client streams, and says when that ends. The client's own reads know no deadline, and a stream that was
// left alone keeps its call open.
import type { EventStoreDBClient, ResolvedEvent, StreamingRead } from "@eventstore/db-client";
import { Fatal, Unavailable } from "../event-log.ts";
import type { Connection } from "./connection.ts";
import { meaningOf, messageOf } from "./failure.ts";

export interface ReadLimits {
  /** Longest silence of the server, ms. */
  readonly idleMs: number;
  /** How long a read that fails is tried again, ms. */
  readonly patienceMs: number;
}

type Reading = StreamingRead<ResolvedEvent>;

/** Silence where an event or the end was due. */
export class Silence extends Error {}

/**
 * Hands over each event until there are no more or `take` says false; whether the stream came to its end. A stream that does
 * not exist has none. Tries again from the start of the call, so `begin` must forget what it had. Throws Unavailable, Fatal.
 */
export async function readThrough(
  connection: Connection,
  { idleMs, patienceMs }: ReadLimits,
  begin: (client: EventStoreDBClient) => {
    readonly reading: Reading;
    readonly take: (event: ResolvedEvent) => boolean;
  },
): Promise<boolean> {
  const until = Date.now() + patienceMs;
  for (let [pause, tries] = [FIRST_PAUSE_MS, 1]; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS), tries++) {
    const client = await connection.client();
    try {
      const { reading, take } = begin(client);
      return await drained(reading, take, idleMs);
    } catch (error) {
      if (error instanceof Fatal) throw error;
      const failure = error instanceof Silence ? ("broken" as const) : meaningOf(error);
      if (failure === "missing") return true;
      if (failure === "gone") throw new Fatal(`a stream of the log was deleted for ever: ${messageOf(error)}`);
      if (failure === "unreadable" && tries === TRIES_AT_NO_PLACE)
        throw new Fatal(`the event store cannot read the log there: ${messageOf(error)}`, { cause: error });
      if (failure === "broken") connection.replace(client, messageOf(error));
      if (failure === "denied" || Date.now() + pause > until) throw unreadable(connection, error);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;
/** The server says the same of a place where no event begins and of a read that it failed at. */
export const TRIES_AT_NO_PLACE = 3;

const unreadable = ({ server }: Connection, error: unknown) =>
  new Unavailable(`the event store at ${server} could not be read: ${messageOf(error)}`, "no", { cause: error });

function drained(reading: Reading, take: (event: ResolvedEvent) => boolean, idleMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const idle = setTimeout(() => leave(() => reject(new Silence(`no answer for ${idleMs} ms`))), idleMs);
    const settle = (end: () => void) => {
      clearTimeout(idle);
      reading.removeListener("data", data);
      end();
    };
    const leave = (end: () => void) => {
      settle(end);
      reading.cancel().catch(() => {});
    };
    const data = (event: ResolvedEvent) => {
      idle.refresh();
      try {
        if (!take(event)) leave(() => resolve(false));
      } catch (error) {
        leave(() => reject(error));
      }
    };
    reading.on("data", data);
    reading.on("end", () => settle(() => resolve(true)));
    // Stays for what a cancelled call may still say.
    reading.on("error", (error) => settle(() => reject(error)));
  });
}
