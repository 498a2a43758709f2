// The world without some events: with nothing left out, it is this one; with all of a history left out, everything that is held
// was gained by it; and what it says of this world is what the read models say.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Happened } from "../../src/audit/happened.ts";
import { Holdings } from "../../src/audit/holdings.ts";
import { holdsAt } from "../../src/audit/intervals.ts";
import { reachOf } from "../../src/audit/reach.ts";
import type { Sources } from "../../src/audit/sources.ts";
import { whatIf } from "../../src/audit/what-if.ts";
import { ordinalOf, positionOf } from "../../src/eventlog/event-log.ts";
import { sourcesOf } from "./asking.ts";
import { history } from "./histories.ts";
import { TENANT, World } from "./world.ts";

/** Groups that are reached through others alone, as the questions find them. */
async function reachedIn(sources: Sources, world: World, ids: readonly string[]): Promise<string[]> {
  const holdings = new Holdings(sources.store, TENANT, world.position);
  const found: string[] = [];
  for (const subject of ids) {
    const direct = (await holdings.groupsOf(subject)).filter((one) => holdsAt(one, world.position));
    for (const [target, spans] of (await reachOf(subject, holdings)).groups)
      if (
        target !== subject &&
        spans.some((span) => holdsAt(span, world.position)) &&
        !direct.some((one) => one.target === target)
      )
        found.push(text({ kind: "group", subject, target }));
  }
  return found;
}

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
        const direct = delta.gained.filter(({ through }) => through === undefined);
        expect(direct.map(text).sort()).toEqual(now.map(text).sort());
        expect(delta.lost).toEqual([]);
        const reached = delta.gained.filter(({ through }) => through !== undefined);
        expect(reached.map(text).sort()).toEqual((await reachedIn(sources, world, [...users, ...groups])).sort());
      }),
      { numRuns: 50 },
    ));

  it("says what the other world differs in, as if its events had never been written", () =>
    fc.assert(
      fc.asyncProperty(history, fc.nat(), async ({ world, users, groups }, after) => {
        const first = (after % (world.entries.length + 1)) + 1;
        const sources = sourcesOf(world);
        const skips = ({ activity }: Happened) => ordinalOf(activity.position) >= first;
        const delta = await whatIf(sources, TENANT, world.position, skips);
        const before = positionOf(first - 1);
        const [now, then] = await Promise.all(
          [world.position, before].map(async (position) => {
            const holdings = new Holdings(sources.store, TENANT, position);
            const all: string[] = [];
            for (const id of [...users, ...groups]) {
              const held = (await holdings.read(id)).filter((one) => holdsAt(one, position));
              for (const one of held) if (one.kind !== "group") all.push(text(one));
              for (const [target, spans] of (await reachOf(id, holdings)).groups)
                if (target !== id && spans.some((span) => holdsAt(span, position)))
                  all.push(text({ kind: "group", subject: id, target }));
            }
            return new Set(all);
          }),
        );
        // Of a group that is held in both worlds, directly in one alone, the list says that too.
        const isNew = (one: { kind: string; subject: string; target: string }, other: ReadonlySet<string>) =>
          !other.has(text(one));
        expect(new Set(delta.gained.filter((one) => isNew(one, then!)).map(text))).toEqual(now!.difference(then!));
        expect(new Set(delta.lost.filter((one) => isNew(one, now!)).map(text))).toEqual(then!.difference(now!));
      }),
      { numRuns: 100 },
    ));

  it("names a way to a group that is reached through others", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [inner, middle, outer] = [world.group("inner", ada), world.group("middle"), world.group("outer")];
    world.add(middle, inner);
    const { length } = world.entries;
    world.add(outer, middle);
    const skips = ({ activity }: Happened) => ordinalOf(activity.position) > length;
    const { gained, lost } = await whatIf(sourcesOf(world), TENANT, world.position, skips);
    expect(lost).toEqual([]);
    expect(gained).toEqual([
      { kind: "group", subject: middle, target: outer },
      { kind: "group", subject: inner, target: outer, through: [middle, outer] },
      { kind: "group", subject: ada, target: outer, through: [inner, middle, outer] },
    ]);
  });
});
