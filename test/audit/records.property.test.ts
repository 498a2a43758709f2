// The questions about what surrounds the changes, against a notebook that was kept beside them, and naive sums over it.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import { ERASED } from "../../src/domain/event.ts";
import type { Position } from "../../src/eventlog/event-log.ts";
import { ask, type Loose, nobodyIn, questionNamed, rowsUnless } from "./asking.ts";
import { type Picture, pictureAt, picturesOf, runsOf } from "./oracle.ts";
import { type NotedCredential, type Records, records } from "./record-histories.ts";
import { stores } from "./stores.ts";
import type { World } from "./world.ts";

const HOUR = 3_600_000_000;
const DAY = 24 * HOUR;

const timeAt = (world: World, position: Position): number =>
  world.entries.find((entry) => entry.position === position)!.effectiveAt;

/** Two instants of a history, in order, as a window; and whether a position lies in it. */
function windowOf(world: World, a: number, b: number) {
  const times = [a, b].map((place) => world.entries[place % world.entries.length]!.effectiveAt);
  const [from, to] = [Math.min(...times), Math.max(...times) + 1];
  return {
    given: { from: formatInstant(from), to: formatInstant(to) },
    has: ({ position }: { position: Position }) => {
      const time = timeAt(world, position);
      return time >= from && time < to;
    },
  };
}

