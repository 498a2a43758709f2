// Follows streams whose names begin with one of some prefixes. The server picks them out, so that whoever wants a few streams is
// not sent the whole log; its checkpoints say how far it has looked where there is nothing to pick.
import { type AllStreamSubscription, ErrorType, START as FIRST, streamNameFilter } from "@eventstore/db-client";
import type { Position, RecordedEvent } from "../event-log.ts";
import { START } from "../event-log.ts";
import type { Connection } from "./connection.ts";
import { messageOf } from "./failure.ts";
import { Flow } from "./flow.ts";
import { Silence } from "./reading.ts";
import { type LogPosition, logPositionOf, recordedEvent } from "./stored-event.ts";

/** Events that the server looks at before it says how far it is. */
const SEARCHED = 1_024;

export interface PickingOptions {
  readonly prefixes: readonly string[];
  /** Whether a stream is ours. */
  readonly isOurs: (stream: string) => boolean;
  /** Events of one batch, at most. */
  readonly most: number;
  /** Silence after which the subscription is made anew, in case it is dead, ms. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** How far the server has looked and what it found was taken: another subscription goes on from here. */
export class Place {
  #at: LogPosition | undefined;

  constructor(after: Position) {
    this.#at = after === START ? undefined : logPositionOf(after);
  }

  get from(): LogPosition | typeof FIRST {
    return this.#at ?? FIRST;
  }

  reach(at: LogPosition): void {
    if (this.#at === undefined || at.commit > this.#at.commit) this.#at = at;
  }
}

/** Whether the server dropped a subscriber that fell behind: that is no trouble, it goes on from its place. */
export const isDrop = (error: unknown): boolean => (error as { readonly type?: unknown }).type === ErrorType.TIMEOUT;

/**
 * What comes after a place, from one subscription; moves the place on. Ends when the server says nothing for a while, and with
 * the signal. Throws what broke the subscription off; what came before is sound.
 */
export async function* picked(
  connection: Connection,
  place: Place,
  { prefixes, isOurs, most, idleMs, signal }: PickingOptions,
): AsyncGenerator<readonly RecordedEvent[], void> {
  const client = await connection.client();
  if (signal.aborted) return;
  let isConfirmed = false;
  const live: AllStreamSubscription = client.subscribeToAll({
    fromPosition: place.from,
    filter: streamNameFilter({
      prefixes: [...prefixes],
      maxSearchWindow: SEARCHED,
      checkpointReached: async (_, at) => {
        // Events before it may still wait in the client, and would be lost with the subscription.
        if (live.readableLength === 0) place.reach(at);
        flow.stir();
      },
    }),
  });
  const flow = new Flow<RecordedEvent>(Object.assign(live, { cancel: () => live.unsubscribe() }), {
    idleMs,
    most,
    item: ({ event }) => (event !== undefined && isOurs(event.streamId) ? recordedEvent(event) : undefined),
  });
  live.on("confirmation", () => {
    isConfirmed = true;
    flow.stir();
  });
  const stop = () => flow.stop();
  signal.addEventListener("abort", stop);
  try {
    for (let batch = await flow.next(); batch.length > 0; batch = await flow.next()) {
      place.reach(logPositionOf(batch.at(-1)!.position));
      yield batch;
    }
  } catch (error) {
    if (!(error instanceof Silence)) throw error;
    if (isConfirmed) return;
    connection.replace(client, messageOf(error));
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    flow.stop();
  }
}
