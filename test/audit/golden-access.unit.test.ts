// The trap of each question about who held what, from both stores.
import { describe, expect, it } from "@jest/globals";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import type { Evidence } from "../../src/audit/effects/evidence.ts";
import { DateAsserted } from "../../src/domain/assertion-events.ts";
import { GroupMarkedPrivileged, GroupsMarkedExclusive } from "../../src/domain/mark-events.ts";
import { ask, type Loose, questionNamed, timeOf } from "./asking.ts";
import { stores } from "./stores.ts";
import { World } from "./world.ts";

const positionsOf = (events: readonly Evidence[]) => events.map(({ position }) => position);

describe.each(stores)("from a store $store", ({ using }) => {
  const asking = (world: World, id: string, parameters: Record<string, string>) => {
    world.now += 1_000_000;
    return using(world, (sources) => ask<Loose>(questionNamed(id), parameters, sources));
  };

  it("holders-of shows a membership of one second, and one through a group that left later", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const inner = world.group("inner", grace);
    const outer = world.group("outer", inner);
    const added = world.add(outer, ada);
    const removed = world.remove(outer, ada);
    world.set(grace, "active", false);
    const left = world.remove(outer, inner);
    const { rows } = await asking(world, "holders-of", { id: outer });
    expect(rows).toMatchObject([
      {
        user: { id: ada, display: "ada" },
        direct: true,
        first: timeOf(world, added),
        last: timeOf(world, removed),
        heldSeconds: 1,
        effectiveSeconds: 1,
        intervals: [{ cause: "removed", granted: { position: added }, ended: { position: removed } }],
      },
      {
        user: { id: grace },
        direct: false,
        last: timeOf(world, left),
        intervals: [{ cause: "parentRemoved", ended: { position: left } }],
        heldSeconds: 4,
        effectiveSeconds: 3,
      },
    ]);
  });

  it("holders-of clips what it counts to the window", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group", ada);
    const [from, to] = [formatInstant(world.now + 10_000_000), formatInstant(world.now + 15_000_000)];
    world.now += 20_000_000;
    const { rows } = await asking(world, "holders-of", { id: group, from, to });
    expect(rows).toMatchObject([{ user: { id: ada }, heldSeconds: 5, last: null }]);
  });

  it("was-member names what a “no” looked through", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const inner = world.group("inner", ada);
    const outer = world.group("outer");
    world.add(outer, inner);
    world.remove(outer, inner);
    const yes = await asking(world, "was-member", { id: outer, member: ada });
    expect(yes.rows).toMatchObject([{ member: true, intervals: [{ cause: "parentRemoved" }] }]);
    const no = await asking(world, "was-member", { id: outer, member: grace });
    const places = world.entries.length;
    expect(no.rows).toEqual([
      {
        member: false,
        intervals: [],
        examined: {
          from: "0000000000000001",
          to: world.position,
          places,
          events: places,
          groups: [outer, inner],
          moreGroups: 0,
        },
      },
    ]);
  });

  it("tells one way at least for all the time in which there were more than anybody can count", async () => {
    const world = new World();
    const ada = world.user("ada");
    const bottom = world.group("bottom", ada);
    let below: readonly string[] = [bottom];
    for (let layer = 0; layer < 6; layer++)
      below = Array.from({ length: 6 }, (_, n) => world.group(`${layer} ${n}`, ...below));
    const top = world.group("top", ...below);
    world.remove(bottom, ada);
    world.user("bob");
    world.add(bottom, ada);
    const granted = await asking(world, "who-granted", { id: top, member: ada });
    expect(granted.subject).toMatchObject({ moreWaysAtLeast: true });
    const spans = granted.rows.map(({ from, to }) => [from, to]);
    const access = await asking(world, "access-of", { id: ada });
    const reached = access.rows.filter(({ target }) => String(target) === top);
    expect(reached).toHaveLength(2);
    for (const row of reached) {
      expect(row).toMatchObject({ direct: false, morePathsAtLeast: true });
      expect(row["paths"]).not.toEqual([]);
      expect(spans).toContainEqual([row["from"], row["to"]]);
    }
    for (const { groups, steps } of granted.rows) {
      const passed = groups as unknown as readonly string[];
      expect(passed.at(-1)).toBe(top);
      expect(steps).toHaveLength(passed.length);
    }
  });

  it("who-granted tells each step of a nested way, with approval and end", async () => {
    const world = new World();
    const ada = world.user("ada");
    world.actor = { credential: "cred-1", name: "Entra ID", kind: "provisioning" };
    const [inner, outer] = [world.group("inner"), world.group("outer")];
    world.approval = "TICKET-7";
    const first = world.add(inner, ada);
    world.approval = undefined;
    world.actor = { credential: "cred-2", name: "Okta", kind: "provisioning" };
    const second = world.add(outer, inner);
    const end = world.remove(inner, ada);
    const { rows } = await asking(world, "who-granted", { id: outer, member: ada });
    expect(rows).toMatchObject([
      {
        groups: [inner, outer],
        from: timeOf(world, second),
        to: timeOf(world, end),
        steps: [
          {
            member: ada,
            group: inner,
            cause: "removed",
            granted: { position: first, approval: "TICKET-7", actor: { name: "Entra ID" } },
            ended: { position: end },
          },
          { member: inner, group: outer, granted: { position: second, actor: { name: "Okta" } }, ended: null },
        ],
      },
    ]);
    expect(rows[0]!["steps"]![1]!["granted"]).not.toHaveProperty("approval");
  });

  it("disabled-access lists who is disabled and still in a group, also who was created so", async () => {
    const world = new World();
    const [ada, grace, alan] = [
      world.user("ada"),
      world.user({ userName: "grace", active: false }),
      world.user({ userName: "alan", active: false }),
    ];
    const group = world.group("group", ada, grace);
    const outer = world.group("outer", group);
    const disabled = world.set(ada, "active", false);
    const { rows } = await asking(world, "disabled-access", {});
    expect(rows).toMatchObject([
      {
        user: { id: ada },
        disabled: { position: disabled },
        held: [{ kind: "group", target: group, display: "group" }, { target: outer }],
      },
      { user: { id: grace }, disabled: { type: "UserCreated" }, held: [{ target: group }, { target: outer }] },
    ]);
    expect(rows.map(({ user }) => user!["id"])).not.toContain(alan);
    const before = formatInstant(world.entries.find(({ position }) => position === disabled)!.effectiveAt - 1);
    expect((await asking(world, "disabled-access", { asOf: before })).rows).toMatchObject([{ user: { id: grace } }]);
  });

  it("overlaps counts nested ways, and not intervals that touch", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const [pay, approve] = [world.group("pay", ada, grace), world.group("approve")];
    const inner = world.group("inner", ada);
    const began = world.add(approve, inner);
    const ended = world.remove(pay, ada);
    // Grace changes from the one to the other with no time in between.
    world.append("Group", pay, []);
    const out = world.remove(pay, grace);
    world.now -= 1_000_000;
    const into = world.add(approve, grace);
    expect(timeOf(world, out)).toBe(timeOf(world, into));
    const { rows } = await asking(world, "overlaps", { group: pay, with: approve });
    expect(rows).toMatchObject([
      {
        user: { id: ada },
        groups: [
          { id: pay, display: "pay" },
          { id: approve, display: "approve" },
        ],
        overlaps: [{ from: timeOf(world, began), to: timeOf(world, ended) }],
        effective: [{ from: timeOf(world, began), to: timeOf(world, ended) }],
        held: [[{ cause: "removed" }], [{ cause: null }]],
      },
    ]);
  });

  it("movers lists groups kept, not those left and joined again", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", title: "engineer" });
    const [kept, again] = [world.group("kept", ada), world.group("again", ada)];
    const since = world.entries.at(-3)!.position;
    const moved = world.set(ada, "title", "manager");
    world.remove(again, ada);
    world.now += 2 * 86_400_000_000;
    world.add(again, ada);
    const { rows } = await asking(world, "movers", { days: "1" });
    expect(rows).toMatchObject([
      {
        user: { id: ada },
        moved: { position: moved },
        changes: [{ path: "title", before: "engineer", after: "manager" }],
        retained: [{ group: { id: kept, display: "kept" }, since: { position: since } }],
      },
    ]);
    expect((await asking(world, "movers", { attributes: "userType" })).rows).toEqual([]);
    await expect(asking(world, "movers", { attributes: "colour" })).rejects.toMatchObject({ status: 400 });
  });

  it("orphans takes nobody for erased who is only called so", async () => {
    const world = new World();
    const called = world.user({ userName: "[erased]", displayName: "[erased]" });
    const { rows } = await asking(world, "orphans", { rule: "noManager" });
    expect(rows).toMatchObject([{ user: { id: called }, rules: ["noManager"] }]);
  });

  it("orphans tells the rules, and counts erased persons as untested", async () => {
    const world = new World();
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    const ada = world.user({ userName: "ada", externalId: "1", [enterprise]: { manager: { value: "boss" } } });
    const grace = world.user("grace");
    const gone = world.user({ userName: "gone", externalId: "2", [enterprise]: { manager: { value: "boss" } } });
    world.erase(gone);
    const answer = await asking(world, "orphans", { rule: "noManager" });
    expect(answer.rows).toMatchObject([
      { user: { id: grace }, rules: ["noManager"], created: { type: "UserCreated" } },
    ]);
    expect(answer).toMatchObject({ untested: 1 });
    const unknown = await asking(world, "orphans", { rule: "unknownClient" });
    expect(unknown.rows.map(({ user }) => user!["id"])).toEqual([ada, grace, gone]);
  });

  it.each(["dormant", "self-grants", "temporary-grants"])("%s says that no source is connected", async (id) => {
    const world = new World();
    world.user("ada");
    const answer = await asking(world, id, {});
    expect(answer).toMatchObject({ count: 0, completeness: { noSource: expect.stringContaining("no source") } });
  });

  it.each([
    ["leavers", {}, "when somebody joins or leaves"],
    ["joiners", {}, "when somebody joins or leaves"],
    ["deprovisioning-times", {}, "when somebody joins or leaves"],
    ["orphans", { rule: "notInFeed" }, "when somebody joins or leaves"],
    ["privileged", {}, "no group was ever marked"],
    ["overlaps", {}, "no two groups were ever marked"],
  ] as const)("%s says why it has no rows, where nobody had said what it asks about", async (id, given, why) => {
    const world = new World();
    const [ada, group, other] = [world.user("ada"), world.group("group"), world.group("other")];
    expect(await asking(world, id, given)).toMatchObject({
      count: 0,
      completeness: { noSource: expect.stringContaining(why) },
    });
    const before = formatInstant(world.now);
    world.record("assertion", DateAsserted({ source: "workday", user: ada, kind: "joins", at: null }));
    world.ofTenant(GroupMarkedPrivileged({ group }));
    world.ofTenant(GroupsMarkedExclusive({ groups: [group, other] }));
    expect((await asking(world, id, given)).completeness).not.toHaveProperty("noSource");
    if (id === "leavers")
      expect((await asking(world, id, { knownAt: before })).completeness).toHaveProperty("noSource");
  });

  it("diff tells what came and went, net of nothing", async () => {
    const world = new World();
    const [ada, grace] = [world.user({ userName: "ada", title: "a" }), world.user("grace")];
    const group = world.group("group", grace);
    const from = formatInstant(world.now);
    const there = world.set(ada, "title", "b");
    const back = world.set(ada, "title", "a");
    const added = world.add(group, ada);
    world.remove(group, grace);
    world.add(group, grace);
    const alan = world.user("alan");
    const brief = world.user("brief");
    world.delete(brief);
    const { rows } = await asking(world, "diff", { from });
    expect(
      rows.map(({ resource, kind, path, member, events }) => [
        resource!["id"],
        kind,
        path,
        member,
        positionsOf(events as unknown as readonly Evidence[]),
      ]),
    ).toMatchObject([
      [ada, "reverted", "title", undefined, [there, back]],
      [group, "added", "members", ada, [added]],
      [group, "reverted", "members", grace, [expect.anything(), expect.anything()]],
      [alan, "created", undefined, undefined, [expect.anything()]],
      [alan, "added", "userName", undefined, [expect.anything()]],
      [alan, "added", "displayName", undefined, [expect.anything()]],
      [brief, "reverted", undefined, undefined, [expect.anything(), expect.anything()]],
    ]);
    const page = await asking(world, "diff", { from, limit: "2" });
    const rest = await asking(world, "diff", { from, cursor: page.next! });
    expect([...page.rows, ...rest.rows]).toEqual(rows);
  });

  it("diff tells that an account without active was disabled and enabled again as no difference", async () => {
    const world = new World();
    const ada = world.user("ada");
    const from = formatInstant(world.now);
    world.set(ada, "active", false);
    expect((await asking(world, "diff", { from })).rows).toMatchObject([
      { kind: "added", path: "active", after: false },
    ]);
    world.set(ada, "active", undefined);
    expect((await asking(world, "diff", { from })).rows).toMatchObject([{ kind: "reverted", path: "active" }]);
  });

  it("diff ends a membership with its member, whenever that was written down", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const [one, two] = [world.group("one", ada, grace), world.group("two", ada)];
    const from = formatInstant(world.now);
    const death = world.delete(ada, false);
    const to = formatInstant(world.entries.at(-1)!.effectiveAt);
    world.endMemberships(ada);
    const removed = (group: string) => ({
      ...{ resource: { id: group }, kind: "removed", path: "members", member: ada },
      events: [{ position: death, type: "UserDeleted" }],
    });
    for (const group of [one, two]) {
      const of = { type: "groups", id: group };
      expect((await asking(world, "diff", { ...of, from, to })).rows).toMatchObject([removed(group)]);
      expect((await asking(world, "diff", { ...of, from: to })).rows).toEqual([]);
      expect((await asking(world, "diff", { ...of, from })).rows).toMatchObject([removed(group)]);
    }
    const all = [{ resource: { id: ada }, kind: "deleted" }, removed(one), removed(two)];
    for (const until of [{ to }, {}]) {
      const { rows } = await asking(world, "diff", { from, ...until });
      expect(rows).toMatchObject(all);
      const page = await asking(world, "diff", { from, ...until, limit: "2" });
      const rest = await asking(world, "diff", { from, ...until, cursor: page.next! });
      expect([...page.rows, ...rest.rows]).toEqual(rows);
    }
    expect((await asking(world, "diff", { from: to })).rows).toEqual([]);
  });

  it("diff of a user tells memberships, also those that ended with the group", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [kept, gone] = [world.group("kept"), world.group("gone", ada)];
    const from = formatInstant(world.now);
    world.add(kept, ada, world.user("grace"));
    const deleted = world.delete(gone);
    const { rows } = await asking(world, "diff", { from, type: "users", id: ada });
    expect(rows).toMatchObject([
      { resource: { id: kept }, kind: "added", path: "members", member: ada },
      { resource: { id: gone, display: "gone" }, kind: "removed", member: ada, events: [{ position: deleted }] },
    ]);
  });
});
