import { expect, it } from "@jest/globals";
import { type Position, positionOf, type RecordedEvent } from "../../src/eventlog/event-log.ts";
import { type OnProjected, projectWhile } from "../../src/nodes/projecting.ts";

const event = (place: number): RecordedEvent => ({
  id: `event-${place}`,
  type: "UserDeleted",
  envelope: "{}",
  ciphertext: null,
  stream: "scim.user-acme:x",
  revision: place,
  position: positionOf(place),
});

/** A log of events with gaps between their positions, which ends the signal when all were handed out and projected. */
function logOf(places: readonly number[], abort: AbortController) {
  return {
    async *subscribe(after: Position, signal: AbortSignal) {
      for (const place of places) {
        if (signal.aborted) return;
        if (positionOf(place) > after) yield [event(place)];
      }
      abort.abort();
    },
  };
}

class Over extends Error {}

/** Read models that fail at some of the events: before they store them, or after. */
function viewsOf(failures: Map<number, "before" | "after">) {
  let stored = positionOf(0);
  const projected: number[] = [];
  const opened: Position[] = [];
  const open = async (onProjected: OnProjected) => {
    opened.push(stored);
    const failed = new AbortController();
    const fail = (message: string) => failed.abort(new Error(message));
    return {
      get position() {
        return stored;
      },
      failed: failed.signal,
      // The failure is met later: by the next one who asks, or by nobody but the signal.
      async take(events: readonly RecordedEvent[]) {
        failed.signal.throwIfAborted();
        const [{ revision: place }] = events as [RecordedEvent];
        const failure = failures.get(place);
        failures.delete(place);
        if (failure === "before") return fail("not stored");
        stored = positionOf(place);
        projected.push(place);
        if (failure === "after") return fail("stored, and nobody heard");
        onProjected(stored, events);
      },
      async settled() {
        failed.signal.throwIfAborted();
      },
    };
  };
  return { open, projected, opened };
}

async function run(failures: readonly (readonly [number, "before" | "after"])[]) {
  const abort = new AbortController();
  const views = viewsOf(new Map(failures));
  const told: number[] = [];
  let [takenUp, failed] = [0, 0];
  await projectWhile({
    log: logOf([3, 7, 20], abort),
    open: views.open,
    signal: abort.signal,
    onProjected: (_, events) => told.push(...events.map(({ revision }) => revision)),
    onTakenUp: () => {
      takenUp += 1;
    },
    onFailure: () => {
      failed += 1;
    },
    isOver: (error) => error instanceof Over,
  });
  return { ...views, told, takenUp, failed };
}

it("projects what the log has, once and in order, and tells of each batch", async () => {
  expect(await run([])).toMatchObject({ projected: [3, 7, 20], told: [3, 7, 20], takenUp: 0, failed: 0 });
});

it("takes the read models up where they are after a failure, whether the batch was stored or not", async () => {
  const outcome = await run([
    [3, "before"],
    [7, "after"],
  ]);
  expect(outcome.projected).toEqual([3, 7, 20]);
  expect(outcome.opened).toEqual([positionOf(0), positionOf(0), positionOf(7)]);
  expect(outcome.failed).toBe(2);
});

it("says that it took them up again, as a batch that was stored unheard is told to nobody", async () => {
  const outcome = await run([[7, "after"]]);
  expect(outcome.told).toEqual([3, 20]);
  expect(outcome.takenUp).toBe(1);
});

it("ends where others write the read models: those that serve cannot be opened", async () => {
  const abort = new AbortController();
  const projecting = projectWhile({
    log: logOf([3], abort),
    open: async () => {
      throw new Over();
    },
    signal: abort.signal,
    onProjected: () => undefined,
    onFailure: () => undefined,
    isOver: (error) => error instanceof Over,
  });
  await expect(projecting).rejects.toThrow(Over);
});
