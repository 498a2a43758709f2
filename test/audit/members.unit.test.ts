import { describe, expect, it } from "@jest/globals";
import type { z } from "zod";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import { type memberRow, membersAt } from "../../src/audit/questions/members.ts";
import { ask, sourcesOf, timeOf } from "./asking.ts";
import { stores } from "./stores.ts";
import { World } from "./world.ts";

type Row = z.output<typeof memberRow>;
const pathsOf = (row: Row) => row.paths.map(({ groups }) => groups);
const idsOf = (rows: readonly Row[]) => rows.map(({ member }) => member.id);

describe.each(stores)("who was a member of a group at an instant, from a store $store", ({ using }) => {
  const members = (world: World, group: string, asOf?: string) =>
    using(world, (sources) => ask<Row>(membersAt, { id: group, ...(asOf === undefined ? {} : { asOf }) }, sources));

  it("shows the members of a nested group that was deleted later", async () => {
    const world = new World();
    const ada = world.user("ada");
    const inner = world.group("inner", ada);
    const outer = world.group("outer", inner);
    const before = timeOf(world, world.position);
    const deleted = world.delete(inner);
    expect(idsOf((await members(world, outer, before)).rows)).toEqual([inner, ada]);
    expect((await members(world, outer, timeOf(world, deleted))).rows).toEqual([]);
    expect((await members(world, outer)).rows).toEqual([]);
    expect((await members(world, inner, before)).subject).toMatchObject({ display: "inner", deleted: null });
    expect(await members(world, inner)).toMatchObject({
      rows: [],
      count: 0,
      subject: { deleted: timeOf(world, deleted) },
    });
  });

  it("ends in a cycle, and nobody is a member of itself", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [a, b, c] = [world.group("a"), world.group("b"), world.group("c", ada)];
    world.add(a, b);
    world.add(b, c);
    world.add(c, a);
    const { rows } = await members(world, a);
    expect(rows.map((row) => [row.member.id, pathsOf(row)])).toEqual([
      [b, [[a]]],
      [c, [[a, b]]],
      [ada, [[a, b, c]]],
    ]);
    const outer = world.group("outer", a);
    expect((await members(world, outer)).rows.map((row) => [row.member.id, pathsOf(row)])).toEqual([
      [a, [[outer]]],
      [b, [[outer, a]]],
      [c, [[outer, a, b]]],
      [ada, [[outer, a, b, c]]],
    ]);
  });

  it("shows a user once, by each path, with the event that completed it", async () => {
    const world = new World();
    const ada = world.user("ada");
    const inner = world.group("inner");
    world.actor = { credential: "cred-2", name: "Okta", kind: "provisioning" };
    world.requestId = "request-2";
    const outer = world.group("outer", ada, inner);
    const direct = world.position;
    const nested = world.add(inner, ada);
    const { rows } = await members(world, outer);
    const row = rows.find(({ member }) => member.id === ada)!;
    expect(rows).toHaveLength(2);
    expect(row).toMatchObject({
      direct: true,
      held: true,
      effective: true,
      morePaths: 0,
      member: { type: "User", display: "ada" },
    });
    expect(row.paths).toEqual([
      {
        groups: [outer],
        since: expect.objectContaining({ position: direct, type: "GroupMembersAdded", time: timeOf(world, direct) }),
      },
      { groups: [outer, inner], since: expect.objectContaining({ position: nested }) },
    ]);
    expect(row.paths[0]!.since).toMatchObject({
      actor: { id: "cred-2", name: "Okta", kind: "provisioning" },
      requestId: "request-2",
    });
  });

  it("takes an instant exactly at an event as after it, and a microsecond earlier as before", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group");
    const added = world.add(group, ada);
    const removed = world.remove(group, ada);
    const at = (micros: number) => formatInstant(micros);
    const [begin, end] = [added, removed].map(
      (place) => world.entries.find(({ position }) => position === place)!.effectiveAt,
    );
    expect((await members(world, group, at(begin! - 1))).count).toBe(0);
    expect(await members(world, group, at(begin!))).toMatchObject({
      count: 1,
      position: added,
      effectiveAt: at(begin!),
    });
    expect((await members(world, group, at(end! - 1))).count).toBe(1);
    expect((await members(world, group, at(end!))).count).toBe(0);
  });

  it("is nobody before anything happened", async () => {
    const world = new World();
    const group = world.group("group", world.user("ada"));
    const before = await members(world, group, "2001-01-01T00:00:00Z");
    expect(before).toMatchObject({ count: 0, position: "0000000000000000", effectiveAt: null });
  });

  it("keeps a disabled account as held and not effective", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group", ada);
    world.set(ada, "active", false);
    expect((await members(world, group)).rows).toMatchObject([{ held: true, effective: false }]);
  });

  it("leaves out whoever was dead, also before their memberships were ended", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group", ada);
    world.delete(ada, false);
    expect((await members(world, group)).rows).toEqual([]);
  });

  it("counts the members of a large change from its completion on, and of an abandoned one never", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const group = world.group("group");
    const completed = world.addInParts(group, [ada]);
    world.addInParts(group, [grace], false);
    const { rows } = await members(world, group);
    expect(rows).toMatchObject([
      { member: { id: ada }, paths: [{ since: { position: completed, type: "GroupChangeCompleted" } }] },
    ]);
    const before = world.entries.find(({ position }) => position === completed)!.effectiveAt - 1;
    expect((await members(world, group, formatInstant(before))).rows).toEqual([]);
  });

  it("says how many paths it does not list, and that it stopped counting where there are too many", async () => {
    const few = diamonds(5);
    const { rows } = await members(few.world, few.top);
    const row = rows.find(({ member }) => member.id === few.user)!;
    expect(row.paths).toHaveLength(10);
    expect(row.morePaths).toBe(2 ** 5 - 10);
    expect(row.morePathsAtLeast).toBeUndefined();
    const many = diamonds(30);
    const all = await members(many.world, many.top);
    const found = all.rows.find(({ member }) => member.id === many.user)!;
    expect(found.paths.length).toBeGreaterThan(0);
    expect(found.morePathsAtLeast).toBe(true);
    expect(all.count).toBe(3 * 30 + 1);
  });

  it("answers page by page as of the position of the first page", async () => {
    const world = new World();
    const users = Array.from({ length: 7 }, (_, index) => world.user(`user ${index}`));
    const inner = world.group("inner", ...users.slice(3));
    const outer = world.group("outer", inner, ...users.slice(0, 4));
    const whole = idsOf((await members(world, outer)).rows);
    const walked: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await using(world, (sources) =>
        ask<Row>(membersAt, { id: outer, limit: "3", ...(cursor === undefined ? {} : { cursor }) }, sources),
      );
      walked.push(...idsOf(page.rows));
      cursor = page.next;
      if (walked.length === 3) world.remove(outer, users[3]!);
    } while (cursor !== undefined);
    expect(walked).toEqual(whole);
    expect(new Set(walked)).toEqual(new Set([inner, ...users]));
  });
});

