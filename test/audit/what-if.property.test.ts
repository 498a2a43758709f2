// The world without some events: with nothing left out, it is this one; with all of a history left out, everything that is held
// was gained by it; and what it says of this world is what the read models say.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Happened } from "../../src/audit/effects/happened.ts";
import { Holdings } from "../../src/audit/holdings/holdings.ts";
import { holdsAt } from "../../src/audit/holdings/intervals.ts";
import { reachOf } from "../../src/audit/holdings/reach.ts";
import { whatIf } from "../../src/audit/replay/what-if.ts";
import type { Sources } from "../../src/audit/sources.ts";
import { ordinalOf, type Position, positionOf } from "../../src/eventlog/event-log.ts";
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

/** All that these hold at a position, by whatever way. */
async function heldIn(sources: Sources, position: Position, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const holdings = new Holdings(sources.store, TENANT, position);
  const all = new Set<string>();
  for (const id of ids) {
    const held = (await holdings.read(id)).filter((one) => holdsAt(one, position));
    for (const one of held) if (one.kind !== "group") all.add(text(one));
    for (const [target, spans] of (await reachOf(id, holdings)).groups)
      if (target !== id && spans.some((span) => holdsAt(span, position)))
        all.add(text({ kind: "group", subject: id, target }));
  }
  return all;
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
          [world.position, before].map((position) => heldIn(sources, position, [...users, ...groups])),
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

  it("keeps memberships that the service ended for a deletion that never was, also those reached through others", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const [inner, middle, outer] = [world.group("inner", ada), world.group("middle"), world.group("outer", grace)];
    world.add(middle, inner, grace);
    world.add(outer, middle);
    const service = world.actor;
    const byEvil = (act: () => void) => {
      world.actor = { ...service, credential: "evil" };
      act();
      world.actor = service;
    };
    byEvil(() => world.delete(ada, false));
    world.endMemberships(ada);
    byEvil(() => world.delete(middle, false));
    world.endMemberships(middle);
    world.delete(grace);
    const skips = ({ activity }: Happened) => activity.actor === "evil";
    const { gained, lost, skipped } = await whatIf(sourcesOf(world), TENANT, world.position, skips);
    expect([gained, skipped]).toEqual([[], 2]);
    expect(lost.map(text).sort()).toEqual(
      [
        { kind: "account", subject: ada, target: ada },
        { kind: "group", subject: ada, target: inner },
        { kind: "group", subject: inner, target: middle },
        { kind: "group", subject: middle, target: outer },
        { kind: "group", subject: ada, target: middle },
        { kind: "group", subject: ada, target: outer },
        { kind: "group", subject: inner, target: outer },
      ]
        .map(text)
        .sort(),
    );
  });

  it("gives back all that a deletion took, whoever wrote down what followed from it", () =>
    fc.assert(
      fc.asyncProperty(history, fc.nat(), async ({ world, users, groups }, index) => {
        const all = [...users, ...groups];
        const dead = all[index % all.length]!;
        fc.pre(world.isLive(dead));
        const sources = sourcesOf(world);
        const before = await heldIn(sources, world.position, all);
        world.requestId = "deletion";
        world.delete(dead, false);
        world.requestId = "follow-up";
        world.endMemberships(dead);
        const skips = ({ activity }: Happened) => activity.requestId === "deletion";
        const { gained, lost } = await whatIf(sources, TENANT, world.position, skips);
        expect(gained).toEqual([]);
        // Of a group that is reached in both worlds, directly in one alone, the list says that too.
        const now = await heldIn(sources, world.position, all);
        expect(new Set(lost.map(text)).difference(now)).toEqual(before.difference(now));
      }),
      { numRuns: 100 },
    ));
});
