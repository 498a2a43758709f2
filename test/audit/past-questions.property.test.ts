// The other questions that SCIM's own events and assertions answer, against a look at every event of a history: nothing here
// knows of an interval, an index or a read model.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import type { Fact } from "../../src/domain/event.ts";
import type { GroupEvent, UserEvent } from "../../src/domain/events.ts";
import { absentUser, evolve as evolveUser, type UserState } from "../../src/domain/user.ts";
import type { Position } from "../../src/eventlog/event-log.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { ask, type Loose, questionNamed } from "./asking.ts";
import { dateAll, type FullHistory, fullHistory } from "./histories.ts";
import { type Picture, pictureAt, picturesOf, runsOf, waysTo } from "./oracle.ts";
import { stores } from "./stores.ts";
import type { Entry, World } from "./world.ts";

const names = (values: Iterable<unknown>): readonly string[] => [...values].map(String).sort();

function userAt(world: World, user: string, position: Position): UserState {
  return world.entries
    .filter((entry) => entry.id === user && entry.position <= position)
    .reduce((state, { fact }) => evolveUser(state, fact as Fact<UserEvent>), absentUser);
}

/** Direct memberships of the living in the living. */
const directIn = ({ live, groups }: Picture, subject: string): readonly string[] =>
  [...groups].flatMap(([group, { members }]) =>
    live.has(subject) && live.has(group) && members.has(subject) ? [group] : [],
  );

/** What is to be told of the approval of a grant (its member, group and position); nothing where it was given in time. */
function unapproved(world: World, grant: string): readonly string[] {
  const entry = world.entries.find(({ position }) => grant.endsWith(position))!;
  const { approval } = (JSON.parse(entry.recorded.envelope) as { metadata: { approval?: string } }).metadata;
  if (approval === undefined) return [`${grant} null null`];
  const said = world.entries.findLast(({ fact }) => (fact.event.data as { approval?: string }).approval === approval);
  const { at = null } = (said?.fact.event.data ?? {}) as { at?: number | null };
  return at === null || at <= entry.effectiveAt ? [] : [`${grant} ${approval} ${(at - entry.effectiveAt) / 1_000_000}`];
}

