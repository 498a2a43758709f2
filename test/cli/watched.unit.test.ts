// Replays that take long say how far they are.
import { expect, it } from "@jest/globals";
import { Radius } from "../../src/audit/effects/radius.ts";
import { differencesIn } from "../../src/audit/questions/diff.ts";
import { whatIf } from "../../src/audit/replay/what-if.ts";
import type { ProgressLine } from "../../src/cli/progress.ts";
import { statedAt, watched } from "../../src/cli/replay/watched.ts";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { sourcesOf } from "../audit/asking.ts";
import { TENANT, World } from "../audit/world.ts";

const USERS = 1_200;

/** More than a batch of everything. */
function largeWorld(): World {
  const world = new World();
  for (let index = 0; index < USERS; index += 1) world.user(`user ${index}`);
  return world;
}

const world = largeWorld();

function watching() {
  const said: [number, number][] = [];
  const progress = { at: (done: number, all: number) => said.push([done, all]) } as unknown as ProgressLine;
  return { said, progress, sources: watched(sourcesOf(world), progress) };
}

async function through(rows: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of rows) count += 1;
  return count;
}

it.each<[string, (sources: ReturnType<typeof watching>["sources"]) => Promise<unknown>]>([
  [
    "what somebody did",
    (sources) =>
      through(new Radius(sources, TENANT, world.position).rows({ after: positionOf(100), until: world.position }, {})),
  ],
  ["the world without some events", (sources) => whatIf(sources, TENANT, world.position, () => false)],
  [
    "differences",
    (sources) => through(differencesIn(sources, TENANT, { after: positionOf(100), until: world.position }, undefined)),
  ],
])("%s: from the start of the stretch towards its end", async (_, replay) => {
  const { said, sources } = watching();
  await replay(sources);
  expect(said.length).toBeGreaterThan(2);
  expect(said[0]).toEqual([0, said[0]![1]]);
  expect(said.map(([done]) => done)).toEqual(said.map(([done]) => done).toSorted((a, b) => a - b));
  for (const [done, all] of said) expect(done).toBeLessThanOrEqual(all);
});

it("a tenant's state: each resource of all", async () => {
  const { said, sources, progress } = watching();
  const types = { sources: { ...sources, types: sourcesOf(world).types } };
  expect(await through(statedAt(types, TENANT, world.position, progress))).toBe(USERS);
  expect(said.at(-1)).toEqual([USERS, USERS]);
});
