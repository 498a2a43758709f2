// Members at an instant and access intervals agree with a look at every single position, for histories with nested groups,
// cycles, re-adds, deaths and clocks that go back.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { z } from "zod";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import type { accessRow } from "../../src/audit/questions/access.ts";
import type { memberRow } from "../../src/audit/questions/members.ts";
import { ask, questionNamed } from "./asking.ts";
import { history } from "./histories.ts";
import { type Picture, pictureAt, picturesOf, runsOf, waysTo } from "./oracle.ts";
import { stores } from "./stores.ts";
import type { World } from "./world.ts";

type Access = z.output<typeof accessRow>;
type MemberRow = z.output<typeof memberRow>;
const [accessOf, membersAt] = [questionNamed("access-of"), questionNamed("members-at")];

const timeAt = (world: World, position: string): string =>
  formatInstant(world.entries.find((entry) => entry.position === position)!.effectiveAt);

/** Why access of a user ends where it does, by what happened there and nothing else. */
function causeAt(world: World, position: string, user: string): string {
  const { fact } = world.entries.find((entry) => entry.position === position)!;
  const { type, data } = fact.event as { type: string; data: { members?: readonly string[] } };
  const causes: Readonly<Record<string, string>> = {
    UserDeactivated: "userDeactivated",
    UserDeleted: "userDeleted",
    GroupDeleted: "groupDeleted",
    GroupMembersRemoved: data.members?.includes(user) === true ? "removed" : "parentRemoved",
  };
  return causes[type] ?? `nothing ends by ${type}`;
}

const sorted = <T>(values: Iterable<T>): readonly T[] => [...values].sort();
const positions = ({ granted, ended }: Pick<Access, "granted" | "ended">) => [
  granted.position,
  ended?.position ?? null,
];

describe.each(stores)("members at an instant, from a store $store", ({ using, runs }) => {
  it("are those whom some path leads to, by exactly these paths", () =>
    fc.assert(
      fc.asyncProperty(history, fc.nat(), fc.nat(), async ({ world, users, groups }, place, which) => {
        const pictures = picturesOf(world);
        const instant = pictures[place % pictures.length]!.effectiveAt;
        const picture = pictureAt(pictures, instant)!;
        const group = groups[which % groups.length]!;
        if (instant < pictures.find(({ groups: known }) => known.has(group))!.effectiveAt) return;
        world.now += 10_000_000;
        const { rows, position } = await using(world, (sources) =>
          ask<MemberRow>(membersAt, { id: group, asOf: formatInstant(instant) }, sources),
        );
        expect(position).toBe(picture.position);
        const found = new Map(rows.map((row) => [row.member.id, row]));
        expect(found.size).toBe(rows.length);
        for (const member of [...users, ...groups]) {
          const ways = member === group ? [] : waysTo(picture, group, member);
          const row = found.get(member);
          expect(sorted(row?.paths.map((path) => path.groups.join()) ?? [])).toEqual(
            sorted(ways.map((way) => way.join())),
          );
          if (row === undefined) continue;
          expect(row.direct).toBe(ways.some(({ length }) => length === 1));
          expect(row.effective).toBe(groups.includes(member) || picture.enabled.has(member));
          expect(row.morePaths).toBe(0);
          for (const path of row.paths) {
            const stood = runsOf(pictures, (at) =>
              waysTo(at, group, member).some((way) => way.join() === path.groups.join()),
            );
            expect(stood.map(([begin]) => String(begin))).toContain(path.since.position);
            expect(stood.findLast(([begin]) => begin <= picture.position)![0]).toBe(path.since.position);
          }
        }
      }),
      runs,
    ));
});

