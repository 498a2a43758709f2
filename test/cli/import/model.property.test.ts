// Whatever the directories, and whatever happens on the way: the target ends as it should, nobody is there twice, and a
// second run changes nothing.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { MATCH_MODES } from "../../../src/cli/import/core/match.ts";
import type { HttpRequest } from "../../../src/cli/scim-client/send.ts";
import {
  type DirectoryPlan,
  directoryPlan,
  expectedOf,
  fatesOfGroups,
  fatesOfUsers,
  fill,
  pictureOf,
} from "./directories.ts";
import { answerOf, FakeServer } from "./fake-server.ts";
import { countsOf, Killed, newState, pass, type World } from "./passes.ts";

const RUNS = 150;

const worldOf = (from: DirectoryPlan, to: DirectoryPlan): World => ({
  source: fill(new FakeServer({ prefix: "s-" }), from, true),
  target: fill(new FakeServer({ prefix: "t-" }), to, false),
});

/** What happens to a request: the last three after it was carried out. */
const FAULTS = ["none", "429", "refused connection", "503 before", "503 after", "answer lost", "500 after"] as const;
type Fault = (typeof FAULTS)[number];

const faults = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constant<Fault>("none") }, fc.constantFrom(...FAULTS)), {
  maxLength: 80,
});

/** The faults befall the first requests, in their order; what comes after succeeds. */
function befall(server: FakeServer, list: readonly Fault[]): void {
  const faultOf = (count: number): Fault => list[count - 1] ?? "none";
  const original = server.send;
  server.options = {
    ...server.options,
    before: (_request, count) => {
      const fault = faultOf(count);
      if (fault === "429") return answerOf(429, undefined, { "retry-after": "2" });
      if (fault === "503 before") return answerOf(503);
      if (fault === "refused connection") throw new TypeError("fetch failed");
      return undefined;
    },
  };
  (server as { send: FakeServer["send"] }).send = async (request: HttpRequest) => {
    const answering = original(request);
    const fault = faultOf(server.asked.length);
    const answer = await answering;
    if (fault === "answer lost") throw new TypeError("fetch failed");
    if (fault === "503 after" || fault === "500 after") return answerOf(Number(fault.slice(0, 3)));
    return answer;
  };
}

describe("an import", () => {
  it("makes the target what the source and the target come to together, and a second run changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(directoryPlan, directoryPlan, async (from, to) => {
        const world = worldOf(from, to);
        const state = newState();
        const first = await pass(world, state);
        expect(pictureOf(world.target)).toEqual(expectedOf(from, to));
        const created = (fates: readonly unknown[]) => fates.filter((fate) => fate === "created").length;
        expect([first.users.created, first.groups.created]).toEqual([
          created(fatesOfUsers(from, to)),
          created(fatesOfGroups(from, to)),
        ]);
        for (const again of [state, newState()]) {
          const writes = world.target.writes;
          const second = await pass(world, again);
          expect([second.users.created, second.users.changed, second.groups.created, second.groups.changed]).toEqual([
            0, 0, 0, 0,
          ]);
          expect(world.target.writes).toBe(writes);
        }
      }),
      { numRuns: RUNS },
    );
  });

  const manners = fc.record({ mode: fc.constantFrom(...MATCH_MODES), exact: fc.boolean() });

  it("says in a dry run what the import then does, and writes nothing; both in every mode", async () => {
    await fc.assert(
      fc.asyncProperty(directoryPlan, directoryPlan, manners, async (from, to, manner) => {
        const world = worldOf(from, to);
        const before = pictureOf(world.target);
        const dry = await pass(world, newState(), { ...manner, dryRun: true });
        expect(pictureOf(world.target)).toEqual(before);
        expect(world.target.writes).toBe(0);
        expect(countsOf(await pass(world, newState(), manner))).toEqual(countsOf(dry));
      }),
      { numRuns: RUNS },
    );
  });

  it("changes nothing more in a second run, in every mode, with the state and without", async () => {
    await fc.assert(
      fc.asyncProperty(directoryPlan, directoryPlan, manners, async (from, to, manner) => {
        const world = worldOf(from, to);
        const state = newState();
        const first = await pass(world, state, manner);
        const users = world.target.users.size;
        for (const again of [state, newState()]) {
          const writes = world.target.writes;
          const { users: counts } = await pass(world, again, manner);
          expect([counts.created, world.target.writes - writes, world.target.users.size]).toEqual([0, 0, users]);
          expect(counts.skipped).toBe(first.users.skipped);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it("ends the same, and counts the same, whatever faults befall either server", async () => {
    await fc.assert(
      fc.asyncProperty(directoryPlan, directoryPlan, faults, faults, async (from, to, ofSource, ofTarget) => {
        const calm = worldOf(from, to);
        const counts = countsOf(await pass(calm, newState()));
        const world = worldOf(from, to);
        befall(world.source, ofSource);
        befall(world.target, ofTarget);
        expect(countsOf(await pass(world, newState(), { patience: 3_600_000 }))).toEqual(counts);
        expect(pictureOf(world.target)).toEqual(expectedOf(from, to));
      }),
      { numRuns: RUNS },
    );
  });

  it("goes on after it was killed at any request, before or after that was carried out", async () => {
    const kills = fc.array(fc.record({ after: fc.nat({ max: 25 }), carriedOut: fc.boolean() }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(directoryPlan, directoryPlan, kills, async (from, to, list) => {
        const world = worldOf(from, to);
        const state = newState();
        for (const { after, carriedOut } of list) await killedPass(world, state, after, carriedOut);
        await pass(world, state);
        expect(pictureOf(world.target)).toEqual(expectedOf(from, to));
        const second = await pass(world, state);
        expect([second.users.created, second.users.changed, second.groups.created, second.groups.changed]).toEqual([
          0, 0, 0, 0,
        ]);
      }),
      { numRuns: RUNS },
    );
  });
});

/** Runs until this many requests reached the target, and dies there. */
async function killedPass(world: World, state: ReturnType<typeof newState>, after: number, carriedOut: boolean) {
  const { target } = world;
  const { options } = target;
  const last = target.asked.length + after + 1;
  let isKilled = false;
  const die = (): never => {
    isKilled = true;
    throw new TypeError("fetch failed");
  };
  target.options = {
    ...options,
    before: (_request, count) => (count >= last && !carriedOut ? die() : undefined),
    loses: (_request, count) => (count >= last ? die() : false),
  };
  try {
    await pass(world, state, { isKilled: () => isKilled });
  } catch (error) {
    if (!(error instanceof Killed) && !isKilled) throw error;
  } finally {
    target.options = options;
  }
}
