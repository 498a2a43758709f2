// The world without some events: with nothing left out, it is this one; with all of a history left out, everything that is held
// was gained by it; and what it says of this world is what the read models say.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Holdings } from "../../src/audit/holdings.ts";
import { holdsAt } from "../../src/audit/intervals.ts";
import { whatIf } from "../../src/audit/what-if.ts";
import { sourcesOf } from "./asking.ts";
import { history } from "./histories.ts";
import { TENANT } from "./world.ts";

const text = (held: { kind: string; subject: string; target: string }) => `${held.kind} ${held.subject} ${held.target}`;

describe("what-if", () => {
  it("leaves the world as it is where nothing is left out", () =>
    fc.assert(
      fc.asyncProperty(history, async ({ world }) => {
        const delta = await whatIf(sourcesOf(world), TENANT, world.position, () => false);
        expect(delta).toEqual({ gained: [], lost: [], skipped: 0 });
      }),
      { numRuns: 50 },
    ));

  it("agrees with the read models on what is held, where all is left out", () =>
    fc.assert(
      fc.asyncProperty(history, async ({ world, users, groups }) => {
        const sources = sourcesOf(world);
        const delta = await whatIf(sources, TENANT, world.position, () => true);
        const holdings = new Holdings(sources.store, TENANT, world.position);
        const held = (await Promise.all([...users, ...groups].map((id) => holdings.read(id)))).flat();
        const now = held.filter((one) => holdsAt(one, world.position));
        expect(delta.gained.map(text).sort()).toEqual(now.map(text).sort());
        expect(delta.lost).toEqual([]);
      }),
      { numRuns: 50 },
    ));
});
