// Every question about what was so, and what changed, against a look at every single position: for histories with nested groups,
// cycles, renames, disabled accounts, deaths, others under the name of the dead, marks, asserted dates, and clocks that go back.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import type { Fact } from "../../src/domain/event.ts";
import type { UserEvent } from "../../src/domain/events.ts";
import { absentUser, evolve as evolveUser, type UserState } from "../../src/domain/user.ts";
import { type Position, START } from "../../src/eventlog/event-log.ts";
import type { Json } from "../../src/scim/json.ts";
import { ask, type Loose, nobodyIn, questionNamed, rowsUnless } from "./asking.ts";
import { dateAll, type FullHistory, fullHistory } from "./histories.ts";
import { membersOf, type Picture, pictureAt, picturesOf, runsOf, waysTo } from "./oracle.ts";
import { stores } from "./stores.ts";
import { TENANT, type World } from "./world.ts";

type Run = readonly [Position, Position | null];

const names = (values: Iterable<unknown>): readonly string[] => [...values].map(String).sort();
const spanOf = ({ granted, ended }: Loose) => [
  String(granted!["position"]),
  ended === null ? null : String(ended!["position"]),
];
const inWindow = ([begin, end]: Run, first: Position, last: Position) => begin <= last && (end === null || end > first);
const timeAt = (world: World, position: Position): number =>
  world.entries.find((entry) => entry.position === position)!.effectiveAt;

/** Two instants of a history, in order, and the positions that they come to. */
function windowOf(pictures: readonly Picture[], a: number, b: number) {
  const [x, y] = [a, b].map((place) => pictures[place % pictures.length]!.effectiveAt).sort((one, two) => one - two);
  const [from, to] = [x!, y! + 1];
  return {
    given: { from: formatInstant(from), to: formatInstant(to) },
    ...{ from, to, first: pictureAt(pictures, from)!.position, last: pictureAt(pictures, to - 1)!.position },
    /** After which events lie in the window. */
    before: pictureAt(pictures, from - 1)?.position ?? START,
  };
}

/** Users as they were at each position, by folding again. */
function userAt(world: World, user: string, position: Position): UserState {
  return world.entries
    .filter((entry) => entry.id === user && entry.position <= position)
    .reduce((state, { fact }) => evolveUser(state, fact as Fact<UserEvent>), absentUser);
}

/** Whether a mark stood: whether the last event about it made it. */
const markedAt =
  (world: World, of: "Group" | "Groups", isAbout: (data: Record<string, Json>) => boolean) =>
  ({ position: until }: Picture) =>
    world.entries
      .findLast(
        ({ fact: { event }, position }) =>
          position <= until &&
          event.type.startsWith(of) &&
          /arked(Privileged|Exclusive)$/.test(event.type) &&
          isAbout(event.data as Record<string, Json>),
      )
      ?.fact.event.type.startsWith(`${of}Marked`) === true;

const isPrivileged = (world: World, group: string) => markedAt(world, "Group", (data) => data["group"] === group);

const pictureOf = (pictures: readonly Picture[], position: Position): Picture =>
  pictures.find((one) => one.position === position)!;

/** Of the shortest ways that stand, whether they are direct, and since when the first of them stands. */
function nearestWay(pictures: readonly Picture[], picture: Picture, group: string, user: string) {
  const ways = waysTo(picture, group, user);
  const length = Math.min(...ways.map((way) => way.length));
  const [since] = ways
    .filter((way) => way.length === length)
    .map((way) => runsOf(pictures, (at) => waysTo(at, group, user).some((one) => one.join() === way.join())))
    .map((runs) => runs.findLast(([begin]) => begin <= picture.position)![0])
    .sort();
  return { direct: length === 1, since };
}

const holds = (group: string, user: string) => (picture: Picture) => waysTo(picture, group, user).length > 0;