describe.each(stores)("from a store $store", ({ using, runs }) => {
  const check = (body: (history: Records, a: number, b: number) => Promise<void>) =>
    fc.assert(
      fc.asyncProperty(records, fc.nat(), fc.nat(), async (history, a, b) => {
        history.world.now = Math.max(history.world.now, history.world.entries.at(-1)!.effectiveAt) + 10_000_000;
        await body(history, a, b);
      }),
      runs,
    );
  const asking = async (world: World, id: string, parameters: Record<string, string> = {}) =>
    (await using(world, (sources) => ask<Loose>(questionNamed(id), parameters, sources))).rows;
  const askingOf = (
    world: World,
    id: string,
    parameters: Record<string, string>,
    nobody = nobodyIn(world, parameters["actor"]),
  ) => using(world, (sources) => rowsUnless(nobody, ask<Loose>(questionNamed(id), parameters, sources)));

  it("refused writes are all that were noted in the window, or those of one credential", () =>
    check(async ({ world, attempts, unreadable }, a, b) => {
      const { given, has } = windowOf(world, a, b);
      const actor = a % 2 === 0 ? undefined : `cred-${b % 3}`;
      const rows = await askingOf(world, "refused", { ...given, ...(actor === undefined ? {} : { actor }) });
      const hidden = (says: object) =>
        Object.fromEntries(
          Object.entries(says).map(([name, value]) => [
            name,
            unreadable.has("attempt") && (name === "detail" || name === "source") ? ERASED : value,
          ]),
        );
      expect(rows.map(({ evidence, ...says }) => [evidence!["position"], evidence!["actor"]!["id"], says])).toEqual(
        attempts
          .filter((one) => has(one) && (actor === undefined || one.by === actor))
          .map(({ position, by, says }) => [position, by, hidden(says)]),
      );
    }));

  it("readings are all that were begun in the window, each with its end whenever that came", () =>
    check(async ({ world, inspections, unreadable }, a, b) => {
      const { given, has } = windowOf(world, a, b);
      const actor = b % 2 === 0 ? undefined : `cred-${a % 3}`;
      const rows = await askingOf(world, "readings", { ...given, ...(actor === undefined ? {} : { actor }) });
      expect(
        rows.map(({ begun, ended, ...says }) => ({
          ...says,
          position: begun!["position"],
          by: begun!["actor"]!["id"],
          ended: ended === null ? null : ended!["position"],
        })),
      ).toEqual(
        inspections
          .filter((one) => has(one) && (actor === undefined || one.by === actor))
          .map(({ position, by, question, parameters, ended }) => ({
            ...{ position, by, question, parameters: unreadable.has("inspection") ? ERASED : parameters },
            ended: ended?.position ?? null,
            outcome: ended?.outcome ?? null,
            rows: ended?.rows ?? null,
            bytes: ended?.bytes ?? null,
          })),
      );
    }));

  it("credentials are what was said of each up to the instant", () =>
    check(async ({ world, credentials }, a) => {
      const instant = a % 3 === 0 ? undefined : world.entries[a % world.entries.length]!.effectiveAt;
      const now = instant ?? world.entries.at(-1)!.effectiveAt;
      const said = credentials.filter(({ position }) => timeAt(world, position) <= now);
      const given = instant === undefined ? {} : { asOf: formatInstant(instant) };
      expect(await asking(world, "credentials", given)).toEqual(
        said.filter(({ does }) => does === "issue").map(({ id }) => credentialIn(said, id, now)),
      );
    }));

  it("times to deprovision are those of the people who left, with their open cases", () =>
    check(async ({ world, users, dates }, a, b) => {
      const pictures = picturesOf(world);
      const knownAt = a % 3 === 0 ? undefined : world.entries[a % world.entries.length]!.effectiveAt;
      const known = knownAt === undefined ? pictures.at(-1)! : pictureAt(pictures, knownAt)!;
      const now = known.effectiveAt;
      const source = b % 4 === 0 ? "workday" : undefined;
      const [from, to] = b % 3 === 0 ? [now - 30 * HOUR, now - 2 * HOUR] : [undefined, undefined];
      const cases = users.flatMap((user) => {
        const said = (kind: "joins" | "leaves") =>
          dates.findLast(
            (one) =>
              one.user === user &&
              one.kind === kind &&
              one.position <= known.position &&
              (source === undefined || one.source === source),
          );
        const [joins, leaves] = [said("joins")?.date ?? undefined, said("leaves")];
        const left = leaves?.date ?? undefined;
        if (left === undefined || left > now) return [];
        if (joins !== undefined && joins > left && joins <= now) return [];
        if (from !== undefined && (left < from || left >= to!)) return [];
        return [{ left, source: leaves!.source, ...lagOf(world, pictures, user, known, left) }];
      });
      const isUnheardOf = !dates.some((one) => one.source === source);
      const isAnswered = !dates.some(({ position }) => position <= known.position);
      const nobody = isUnheardOf && !isAnswered ? source : undefined;
      const parameters = {
        ...(knownAt === undefined ? {} : { knownAt: formatInstant(knownAt) }),
        ...(source === undefined ? {} : { source }),
        ...(from === undefined ? {} : { from: formatInstant(from), to: formatInstant(to!) }),
      };
      const rows = await askingOf(world, "deprovisioning-times", parameters, nobody);
      const views: Record<string, (one: (typeof cases)[number]) => string> = {
        all: () => "all",
        source: (one) => one.source,
        weekday: ({ left }) =>
          new Intl.DateTimeFormat("en-US", { weekday: "long", timeZone: "UTC" }).format(left / 1_000),
        hour: ({ left }) => formatInstant(left).slice(11, 13),
      };
      expect(rows).toEqual(
        Object.entries(views).flatMap(([by, say]) =>
          [...new Set(cases.map(say))].sort().map((value) => {
            const lags = cases.filter((one) => say(one) === value);
            return {
              ...{ by, value, leavers: lags.length, open: lags.filter(({ open }) => open).length },
              p50Hours: rank(lags, 0.5),
              p90Hours: rank(lags, 0.9),
              maxHours: rank(lags, 1),
            };
          }),
        ),
      );
    }));

  it("the register of erasures has everyone who was erased, with the end of it whenever that came, and no name", () =>
    check(async ({ world, erasures }, a, b) => {
      const { given, has } = windowOf(world, a, b);
      const rows = await asking(world, "erasures", given);
      expect(
        rows.map(({ erased, keyDestroyed, ...says }) => ({
          ...says,
          position: erased!["position"],
          by: erased!["actor"]!["id"],
          finished: keyDestroyed === null ? null : keyDestroyed!["position"],
        })),
      ).toEqual(
        erasures.filter(has).map(({ position, by, user, reason, approval, finished }) => ({
          ...{ position, by, user, reason: reason ?? null, approval: approval ?? null },
          finished: finished?.position ?? null,
          unreadable: finished?.outcome.erased ?? null,
          remains: finished?.outcome.remains ?? null,
        })),
      );
      expect(JSON.stringify(rows)).not.toMatch(/user \d/u);
    }));

  it("what no source is connected for stays unanswered, whatever happened", () =>
    check(async ({ world }) => {
      const { rows: _, ...none } = await using(world, async (sources) => ({
        rows: [],
        dormant: await ask(questionNamed("dormant"), {}, sources),
        selfGrants: await ask(questionNamed("self-grants"), {}, sources),
        temporaryGrants: await ask(questionNamed("temporary-grants"), {}, sources),
      }));
      for (const answer of Object.values(none))
        expect(answer).toMatchObject({ rows: [], count: 0, completeness: { noSource: expect.any(String) } });
    }));
});

