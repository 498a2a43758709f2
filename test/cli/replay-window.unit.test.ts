// The window of a replay: both of its ends are taken in, and a window in which no event can lie is a mistake.
import { describe, expect, it } from "@jest/globals";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import { comparedOf, stretchOf } from "../../src/cli/replay/given.ts";
import type { Replay } from "../../src/cli/replay/open.ts";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { sourcesOf } from "../audit/asking.ts";
import { World } from "../audit/world.ts";

const world = new World();
for (const name of ["ada", "grace", "alan", "barbara", "edsger"]) world.user(name);
const replay = { sources: sourcesOf(world), through: world.position } as unknown as Replay;
const between = (look: typeof stretchOf) => async (from?: string, to?: string) => {
  const ends = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const { after, until } = await look({ replay, options: { tenant: "acme", baseUrl: "", hash: true, ...ends } });
  return [Number(after), Number(until)];
};
const stretch = between(stretchOf);
const compared = between(comparedOf);
/** The instant of an event, or one so much later. */
const instant = (position: number, later = 0) => formatInstant(world.entries[position - 1]!.effectiveAt + later);

describe("the window of a replay", () => {
  it.each<[string | undefined, string | undefined, readonly [number, number]]>([
    [undefined, undefined, [0, 5]],
    ["2", "4", [1, 4]],
    ["4", "4", [3, 4]],
    ["4", undefined, [3, 5]],
    [undefined, "2", [0, 2]],
    [instant(2), instant(4), [1, 4]],
    [instant(3), instant(3), [2, 3]],
    [instant(3, 1), instant(3, 2), [3, 3]],
    [instant(5), undefined, [4, 5]],
    ["3", instant(3), [2, 3]],
  ])("from %s to %s", async (from, to, expected) => {
    expect(await stretch(from, to)).toEqual(expected);
  });

  it.each([
    ["5", "4"],
    ["5", "3"],
    [instant(4), instant(3)],
    [instant(3, 2), instant(3, 1)],
    [instant(3, 1), instant(3, 1)],
    ["4", instant(3)],
    [instant(4), positionOf(3)],
  ])("is refused from %s to %s", async (from, to) => {
    await expect(stretch(from, to)).rejects.toThrow("--from must lie before --to");
  });
});

describe("the places that a replay compares", () => {
  it.each<[string, string | undefined, readonly [number, number]]>([
    ["2", "4", [2, 4]],
    ["4", undefined, [4, 5]],
    ["5", undefined, [5, 5]],
    [instant(2), instant(4), [2, 4]],
    [instant(3, 1), instant(3, 2), [3, 3]],
    [instant(3, 1), instant(3, 1), [3, 3]],
    ["3", instant(3, 1), [3, 3]],
    [instant(3, 1), "3", [3, 3]],
  ])("%s and %s", async (from, to, expected) => {
    expect(await compared(from, to)).toEqual(expected);
  });

  it.each([
    ["5", "4"],
    [instant(4), instant(3)],
    [instant(3, 2), instant(3, 1)],
    ["4", instant(3)],
    [instant(4), "3"],
  ])("are refused from %s to %s", async (from, to) => {
    await expect(compared(from, to)).rejects.toThrow("--from must not lie after --to");
  });
});