describe.each(stores)("from a store $store", ({ using, runs }) => {
  const check = (body: (history: FullHistory, a: number, b: number) => Promise<void>) =>
    fc.assert(
      fc.asyncProperty(fullHistory, fc.nat(), fc.nat(), async (history, a, b) => {
        history.world.now = Math.max(history.world.now, history.world.entries.at(-1)!.effectiveAt) + 10_000_000;
        await body(history, a, b);
      }),
      runs,
    );
  const asking = async (world: World, id: string, parameters: Record<string, string> = {}) =>
    (await using(world, (sources) => ask<Loose>(questionNamed(id), parameters, sources))).rows;

  it("holders of a group are those with a run of membership in the window, and was-member says the same", () =>
    check(async ({ world, users, groups }, a, b) => {
      const pictures = picturesOf(world);
      const { given, first, last, from, to } = windowOf(pictures, a, b);
      const group = groups[a % groups.length]!;
      /** How long something was so within the window, by adding up the time after each event. */
      const seconds = (isSo: (picture: Picture) => boolean) =>
        pictures.reduce((sum, picture, index) => {
          const end = Math.min(to, pictures[index + 1]?.effectiveAt ?? to);
          return sum + (isSo(picture) ? Math.max(0, end - Math.max(from, picture.effectiveAt)) : 0);
        }, 0) / 1_000_000;
      const rows = new Map(
        (await asking(world, "holders-of", { id: group, ...given })).map((row) => [String(row["user"]!["id"]), row]),
      );
      for (const user of users) {
        const expected = runsOf(pictures, holds(group, user)).filter((run) => inWindow(run, first, last));
        const row = rows.get(user);
        expect((row?.["intervals"] as unknown as Loose[] | undefined)?.map(spanOf) ?? []).toEqual(expected);
        if (row === undefined) continue;
        const isEnabled = ({ live, enabled }: Picture) => live.has(user) && enabled.has(user);
        expect([row["heldSeconds"], row["effectiveSeconds"]]).toEqual([
          seconds(holds(group, user)),
          seconds((at) => holds(group, user)(at) && isEnabled(at)),
        ]);
        expect([row["first"], row["last"]]).toEqual([
          formatInstant(timeAt(world, expected[0]![0])),
          expected.at(-1)![1] === null ? null : formatInstant(timeAt(world, expected.at(-1)![1]!)),
        ]);
        const isDirect = (at: Picture) => waysTo(at, group, user).some((way) => way.length === 1);
        expect(row["direct"]).toBe(runsOf(pictures, isDirect).some((run) => inWindow(run, first, last)));
      }
      const user = users[b % users.length]!;
      const [row] = await asking(world, "was-member", { id: group, member: user, ...given });
      expect(row!["member"]).toBe(rows.has(user));
    }));

  it("grants of a membership are the ways, each with steps that stood all of its time", () =>
    check(async ({ world, users, groups }, a, b) => {
      const pictures = picturesOf(world);
      const [group, user] = [groups[a % groups.length]!, users[b % users.length]!];
      const rows = await asking(world, "who-granted", { id: group, member: user });
      const ways = new Set(pictures.flatMap((at) => waysTo(at, group, user).map((way) => way.toReversed().join())));
      const expected = [...ways].flatMap((way) =>
        runsOf(pictures, (at) => waysTo(at, group, user).some((one) => one.toReversed().join() === way)).map(
          ([from, to]) => `${way} ${timeAt(world, from)} ${to === null ? null : timeAt(world, to)}`,
        ),
      );
      const micros = (text: Loose) =>
        text === null ? null : Date.parse(String(text).slice(0, 23).concat("Z")) * 1_000;
      expect(
        names(rows.map((row) => `${String(row["groups"])} ${micros(row["from"]!)} ${micros(row["to"]!)}`)),
      ).toEqual(names(expected));
      for (const row of rows)
        for (const step of row["steps"] as unknown as Loose[])
          expect(String(step["from"]) <= String(row["from"])).toBe(true);
    }));

  it("overlaps are the runs in which both groups were held, that lasted", () =>
    check(async ({ world, users, groups }, a, b) => {
      const pictures = picturesOf(world);
      const [one, other] = [groups[a % groups.length]!, groups[b % groups.length]!];
      const rows = await asking(world, "overlaps", { group: one, with: other });
      const expected = users.flatMap((user) =>
        runsOf(pictures, (at) => holds(one, user)(at) && holds(other, user)(at)).flatMap(timed(world, user)),
      );
      expect(names(timesIn(rows))).toEqual(names(expected));
    }));

  it("overlaps of marked pairs are the runs within the time of a mark that the window sees", () =>
    check(async ({ world, users, groups }, a, b) => {
      const pictures = picturesOf(world);
      const { given, first, last } = windowOf(pictures, a, b);
      const rows = await asking(world, "overlaps", given);
      const expected = groups.flatMap((one) =>
        groups.flatMap((other) => {
          const isMarked = markedAt(
            world,
            "Groups",
            (data) => names(data["groups"] as string[]).join() === `${one},${other}`,
          );
          return users.flatMap((user) =>
            runsOf(pictures, (at) => isMarked(at) && holds(one, user)(at) && holds(other, user)(at))
              .filter((run) => inWindow(run, first, last))
              .flatMap(timed(world, user)),
          );
        }),
      );
      expect(names(timesIn(rows))).toEqual(names(expected));
    }));

  it("disabled accounts with access, and members of privileged groups, are those that a look finds", () =>
    check(async ({ world, users, groups }, a) => {
      const pictures = picturesOf(world);
      const instant = pictures[a % pictures.length]!.effectiveAt;
      const picture = pictureAt(pictures, instant)!;
      const asOf = formatInstant(instant);
      const reached = (user: string) =>
        groups.filter((group) => picture.live.has(group) && waysTo(picture, group, user).length > 0);
      const masked = users.filter(
        (user) => picture.live.has(user) && !picture.enabled.has(user) && reached(user).length > 0,
      );
      const rows = await asking(world, "disabled-access", { asOf });
      expect(
        names(
          rows.map(
            ({ user, held }) =>
              `${String(user!["id"])} ${names((held as unknown as Loose[]).map(({ target }) => target))}`,
          ),
        ),
      ).toEqual(names(masked.map((user) => `${user} ${names(reached(user))}`)));

      const marked = groups.filter((group) => isPrivileged(world, group)(picture));
      const expected = marked.flatMap((group) =>
        users
          .filter((user) => holds(group, user)(picture))
          .map((user) => {
            const { direct, since } = nearestWay(pictures, picture, group, user);
            return `${group} ${user} ${direct} ${picture.enabled.has(user)} ${since}`;
          }),
      );
      const found = await asking(world, "privileged", { asOf });
      expect(
        names(
          found.map(
            (row) =>
              `${String(row["group"]!["id"])} ${String(row["user"]!["id"])} ${String(row["direct"])} ${String(row["effective"])} ${String(row["evidence"]!["position"])}`,
          ),
        ),
      ).toEqual(names(expected));
    }));

  it("who came into privileged groups and left them is told as the ways were that began or ended there", () =>
    check(async ({ world, users, groups }, a, b) => {
      const pictures = picturesOf(world);
      const { given, before, last } = windowOf(pictures, a, b);
      const told = (is: string, group: string, user: string, place: Position, seen: Picture) => {
        const isAsked = place > before && place <= last && isPrivileged(world, group)(pictureOf(pictures, place));
        const { direct } = nearestWay(pictures, seen, group, user);
        return isAsked ? [`${group} ${user} ${is} ${direct} ${seen.enabled.has(user)} ${place}`] : [];
      };
      const expected = groups.flatMap((group) =>
        users.flatMap((user) =>
          runsOf(pictures, holds(group, user)).flatMap(([begin, end]) => [
            ...told("gained", group, user, begin, pictureOf(pictures, begin)),
            ...(end === null
              ? []
              : told("lost", group, user, end, pictures.findLast(({ position }) => position < end)!)),
          ]),
        ),
      );
      const rows = await asking(world, "privileged", given);
      const found = rows.map(
        (row) =>
          `${String(row["group"]!["id"])} ${String(row["user"]!["id"])} ${String(row["is"])} ${String(row["direct"])} ${String(row["effective"])} ${String(row["evidence"]!["position"])}`,
      );
      expect(names(found)).toEqual(names(expected));
    }));

  it("a difference is what two looks differ in; what changed and changed back is told apart", () =>
    check(async ({ world, users, groups }, a, b) => {
      const pictures = picturesOf(world);
      const { from, to, first } = windowOf(pictures, a, b);
      const last = pictureAt(pictures, to)!.position;
      const rows = await asking(world, "diff", { from: formatInstant(from), to: formatInstant(to) });
      const [one, two] = [first, last].map((position) => lookAt(world, pictures, users, groups, position));
      const expected = [...new Set([...one!.keys(), ...two!.keys()])].flatMap((name) => {
        const [before, after] = [one!.get(name), two!.get(name)];
        if (JSON.stringify(before) === JSON.stringify(after)) return [];
        const [id, path] = name.split(" ");
        // Of what came or went as a whole, life says all; what came is told with its attributes and members.
        const isGone = one!.has(`${id} life`) && !two!.has(`${id} life`);
        if (path !== "life" && isGone) return [];
        const kind =
          path === "life"
            ? after === undefined
              ? "deleted"
              : "created"
            : before === undefined
              ? "added"
              : after === undefined
                ? "removed"
                : "changed";
        return [`${name} ${kind}`];
      });
      const found = rows
        .filter(({ kind }) => String(kind) !== "reverted")
        .map(
          ({ resource, path, member, kind }) =>
            `${String(resource!["id"])} ${path === undefined ? "life" : String(path)}${member === undefined ? "" : ` ${String(member)}`} ${String(kind)}`,
        );
      expect(names(found)).toEqual(names(expected));
      for (const { resource, path, member } of rows.filter(({ kind }) => String(kind) === "reverted")) {
        const name = `${String(resource!["id"])} ${path === undefined ? "life" : String(path)}${member === undefined ? "" : ` ${String(member)}`}`;
        expect(JSON.stringify(one!.get(name))).toBe(JSON.stringify(two!.get(name)));
      }
    }));

  it("a difference of one user or group is what two looks at it differ in, memberships of the user with it", () =>
    check(async ({ world, users, groups }, a, b) => {
      // A group is told of the dead by what the service writes down behind a deletion, at the latest at its next start.
      for (const id of [...users, ...groups]) if (!world.isLive(id)) world.endMemberships(id);
      world.now = Math.max(world.now, world.entries.at(-1)!.effectiveAt + 1_000_000);
      const pictures = picturesOf(world);
      const { from, to, first } = windowOf(pictures, a, b);
      const last = pictureAt(pictures, to)!.position;
      const all = [...users, ...groups];
      const id = all[(a + b) % all.length]!;
      const isUser = users.includes(id);
      if (world.entries.find((entry) => entry.id === id)!.effectiveAt > to) return;
      const rows = await asking(world, "diff", {
        ...{ from: formatInstant(from), to: formatInstant(to) },
        ...{ type: isUser ? "users" : "groups", id },
      });
      const lookAtIt = (position: Position) => {
        const seen = [...lookAt(world, pictures, users, groups, position)];
        return new Map(seen.filter(([name]) => name.startsWith(id) || name.endsWith(` members ${id}`)));
      };
      const [one, two] = [lookAtIt(first), lookAtIt(last)];
      const isGone = one.has(`${id} life`) && !two.has(`${id} life`);
      const expected = [...new Set([...one.keys(), ...two.keys()])].flatMap((name) => {
        const [before, after] = [one.get(name), two.get(name)];
        if (JSON.stringify(before) === JSON.stringify(after)) return [];
        if (name === `${id} life`) return [`${name} ${after === undefined ? "deleted" : "created"}`];
        if (isGone && name.startsWith(id)) return [];
        return [`${name} ${before === undefined ? "added" : after === undefined ? "removed" : "changed"}`];
      });
      const found = rows
        .filter(({ kind }) => String(kind) !== "reverted")
        .map(
          ({ resource, path, member, kind }) =>
            `${String(resource!["id"])} ${path === undefined ? "life" : String(path)}${member === undefined ? "" : ` ${String(member)}`} ${String(kind)}`,
        );
      expect(names(found)).toEqual(names(expected));
    }));

  it("blame names the last event that wrote each value that stands", () =>
    check(async ({ world, users }, a, b) => {
      const pictures = picturesOf(world);
      const instant = pictures[a % pictures.length]!.effectiveAt;
      const user = users[b % users.length]!;
      const place = pictureAt(pictures, instant)!.position;
      if (world.entries.find(({ id }) => id === user)!.position > place) return;
      const rows = await asking(world, "blame", { type: "users", id: user, asOf: formatInstant(instant) });
      const own = world.entries.filter(
        ({ id, position, fact }) => id === user && position <= place && fact.event.type !== "UserDeleted",
      );
      const { attributes } = userAt(world, user, own.at(-1)!.position);
      expect(Object.fromEntries(rows.map(({ path, value }) => [String(path), value]))).toEqual(attributes);
      for (const { path, written } of rows) {
        const value = (position: Position) => JSON.stringify(userAt(world, user, position).attributes[String(path)]);
        const writer = own.findLast(
          ({ position }, index) => index === 0 || value(position) !== value(own[index - 1]!.position),
        );
        const last = own.findLast(({ position }, index) =>
          index === 0 ? true : value(position) !== value(own[index - 1]!.position),
        );
        expect([path, written!["position"]]).toEqual([path, (writer ?? last)!.position]);
      }
    }));

  it("leavers are those enabled after their last asserted date, by what was known, with all that they still reach", () =>
    check(async ({ world, users, groups, assertions: own }, a, b) => {
      const everybody = b % 2 === 0 ? dateAll(world, users, "leaves", world.entries[0]!.effectiveAt) : [];
      const assertions = [...own, ...everybody];
      const pictures = picturesOf(world);
      const asOf = pictures[a % pictures.length]!.effectiveAt;
      const knownAt = pictures[everybody.length > 0 ? pictures.length - 1 : b % pictures.length]!.effectiveAt;
      const known = pictureAt(pictures, knownAt)!.position;
      const place = [pictureAt(pictures, asOf)!.position, known].sort()[0]!;
      const rows = await asking(world, "leavers", {
        asOf: formatInstant(asOf),
        knownAt: formatInstant(knownAt),
        hours: "0",
      });
      const expected = users.filter((user) => {
        const said = (kind: "joins" | "leaves") =>
          assertions.findLast((one) => one.user === user && one.kind === kind && one.position <= known)?.at ??
          undefined;
        const [joins, leaves] = [said("joins"), said("leaves")];
        if (leaves === undefined || leaves > asOf || (joins !== undefined && joins > leaves && joins <= asOf))
          return false;
        const enabled = runsOf(
          pictures.filter(({ position }) => position <= place),
          ({ live, enabled: mask }) => live.has(user) && mask.has(user),
        );
        return enabled.some(
          ([begin, end]) => timeAt(world, begin) <= asOf && (end === null ? asOf : timeAt(world, end)) > leaves,
        );
      });
      expect(names(rows.map(({ user }) => user!["id"]))).toEqual(names(expected));
      const picture = pictureOf(pictures, place!);
      for (const { user, remained } of rows) {
        const held = (remained as unknown as Loose[]).filter(({ kind }) => String(kind) === "group");
        expect(names(held.map(({ target }) => target))).toEqual(
          names(groups.filter((group) => holds(group, String(user!["id"]))(picture))),
        );
      }
    }));

  it("what a credential did is its events; what it gained is in force while that very membership stands", () =>
    check(async ({ world, users, groups }, a, b) => {
      const pictures = picturesOf(world);
      const { given, before, last } = windowOf(pictures, a, b);
      const own = world.entries.filter(
        ({ position, recorded, type }) =>
          position > before &&
          position <= last &&
          type !== "assertion" &&
          recorded.envelope.includes('"actor":"cred-2"'),
      );
      const nobody = nobodyIn(world, "cred-2");
      const actions = await using(world, (sources) =>
        rowsUnless(nobody, ask<Loose>(questionNamed("actor-activity"), { id: "cred-2", ...given }, sources)),
      );
      expect(actions.map(({ position }) => position)).toEqual(own.map(({ position }) => position));
      const rows = await using(world, (sources) =>
        rowsUnless(nobody, ask<Loose>(questionNamed("blast-radius"), { actor: "cred-2", ...given }, sources)),
      );
      const places = new Set(own.map(({ position }) => position));
      const gained = groups.flatMap((group) =>
        [...users, ...groups].flatMap((member) => {
          const direct = runsOf(pictures, (at) => at.groups.get(group)?.members.has(member) === true);
          const stood = (at: Picture) =>
            at.live.has(group) && at.live.has(member) && at.groups.get(group)!.members.has(member);
          return direct
            .filter(([begin]) => places.has(begin))
            .map(([begin, end]) => `${member} ${group} ${begin} ${end === null && stood(pictures.at(-1)!)}`);
        }),
      );
      const found = rows
        .filter(({ effect, kind }) => String(effect) === "gained" && String(kind) === "group")
        .map(
          ({ subject, target, evidence, inForce }) =>
            `${String(subject!["id"])} ${String(target)} ${String(evidence!["position"])} ${String(inForce)}`,
        );
      expect(names(found)).toEqual(names(gained));
      for (const { effect, kind, subject, target, evidence, inForce } of rows) {
        if (String(effect) !== "lost" || String(kind) !== "group") continue;
        const direct = runsOf(
          pictures,
          (at) => at.groups.get(String(target))?.members.has(String(subject!["id"])) === true,
        );
        expect(inForce).toBe(!direct.some(([begin]) => begin > String(evidence!["position"])));
      }
    }));

  it("churn adds up to the members that came and went, and nothing is missing", () =>
    check(async ({ world, groups }) => {
      const pictures = picturesOf(world);
      const rows = await asking(world, "churn");
      for (const group of groups) {
        let [added, removed] = [0, 0];
        for (const [index, picture] of pictures.entries()) {
          const now = new Set(membersOf(picture, group));
          const past = new Set(index === 0 ? [] : membersOf(pictures[index - 1]!, group));
          added += [...now].filter((id) => !past.has(id)).length;
          removed += [...past].filter((id) => !now.has(id)).length;
        }
        const ofGroup = rows.filter((row) => String(row["group"]!["id"]) === group);
        const sum = (name: string) => ofGroup.reduce((total, row) => total + Number(row[name]), 0);
        expect([sum("added"), sum("removed")]).toEqual([added, removed]);
        for (const { removed: all, causes } of ofGroup) {
          const { removed: own, userDeleted, groupDeleted } = causes as unknown as Record<string, number>;
          expect(own! + userDeleted! + groupDeleted!).toBe(all);
        }
      }
      const deaths = world.entries.filter(({ fact }) => /^(User|Group)Deleted$/.test(fact.event.type));
      expect((await asking(world, "deleted")).map(({ deleted }) => deleted!["position"])).toEqual(
        deaths.map(({ position }) => position),
      );
      const [complete] = await asking(world, "completeness");
      expect(complete).toMatchObject({ places: world.entries.length, seen: world.entries.length, missing: 0 });
    }));

  it("as of now is what is read now", () =>
    check(async ({ world, users, groups }) => {
      await using(world, async ({ store }) => {
        for (const id of [...users, ...groups])
          for (const type of ["User", "Group"]) {
            expect(await store.get(TENANT, type, id, world.position)).toEqual(await store.get(TENANT, type, id));
            const members = (asOf?: Position) => store.members(TENANT, id, null, 100, asOf);
            expect(await members(world.position)).toEqual(await members());
          }
      });
    }));
});