/** Everything that was said of a credential up to an instant, in one row. */
function credentialIn(all: readonly NotedCredential[], id: string, now: number): object {
  const own = all.filter((one) => one.id === id);
  const [issued] = own;
  const last = (does: NotedCredential["does"]) => own.findLast((one) => one.does === does);
  const [revoked, used] = [last("revoke"), last("use")];
  const days = (since: number) => Math.max(0, Math.floor((now - since) / DAY));
  const isExpired = issued!.expiresAt !== undefined && issued!.expiresAt <= now;
  const gone = own.filter(({ does }) => does === "removeSecret").map(({ secret }) => secret);
  const secrets = own.filter(
    ({ does, secret }) => (does === "issue" || does === "addSecret") && !gone.includes(secret),
  );
  return {
    ...{ credential: id, name: `client ${id}`, kind: "provisioning", scopes: ["scim:write"] },
    status: revoked !== undefined ? "revoked" : isExpired ? "expired" : "live",
    issued: formatInstant(issued!.at),
    issuedBy: { id: issued!.by, name: expect.any(String), kind: "provisioning", profile: "lenient" },
    expires: issued!.expiresAt === undefined ? null : formatInstant(issued!.expiresAt),
    revoked: revoked === undefined ? null : formatInstant(revoked.at),
    secrets:
      revoked !== undefined
        ? []
        : secrets.map(({ secret, at }) => ({ id: secret, since: formatInstant(at), ageDays: days(at) })),
    lastUsed: used === undefined ? null : formatInstant(used.at),
    unusedDays: used === undefined ? null : days(used.at),
  };
}

interface Lag {
  readonly lag: number;
  readonly open: boolean;
}

/** How long an account outlived its user's leaving, by the last look at which it was enabled. */
function lagOf(world: World, pictures: readonly Picture[], user: string, known: Picture, left: number): Lag {
  const seen = pictures.filter(({ position }) => position <= known.position);
  const enabled = runsOf(seen, ({ live, enabled: mask }) => live.has(user) && mask.has(user));
  const [, end] = enabled.at(-1) ?? [];
  if (end === null) return { lag: known.effectiveAt - left, open: true };
  const ends = enabled.map(([, to]) => timeAt(world, to!)).filter((time) => time > left);
  return { lag: ends.length === 0 ? 0 : ends.at(-1)! - left, open: false };
}

/** The least of the lags that so many of all are at or below, in hours. */
function rank(cases: readonly Lag[], share: number): number {
  const lags = cases.map(({ lag }) => lag).sort((one, other) => one - other);
  const found = lags.find((lag) => lags.filter((other) => other <= lag).length >= share * lags.length)!;
  return Math.round((found / HOUR) * 1_000) / 1_000;
}