describe.each(stores)("access intervals, from a store $store", ({ using, runs }) => {
  it("are the runs of positions in which some path led to the group", () =>
    fc.assert(
      fc.asyncProperty(history, async ({ world, users, groups }) => {
        const pictures = picturesOf(world);
        for (const user of users) {
          const { rows } = await using(world, (sources) => ask<Access>(accessOf, { id: user }, sources));
          for (const group of groups) {
            const expected = runsOf(pictures, (picture) => waysTo(picture, group, user).length > 0);
            expect(rows.filter(({ target }) => target === group).map(positions)).toEqual(expected);
          }
          const enabled = runsOf(pictures, ({ live, enabled: mask }) => live.has(user) && mask.has(user));
          expect(rows.filter(({ kind }) => kind === "account").map(positions)).toEqual(enabled);
        }
      }),
      runs,
    ));

  it("end for the cause that the event at their end is, and have effect while the account is enabled", () =>
    fc.assert(
      fc.asyncProperty(history, async ({ world, users, groups }) => {
        const pictures = picturesOf(world);
        for (const user of users) {
          const { rows } = await using(world, (sources) => ask<Access>(accessOf, { id: user }, sources));
          const enabled = ({ live, enabled: mask }: Picture) => live.has(user) && mask.has(user);
          for (const { kind, target, cause, granted, ended, effective, paths } of rows) {
            for (const told of [{ cause, ended }, ...paths])
              expect(told.cause).toBe(told.ended === null ? null : causeAt(world, told.ended.position, user));
            if (kind !== "group") continue;
            expect(groups).toContain(target);
            const expected = runsOf(
              pictures,
              (at) =>
                at.position >= granted.position &&
                (ended === null || at.position < ended.position) &&
                enabled(at) &&
                waysTo(at, target, user).length > 0,
            ).map(([from, to]) => [timeAt(world, from), to === null ? null : timeAt(world, to)]);
            expect(effective.map(({ from, to }) => [from, to])).toEqual(expected.filter(([from, to]) => from !== to));
          }
        }
      }),
      runs,
    ));

  it("list each path in the time in which all its steps stood", () =>
    fc.assert(
      fc.asyncProperty(history, async ({ world, users: [user], groups }) => {
        const pictures = picturesOf(world);
        const { rows } = await using(world, (sources) => ask<Access>(accessOf, { id: user! }, sources));
        const listed = new Map<string, (string | null)[][]>();
        for (const path of rows.flatMap(({ paths }) => paths))
          listed.set(path.groups.join(), [...(listed.get(path.groups.join()) ?? []), positions(path)]);
        const ways = new Set(
          pictures.flatMap((at) =>
            groups.flatMap((group) => waysTo(at, group, user!).map((way) => way.toReversed().join())),
          ),
        );
        expect(sorted(listed.keys())).toEqual(sorted(ways));
        for (const way of ways) {
          const down = way.split(",").reverse();
          const expected = runsOf(pictures, (at) =>
            waysTo(at, down[0]!, user!).some((one) => one.join() === down.join()),
          );
          expect(sorted(listed.get(way)!.map(String))).toEqual(sorted(expected.map(String)));
        }
      }),
      runs,
    ));

  it("in a window are those that hold at some position of it", () =>
    fc.assert(
      fc.asyncProperty(history, fc.nat(), fc.nat(), async ({ world, users: [user], groups }, a, b) => {
        const pictures = picturesOf(world);
        const times = [a, b].map((place) => pictures[place % pictures.length]!.effectiveAt).sort((x, y) => x - y);
        const [from, to] = [times[0]!, times[1]! + 1];
        world.now += 10_000_000;
        const window = { from: formatInstant(from), to: formatInstant(to) };
        const { rows } = await using(world, (sources) => ask<Access>(accessOf, { id: user!, ...window }, sources));
        const first = pictureAt(pictures, from)!.position;
        const last = pictureAt(pictures, to - 1)!.position;
        for (const group of groups) {
          const all = runsOf(pictures, (picture) => waysTo(picture, group, user!).length > 0);
          const within = all.filter(([begin, end]) => begin <= last && (end === null || end > first));
          expect(rows.filter(({ target }) => target === group).map(positions)).toEqual(within);
        }
      }),
      runs,
    ));
});