/** A run of positions as its times, nothing where it took none. */
const timed =
  (world: World, user: string) =>
  ([begin, end]: readonly [Position, Position | null]): string[] => {
    const [from, to] = [timeAt(world, begin), end === null ? null : timeAt(world, end)];
    return from === to ? [] : [`${user} ${formatInstant(from)} ${to === null ? null : formatInstant(to)}`];
  };

/** The same of the rows of an answer about overlaps. */
const timesIn = (rows: readonly Loose[]): readonly string[] =>
  rows.flatMap(({ user, overlaps }) =>
    (overlaps as unknown as { from: string; to: string | null }[]).map(
      ({ from, to }) => `${String(user!["id"])} ${from} ${to}`,
    ),
  );

/** Everything that a difference speaks of, by a name, as it is at a position. */
function lookAt(
  world: World,
  pictures: readonly Picture[],
  users: readonly string[],
  groups: readonly string[],
  position: Position,
): ReadonlyMap<string, Json> {
  const seen = new Map<string, Json>();
  const picture = pictures.find((one) => one.position === position)!;
  for (const user of users.filter((id) => picture.live.has(id))) {
    seen.set(`${user} life`, true);
    for (const [name, value] of Object.entries(userAt(world, user, position).attributes))
      seen.set(`${user} ${name}`, value!);
  }
  for (const group of groups.filter((id) => picture.live.has(id))) {
    const { attributes, members } = picture.groups.get(group)!;
    seen.set(`${group} life`, true);
    for (const [name, value] of Object.entries(attributes)) seen.set(`${group} ${name}`, value!);
    for (const member of members.ids()) if (picture.live.has(member)) seen.set(`${group} members ${member}`, true);
  }
  return seen;
}