describe("a cursor", () => {
  const world = new World();
  const group = world.group("group", world.user("ada"), world.user("grace"));

  it.each([
    "",
    "x",
    "0000000000000001",
    "0000000000000001.a",
    "9999999999999999.a.b",
    "0000000000000003..b",
    "00000000000000-1.a.b",
  ])("that no page of this question carried is refused: “%s”", async (cursor) => {
    const asking = ask(membersAt, { id: group, cursor }, sourcesOf(world));
    await expect(asking).rejects.toMatchObject({ status: 400, scimType: "invalidValue" });
  });

  it("is refused with another instant than its own", async () => {
    const { next } = await ask(membersAt, { id: group, limit: "1" }, sourcesOf(world));
    const asking = ask(
      membersAt,
      { id: group, cursor: next!, asOf: timeOf(world, world.entries[0]!.position) },
      sourcesOf(world),
    );
    await expect(asking).rejects.toMatchObject({ status: 400, scimType: "invalidValue" });
  });
});

/** `layers` times two groups side by side, each with both of the next layer: 2^layers paths to the user at the bottom. */
function diamonds(layers: number): { world: World; top: string; user: string } {
  const world = new World();
  const user = world.user("ada");
  let joint = world.group("bottom", user);
  for (let layer = 0; layer < layers; layer++) {
    const [left, right] = [world.group("left", joint), world.group("right", joint)];
    joint = world.group("joint", left, right);
  }
  return { world, top: joint, user };
}