describe.each(stores)("from a store $store", ({ using, runs }) => {
  const check = (body: (history: FullHistory, a: number, b: number) => Promise<void>) =>
    fc.assert(
      fc.asyncProperty(fullHistory, fc.nat(), fc.nat(), async (history, a, b) => {
        history.world.now = Math.max(history.world.now, history.world.entries.at(-1)!.effectiveAt) + 10_000_000;
        await body(history, a, b);
      }),
      runs,
    );
  const answer = (world: World, id: string, parameters: Record<string, string> = {}) =>
    using(world, (sources) => ask<Loose>(questionNamed(id), parameters, sources));
  const asking = async (world: World, id: string, parameters: Record<string, string> = {}) =>
    (await answer(world, id, parameters)).rows;

  it("a timeline has every event of a user, and every place at which a membership of it came or went", () =>
    check(async ({ world, users }, a) => {
      const pictures = picturesOf(world);
      const user = users[a % users.length]!;
      const rows = await asking(world, "timeline", { type: "users", id: user, limit: "10000" });
      const moves = new Map<string, { gained: string[]; lost: string[] }>();
      for (const [index, picture] of pictures.entries()) {
        const [now, past] = [directIn(picture, user), index === 0 ? [] : directIn(pictures[index - 1]!, user)];
        const gained = now.filter((group) => !past.includes(group));
        const lost = past.filter((group) => !now.includes(group));
        if (gained.length + lost.length > 0) moves.set(picture.position, { gained, lost });
      }
      const own = world.entries.filter(({ id }) => id === user).map(({ position }) => position);
      const found = new Map(rows.map((row) => [String(row["position"]), row]));
      // A membership that had ended with a life is ended once more, by the process that cleans up: those are told too.
      for (const position of [...own, ...moves.keys()]) expect(found.has(position)).toBe(true);
      for (const [position, row] of found) {
        const { gained, lost } = row["memberships"] as unknown as Record<"gained" | "lost", Loose[]>;
        const expected = moves.get(position) ?? { gained: [], lost: [] };
        expect([position, names(gained!.map(({ id }) => id)), names(lost!.map(({ id }) => id))]).toEqual([
          position,
          names(expected.gained),
          names(expected.lost),
        ]);
      }
    }));

  it("a resource at an instant is what its events come to, and at the last one what it is now", () =>
    check(async ({ world, users, groups }, a, b) => {
      const pictures = picturesOf(world);
      const instant = pictures[a % pictures.length]!.effectiveAt;
      const all = [...users.map((id) => ["users", id] as const), ...groups.map((id) => ["groups", id] as const)];
      const [type, id] = all[b % all.length]!;
      for (const asOf of [instant, undefined]) {
        const picture = asOf === undefined ? pictures.at(-1)! : pictureAt(pictures, asOf)!;
        const given = asOf === undefined ? {} : { asOf: formatInstant(asOf) };
        const asked = answer(world, "resource-at", { type, id, ...given });
        if (!picture.live.has(id)) {
          await expect(asked).rejects.toMatchObject({ status: 404 });
          continue;
        }
        const { resource } = await asked;
        const { schemas: _, id: own, meta: __, groups: memberships, members, ...attributes } = resource;
        expect(own).toBe(id);
        if (type === "users") {
          expect(attributes).toEqual(userAt(world, id, picture.position).attributes);
          const values = ((memberships ?? []) as JsonObject[]).map(({ value }) => value);
          expect(names(values)).toEqual(names(directIn(picture, id)));
        } else {
          const state = picture.groups.get(id)!;
          expect(attributes).toEqual(state.attributes);
          const values = ((members ?? []) as JsonObject[]).map(({ value }) => value);
          expect(names(values)).toEqual(names([...state.members.ids()].filter((one) => picture.live.has(one))));
        }
      }
      await using(world, async ({ store, present }) => {
        const name = type === "users" ? "User" : "Group";
        const now = await present("acme", name, id, world.position);
        const read = await store.get("acme", name, id);
        expect(now === undefined).toBe(read === undefined);
        if (now === undefined || read === undefined) return;
        let text = "";
        for await (const piece of now) text += piece;
        expect(JSON.parse(text)).toMatchObject(JSON.parse(`${read.body}}`));
      });
    }));

  it("marks are those whose last word was that they are", () =>
    check(async ({ world }, a) => {
      const pictures = picturesOf(world);
      const instant = pictures[a % pictures.length]!.effectiveAt;
      const { position } = pictureAt(pictures, instant)!;
      const last = new Map<string, Entry>();
      for (const entry of world.entries.filter((one) => one.type === "Tenant" && one.position <= position)) {
        const { group, groups } = entry.fact.event.data as { group?: string; groups?: string[] };
        last.set(names(groups ?? [group!]).join(), entry);
      }
      const expected = [...last].flatMap(([of, { fact }]) => (/Marked/.test(fact.event.type) ? [of] : []));
      const rows = await asking(world, "marks", { asOf: formatInstant(instant) });
      const found = rows.map(({ groups }) => names((groups as unknown as Loose[]).map(({ id }) => id)).join());
      expect(names(found)).toEqual(names(expected));
    }));

  it("what was known of a person's dates is what had been handed in by then", () =>
    check(async ({ world, users, assertions }, a, b) => {
      const pictures = picturesOf(world);
      const user = users[a % users.length]!;
      const instant = pictures[b % pictures.length]!.effectiveAt;
      const { position } = pictureAt(pictures, instant)!;
      const rows = await asking(world, "known-about", { id: user, knownAt: formatInstant(instant) });
      for (const kind of ["joins", "leaves"] as const) {
        const said = (until: Position) => {
          const at = assertions.findLast((one) => one.user === user && one.kind === kind && one.position <= until)?.at;
          return at === undefined || at === null ? null : formatInstant(at);
        };
        const row = rows.find(({ fact }) => String(fact) === kind)!;
        expect([row["known"]!["value"], row["now"]!["value"]]).toEqual([said(position), said(world.position)]);
        expect(row["differs"]).toBe(said(position) !== said(world.position));
      }
    }));

  it("movers are those whose title changed, with the memberships that stood through it", () =>
    check(async ({ world, users }) => {
      const pictures = picturesOf(world);
      const rows = await asking(world, "movers", { days: "0" });
      const expected = users.flatMap((user) =>
        world.entries.flatMap(({ id, fact, position, effectiveAt }, index) => {
          const { paths } = fact.event.data as { paths?: readonly string[] };
          if (id !== user || fact.event.type !== "UserAttributesChanged" || !paths!.includes("title")) return [];
          const looked = pictureAt(pictures, effectiveAt)!;
          const kept = directIn(pictures[index - 1]!, user).filter((group) =>
            pictures
              .filter((one) => one.position >= position && one.position <= looked.position)
              .every((one) => directIn(one, user).includes(group)),
          );
          return kept.length === 0 ? [] : [`${user} ${position} ${names(kept)}`];
        }),
      );
      const found = rows.map(
        ({ user, moved, retained }) =>
          `${String(user!["id"])} ${String(moved!["position"])} ${names((retained as unknown as Loose[]).map(({ group }) => group!["id"]))}`,
      );
      expect(names(found)).toEqual(names(expected));
    }));

  it("grants without an approval are the memberships whose request named none, or one that came later", () =>
    check(async ({ world }) => {
      const rows = await asking(world, "unapproved-grants");
      const all: string[] = [];
      const expected = { push: (...given: string[]) => all.push(...given.flatMap((one) => unapproved(world, one))) };
      const parts = new Map<string, string[]>();
      for (const { fact, id, position } of world.entries) {
        const event = fact.event as GroupEvent;
        const change = (event.data as { change?: string }).change;
        if (event.type === "GroupMembersAdded") {
          const given = event.data.members.map((member) => `${member} ${id}`);
          if (change === undefined) expected.push(...given.map((one) => `${one} ${position}`));
          else parts.set(change, [...(parts.get(change) ?? []), ...given]);
        }
        if (event.type === "GroupChangeCompleted")
          expected.push(...(parts.get(change!) ?? []).map((one) => `${one} ${position}`));
      }
      const found = rows
        .filter(({ kind }) => String(kind) === "group")
        .map(
          ({ subject, target, granted, approval, gapSeconds }) =>
            `${String(subject)} ${String(target)} ${String(granted!["position"])} ${String(approval)} ${String(gapSeconds)}`,
        );
      expect(names(found)).toEqual(names(all));
    }));

  it("orphans are the living whom a rule hits, each with all of its rules", () =>
    check(async ({ world, users, assertions }, a) => {
      const pictures = picturesOf(world);
      const instant = pictures[a % pictures.length]!.effectiveAt;
      const picture = pictureAt(pictures, instant)!;
      // A date that was taken back was handed in all the same.
      const fed = assertions.filter(({ position }) => position <= picture.position).map(({ user }) => user);
      const rows = await asking(world, "orphans", { asOf: formatInstant(instant) });
      expect(names(rows.map(({ user }) => user!["id"]))).toEqual(names(users.filter((id) => picture.live.has(id))));
      const told = world.entries.filter(({ position }) => position <= picture.position);
      for (const { user, rules, created } of rows) {
        const client = told.filter(
          ({ fact }) => (fact.event.data as { credential?: string }).credential === String(created!["actor"]!["id"]),
        );
        const ofClient = [["unknownClient"], [], ["revokedClient"]][client.length]!;
        const hasId = userAt(world, String(user!["id"]), picture.position).attributes["externalId"] !== undefined;
        const isMissing = fed.length > 0 && !fed.includes(String(user!["id"]));
        expect(names(rules as unknown as string[])).toEqual(
          names(["noManager", ...(hasId ? [] : ["noExternalId"]), ...ofClient, ...(isMissing ? ["notInFeed"] : [])]),
        );
      }
    }));

  it("joiners are those with a date of joining, and all that they held with an enabled account before it", () =>
    check(async ({ world, assertions: own, users, groups }, a, b) => {
      const date = world.entries[b % world.entries.length]!.effectiveAt + 1;
      const assertions = [...own, ...dateAll(world, users, "joins", date)];
      const knownAt = a % 2 === 0 ? undefined : world.entries[a % world.entries.length]!.effectiveAt;
      const known = pictureAt(picturesOf(world), knownAt ?? world.now)!;
      const pictures = picturesOf(world).filter(({ position }) => position <= known.position);
      const rows = await asking(world, "joiners", knownAt === undefined ? {} : { knownAt: formatInstant(knownAt) });
      const last = new Map<string, number | null>();
      for (const { user, kind, at, position } of assertions)
        if (kind === "joins" && position <= known.position) last.set(user, at);
      const dated = [...last].flatMap(([user, at]) => (at === null ? [] : [[user, at] as const]));
      expect(names(rows.map(({ user }) => user!["id"]))).toEqual(names(dated.map(([user]) => user)));
      for (const { user, before } of rows) {
        const id = String(user!["id"]);
        const date = last.get(id)!;
        const isEarly = (at: Picture) => {
          const end = pictures.find(({ position }) => position > at.position)?.effectiveAt ?? date;
          return at.effectiveAt < Math.min(end, date) && at.live.has(id) && at.enabled.has(id);
        };
        const expected = groups.flatMap((group) =>
          runsOf(pictures, (at) => waysTo(at, group, id).length > 0)
            .filter(([from, to]) =>
              pictures.some((at) => at.position >= from && (to === null || at.position < to) && isEarly(at)),
            )
            .map(([from]) => `${group} ${from}`),
        );
        const held = (before as unknown as Loose[]).filter(({ kind }) => String(kind) === "group");
        expect(names(held.map(({ target, since }) => `${String(target)} ${String(since!["position"])}`))).toEqual(
          names(expected),
        );
      }
    }));
});
