// The traps of marks and of asserted dates: both are events, so that both are as of an instant, and dates have two axes.
import { describe, expect, it } from "@jest/globals";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import { ApprovalAsserted, DateAsserted } from "../../src/domain/assertion-events.ts";
import {
  GroupMarkedPrivileged,
  GroupsMarkedExclusive,
  GroupsUnmarkedExclusive,
  GroupUnmarkedPrivileged,
} from "../../src/domain/mark-events.ts";
import { InspectionBegun } from "../../src/domain/record-events.ts";
import { ask, type Loose, questionNamed, timeOf } from "./asking.ts";
import { stores } from "./stores.ts";
import { World } from "./world.ts";

const HOUR = 3_600_000_000;

describe.each(stores)("from a store $store", ({ using }) => {
  const asking = (world: World, id: string, parameters: Record<string, string> = {}) => {
    world.now += 1_000_000;
    return using(world, (sources) => ask<Loose>(questionNamed(id), parameters, sources));
  };
  const asserted = (world: World, user: string, kind: "joins" | "leaves", at: number | null, source = "workday") =>
    world.record("assertion", DateAsserted({ user, kind, at, source }));

  it("marks stand from when they were made until they were taken back", async () => {
    const world = new World();
    const [a, b] = [world.group("a"), world.group("b")];
    const marked = world.ofTenant(GroupMarkedPrivileged({ group: a }));
    world.ofTenant(GroupsMarkedExclusive({ groups: [a, b] }));
    const asOf = formatInstant(world.now);
    world.ofTenant(GroupUnmarkedPrivileged({ group: a }));
    expect((await asking(world, "marks")).rows).toMatchObject([{ kind: "exclusive", groups: [{ id: a }, { id: b }] }]);
    expect((await asking(world, "marks", { asOf })).rows).toMatchObject([
      { kind: "privileged", groups: [{ id: a, display: "a" }], marked: { position: marked } },
      { kind: "exclusive" },
    ]);
  });

  it("privileged counts a group while it was marked, nested members too", async () => {
    const world = new World();
    const [ada, grace, alan] = [world.user("ada"), world.user("grace"), world.user("alan")];
    const inner = world.group("inner", grace);
    const root = world.group("root", ada);
    const from = formatInstant(world.now);
    world.remove(root, ada);
    world.ofTenant(GroupMarkedPrivileged({ group: root }));
    const nested = world.add(root, inner);
    const added = world.add(root, ada);
    const asOf = formatInstant(world.now);
    const disabled = world.set(grace, "active", false);
    const removed = world.remove(root, ada);
    world.ofTenant(GroupUnmarkedPrivileged({ group: root }));
    world.add(root, alan);
    expect((await asking(world, "privileged", { asOf })).rows).toMatchObject([
      {
        group: { id: root },
        user: { id: ada },
        is: "member",
        direct: true,
        effective: true,
        evidence: { position: added },
      },
      { user: { id: grace }, is: "member", direct: false, effective: true, evidence: { position: nested } },
    ]);
    expect(disabled).not.toBe(removed);
    const changes = await asking(world, "privileged", { from });
    expect(changes.rows).toMatchObject([
      { user: { id: ada }, is: "gained", evidence: { position: added } },
      { user: { id: ada }, is: "lost", cause: "removed", evidence: { position: removed } },
      { user: { id: grace }, is: "gained", evidence: { position: nested } },
    ]);
    expect((await asking(world, "privileged")).rows).toEqual([]);
    const rows: Loose[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await asking(world, "privileged", { from, limit: "1", ...(cursor === undefined ? {} : { cursor }) });
      rows.push(...page.rows);
      cursor = page.next;
      if (cursor === undefined) break;
    }
    expect(rows).toEqual(changes.rows);
  });

  it("privileged tells of each row the way that stands, began or ended there", async () => {
    const world = new World();
    const ada = world.user("ada");
    const inner = world.group("inner", ada);
    const root = world.group("root");
    world.ofTenant(GroupMarkedPrivileged({ group: root }));
    const from = formatInstant(world.now);
    const added = world.add(root, ada);
    const nested = world.add(root, inner);
    world.remove(root, ada);
    const asOf = formatInstant(world.now);
    const unnested = world.remove(root, inner);
    const again = world.add(root, inner);
    const deleted = world.delete(ada);
    expect((await asking(world, "privileged", { asOf })).rows).toMatchObject([
      { direct: false, effective: true, evidence: { position: nested } },
    ]);
    expect((await asking(world, "privileged", { from })).rows).toMatchObject([
      { is: "gained", direct: true, effective: true, cause: null, evidence: { position: added } },
      { is: "lost", direct: false, effective: true, cause: "parentRemoved", evidence: { position: unnested } },
      { is: "gained", direct: false, effective: true, cause: null, evidence: { position: again } },
      { is: "lost", direct: false, effective: true, cause: "userDeleted", evidence: { position: deleted } },
    ]);
  });

  it("overlaps of marked pairs count while they were marked", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [a, b] = [world.group("a", ada), world.group("b", ada)];
    const from = world.ofTenant(GroupsMarkedExclusive({ groups: [a, b] }));
    const to = world.ofTenant(GroupsUnmarkedExclusive({ groups: [a, b] }));
    expect((await asking(world, "overlaps")).rows).toMatchObject([
      { user: { id: ada }, overlaps: [{ from: timeOf(world, from), to: timeOf(world, to) }] },
    ]);
  });

  it("a mark that was taken back before a window shows no overlap in it", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [a, b] = [world.group("a", ada), world.group("b", ada)];
    world.ofTenant(GroupsMarkedExclusive({ groups: [a, b] }));
    const within = formatInstant(world.now);
    world.ofTenant(GroupsUnmarkedExclusive({ groups: [a, b] }));
    const from = formatInstant(world.now);
    expect((await asking(world, "overlaps", { from })).rows).toEqual([]);
    expect((await asking(world, "overlaps", { from: within })).rows).toHaveLength(1);
  });

  it("leavers are those enabled too long after the date, with what remained", async () => {
    const world = new World();
    const [ada, grace, alan, back] = ["ada", "grace", "alan", "back"].map((name) => world.user(name)) as [
      string,
      string,
      string,
      string,
    ];
    const group = world.group("group", ada, grace);
    const left = world.now + HOUR;
    for (const user of [ada, grace, alan, back]) asserted(world, user, "leaves", left);
    asserted(world, back, "joins", left + 2 * HOUR);
    world.now = left - 60_000_000;
    world.set(alan, "active", false);
    world.now = left + 30 * HOUR;
    const disabled = world.set(ada, "active", false);
    world.now += HOUR;
    const { rows } = await asking(world, "leavers", { hours: "24" });
    expect(rows).toMatchObject([
      {
        ...{
          user: { id: ada },
          leaves: formatInstant(left),
          source: "workday",
          open: false,
          disabled: { position: disabled },
        },
        remained: [{ kind: "group", target: group }],
      },
      { user: { id: grace }, open: true, disabled: null, lagHours: expect.closeTo(31, 1) },
    ]);
    expect((await asking(world, "leavers", { hours: "30" })).rows).toHaveLength(2);
    expect((await asking(world, "leavers", { hours: "31" })).rows).toMatchObject([{ user: { id: grace } }]);
    const page = await asking(world, "leavers", { limit: "1" });
    expect((await asking(world, "leavers", { cursor: page.next! })).rows).toMatchObject([{ user: { id: grace } }]);
  });

  it("a date that was corrected later has two answers, by what was known", async () => {
    const world = new World();
    const ada = world.user("ada");
    const first = world.now + HOUR;
    asserted(world, ada, "leaves", first);
    world.now = first + 48 * HOUR;
    world.user("a later event");
    const knownAt = formatInstant(world.now);
    const asOf = formatInstant(first + 40 * HOUR);
    world.now += HOUR;
    asserted(world, ada, "leaves", first + 100 * HOUR);
    expect((await asking(world, "leavers", { asOf, knownAt })).rows).toMatchObject([{ leaves: formatInstant(first) }]);
    expect((await asking(world, "leavers", { asOf })).rows).toEqual([]);
    const known = await asking(world, "known-about", { id: ada, asOf, knownAt });
    expect(known).toMatchObject({ knownAt });
    expect(known.rows).toMatchObject([
      { fact: "joins", known: { value: null }, now: { value: null }, differs: false },
      { fact: "leaves", known: { value: formatInstant(first), source: "workday" }, differs: true },
      { fact: "employed", known: { value: "no" }, now: { value: "yes" }, differs: true },
    ]);
  });

  it("deprovisioning-times counts what is open and what ended in time", async () => {
    const world = new World();
    const users = ["a", "b", "c"].map((name) => world.user(name));
    const left = world.now + HOUR;
    world.now = left - 1_000_000;
    world.set(users[0]!, "active", false);
    world.now = left + 2 * HOUR - 1_000_000;
    world.set(users[1]!, "active", false);
    for (const user of users) asserted(world, user, "leaves", left, user === users[2] ? "other" : "workday");
    world.now = left + 10 * HOUR - 1_000_000;
    // As whoever asks makes one: what has passed is looked at from the last event on.
    world.record("inspection", InspectionBegun({ inspection: "i-1", question: "diff" }, { parameters: {} }));
    const { rows } = await asking(world, "deprovisioning-times");
    expect(rows[0]).toEqual({ by: "all", value: "all", leavers: 3, open: 1, p50Hours: 2, p90Hours: 10, maxHours: 10 });
    expect(rows.filter(({ by }) => String(by) === "source")).toMatchObject([
      { value: "other", leavers: 1, open: 1 },
      { value: "workday", leavers: 2, open: 0, p50Hours: 0, maxHours: 2 },
    ]);
  });

  it("joiners shows accounts made before the first day, and dates that are still to come", async () => {
    const world = new World();
    const early = world.user("early");
    const enabled = world.entries.at(-1)!.position;
    const group = world.group("group", early);
    const late = world.user({ userName: "late", active: false });
    const [soon, past] = [world.now + 5 * HOUR, world.now - HOUR];
    asserted(world, early, "joins", soon);
    asserted(world, late, "joins", past);
    const { rows } = await asking(world, "joiners");
    expect(rows).toMatchObject([
      { user: { id: early }, open: false, enabled: { position: enabled }, before: [{ target: group }] },
      { user: { id: late }, open: true, enabled: null, lagHours: expect.closeTo(1, 1), before: [] },
    ]);
    expect(Number(rows[0]!["lagHours"])).toBeLessThan(-4.9);
  });

  it("joiners shows what was lost again before the first day, and what came through a group", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group", ada);
    const root = world.group("root", group);
    world.remove(group, ada);
    world.set(ada, "active", false);
    const masked = world.group("masked", ada);
    asserted(world, ada, "joins", world.now + HOUR);
    const { rows } = await asking(world, "joiners");
    expect(rows).toMatchObject([{ before: [{ target: group }, { target: root }] }]);
    expect(JSON.stringify(rows)).not.toContain(masked);
  });

  it("leavers shows what remained through a group", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", roles: [{ value: "admin" }] });
    const group = world.group("group", ada);
    const root = world.group("root");
    const nested = world.add(root, group);
    asserted(world, ada, "leaves", world.now);
    world.now += 30 * HOUR;
    expect((await asking(world, "leavers")).rows).toMatchObject([
      {
        remained: [
          { kind: "role", target: "admin" },
          { kind: "group", target: group },
          { kind: "group", target: root, since: { position: nested } },
        ],
      },
    ]);
  });

  it("times that still pass are those at the position of the answer, on every page and whenever it is looked at", async () => {
    const world = new World();
    for (const name of ["one", "other", "third"])
      asserted(world, world.user({ userName: name, active: false }), "joins", world.now);
    asserted(world, world.user("enabled"), "leaves", world.now);
    const whole = await asking(world, "joiners");
    const times = await asking(world, "deprovisioning-times");
    const first = await asking(world, "joiners", { limit: "1" });
    world.now += HOUR;
    expect((await asking(world, "deprovisioning-times")).rows).toEqual(times.rows);
    world.user("later");
    const rest = await asking(world, "joiners", { cursor: first.next! });
    expect([...first.rows, ...rest.rows]).toEqual(whole.rows);
  });

  it("times that still passed at an earlier knowledge are those of its last event, not of what came later", async () => {
    const world = new World();
    const leaver = world.user("leaver");
    const joiner = world.user({ userName: "joiner", active: false });
    const date = world.now + HOUR;
    asserted(world, leaver, "leaves", date);
    asserted(world, joiner, "joins", date);
    const before = formatInstant(world.now);
    world.now = date + 2 * HOUR - 1_000_000;
    world.user("somebody");
    const between = formatInstant(world.now);
    world.set(leaver, "active", false);
    world.set(joiner, "active", true);
    world.now += 100 * HOUR;
    world.user("much later");
    const lagsAt = async (knownAt: string) => [
      (await asking(world, "deprovisioning-times", { knownAt })).rows[0]?.["maxHours"],
      (await asking(world, "joiners", { knownAt })).rows[0]?.["lagHours"],
    ];
    expect(await lagsAt(before)).toEqual([undefined, 0]);
    expect(await lagsAt(between)).toEqual([2, 2]);
  });

  it("leavers as known at an instant were enabled no longer than was known by then", async () => {
    const world = new World();
    const ada = world.user("ada");
    const date = world.now + HOUR;
    asserted(world, ada, "leaves", date);
    const knownAt = formatInstant(date + 30 * HOUR);
    world.now = date + 50 * HOUR;
    world.set(ada, "active", false);
    world.now = date + 99 * HOUR;
    const lagsOf = async (given: Record<string, string>) => {
      const { asOf, rows } = await asking(world, "leavers", given);
      return [asOf, rows.map(({ lagHours, open }) => [lagHours, open])];
    };
    expect(await lagsOf({ knownAt })).toEqual([knownAt, [[30, true]]]);
    expect(await lagsOf({ knownAt, hours: "30" })).toEqual([knownAt, []]);
    const [earlier, later] = [26, 40].map((hours) => formatInstant(date + hours * HOUR)) as [string, string];
    expect(await lagsOf({ knownAt, asOf: earlier })).toEqual([earlier, [[26, true]]]);
    expect(await lagsOf({ knownAt, asOf: later })).toEqual([later, [[30, true]]]);
    expect(await lagsOf({ asOf: later })).toEqual([later, [[40, true]]]);
    expect(await lagsOf({ knownAt: formatInstant(date - 60_000_000), asOf: later, hours: "0" })).toEqual([later, []]);
  });

  it("joiners says of what was held before whether it ended since, why, and by which event", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", roles: [{ value: "admin" }] });
    const [early, still] = [world.group("early", ada), world.group("still", ada)];
    const removed = world.remove(early, ada);
    const knownAt = formatInstant(world.now);
    asserted(world, ada, "joins", world.now + HOUR);
    const known = formatInstant(world.now);
    world.now += 2 * HOUR;
    const revoked = world.patch(ada, { op: "remove", path: "roles" });
    const heldBefore = async (given: Record<string, string>) =>
      (await asking(world, "joiners", given)).rows[0]!["before"] as unknown as readonly Loose[];
    const end = (cause: string, position: string) => ({ cause, ended: { position } });
    const none = { cause: null, ended: null };
    expect(await heldBefore({})).toMatchObject([
      { target: "admin", ...end("revoked", revoked) },
      { target: early, ...end("removed", removed) },
      { target: still, ...none },
    ]);
    expect(await heldBefore({ knownAt: known })).toMatchObject([
      { target: "admin", ...none },
      { target: early, ...end("removed", removed) },
      { target: still, ...none },
    ]);
    expect((await asking(world, "joiners", { knownAt })).rows).toEqual([]);
  });

  it("unapproved-grants tells an approval that was given later, once somebody asserts so", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group");
    world.approval = "TICKET-1";
    const granted = world.add(group, ada);
    expect((await asking(world, "unapproved-grants", { group })).rows).toEqual([]);
    const time = world.entries.find(({ position }) => position === granted)!.effectiveAt;
    world.record("assertion", ApprovalAsserted({ approval: "TICKET-1", at: time + 60_000_000, source: "tickets" }));
    expect((await asking(world, "unapproved-grants", { group })).rows).toMatchObject([
      { subject: ada, approval: "TICKET-1", approved: formatInstant(time + 60_000_000), gapSeconds: 60 },
    ]);
  });

  it("orphans are missing from a feed only where there is one", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    expect((await asking(world, "orphans", { rule: "notInFeed" })).rows).toEqual([]);
    asserted(world, ada, "joins", world.now);
    expect((await asking(world, "orphans", { rule: "notInFeed" })).rows).toMatchObject([{ user: { id: grace } }]);
  });
});
