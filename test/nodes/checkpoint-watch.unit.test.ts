import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { type Position, positionOf, Unavailable } from "../../src/eventlog/event-log.ts";
import { Visibility } from "../../src/eventlog/visibility.ts";
import { watchCheckpoint } from "../../src/nodes/checkpoint-watch.ts";

const at = positionOf;
const every = { first: 1, most: 4, idle: 60_000 };

let abort: AbortController;
let watching: Promise<void> | undefined;
beforeEach(() => {
  abort = new AbortController();
});
afterEach(async () => {
  abort.abort();
  await watching;
});

const watch = (visibility: Visibility, position: () => Promise<Position>, onFailure?: () => void) => {
  const idle = onFailure === undefined ? every : { ...every, idle: 1 };
  const { signal } = abort;
  watching = watchCheckpoint({ visibility, position, signal, every: idle, ...(onFailure ? { onFailure } : {}) });
};

it("looks at once when somebody begins to wait, however long it would have rested", async () => {
  const visibility = new Visibility(at(0), 5_000);
  let checkpoint = at(0);
  watch(visibility, async () => checkpoint);
  await new Promise((resolve) => setTimeout(resolve, 20));
  checkpoint = at(7);
  await visibility.reached(at(5));
  expect(visibility.position).toBe(at(7));
});

it("goes on looking until what somebody waits for is there, and then rests", async () => {
  const visibility = new Visibility(at(0), 5_000);
  let looks = 0;
  watch(visibility, async () => at(++looks));
  await visibility.reached(at(9));
  const then = looks;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(looks - then).toBeLessThanOrEqual(1);
});

it("never goes back, where a look comes late", async () => {
  const visibility = new Visibility(at(0), 5_000);
  const answers = [at(3), at(2), at(9)];
  watch(visibility, async () => answers.shift() ?? at(9));
  await visibility.reached(at(3));
  await visibility.reached(at(9));
  expect(visibility.position).toBe(at(9));
});

it("refuses what is new while the read models cannot be reached, and takes it again once they are", async () => {
  const visibility = new Visibility(at(0), 5_000);
  let isDown = true;
  const failed = Promise.withResolvers<void>();
  watch(
    visibility,
    async () => {
      if (isDown) throw new Error("no primary");
      return at(1);
    },
    failed.resolve,
  );
  await failed.promise;
  expect(() => visibility.admit()).toThrow(Unavailable);
  isDown = false;
  await visibility.reached(at(1));
  expect(() => visibility.admit()).not.toThrow();
});

it("looks seldom where the projector of this node tells how far they are, and as before once it does no more", async () => {
  const visibility = new Visibility(at(0), 5_000);
  let [looks, isTold] = [0, true];
  const { signal } = abort;
  const position = async () => {
    looks += 1;
    return at(isTold ? 0 : 5);
  };
  watching = watchCheckpoint({ visibility, position, signal, isTold: () => isTold, every: { ...every, idle: 30 } });
  const reached = visibility.reached(at(5));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(looks).toBeLessThanOrEqual(1);
  isTold = false;
  await reached;
});
