import { describe, expect, it } from "@jest/globals";
import type { TimelineRow } from "../../src/audit/effects/timeline-row.ts";
import { timeline } from "../../src/audit/questions/timeline.ts";
import { ask, timeOf } from "./asking.ts";
import { stores } from "./stores.ts";
import { World } from "./world.ts";

describe.each(stores)("what happened to a user or group, from a store $store", ({ using }) => {
  const told = (world: World, id: string, parameters: Record<string, string> = {}, type = "users") =>
    using(world, (sources) => ask<TimelineRow>(timeline, { type, id, ...parameters }, sources));
  const positions = (rows: readonly TimelineRow[]) => rows.map(({ position }) => position);

  it("begins with every attribute of the creation", async () => {
    const world = new World();
    const ada = world.user({
      userName: "ada",
      name: { familyName: "Lovelace" },
      emails: [{ value: "ada@example.com" }],
      active: true,
    });
    const { rows, subject } = await told(world, ada);
    expect(rows).toEqual([
      {
        position: world.position,
        time: timeOf(world, world.position),
        at: timeOf(world, world.position),
        event: "event-1",
        type: "UserCreated",
        resource: { type: "User", id: ada },
        revision: 0,
        changes: [
          { path: "userName", after: "ada" },
          { path: "name.familyName", after: "Lovelace" },
          { path: "active", after: true },
          { path: "emails", element: "1", after: { value: "ada@example.com" } },
        ],
        memberships: { gained: [], lost: [] },
        actor: { id: "cred-1", name: "Entra ID", kind: "provisioning", profile: "lenient" },
        requestId: "request-1",
        commandId: "command-1",
        profile: "lenient",
        rules: ["entra-boolean-string"],
      },
    ]);
    expect(subject).toMatchObject({ display: "ada", deleted: null });
  });

  it("keeps the history of each element of a multi-valued attribute apart", async () => {
    const world = new World();
    const [home, work] = [
      { value: "ada@home.example", type: "home" },
      { value: "ada@work.example", type: "work" },
    ];
    const ada = world.user({ userName: "ada", emails: [home, work] });
    const moved = { ...work, value: "ada@new.example" };
    world.set(ada, "emails", [home, moved]);
    world.set(ada, "displayName", "Ada");
    world.set(ada, "emails", [moved]);
    const { rows } = await told(world, ada, { attribute: "EMAILS.value" });
    expect(rows.map(({ changes }) => changes.filter(({ path }) => path === "emails"))).toEqual([
      [
        { path: "emails", element: "1", after: home },
        { path: "emails", element: "2", after: work },
      ],
      [{ path: "emails", element: "2", before: work, after: moved }],
      [{ path: "emails", element: "1", before: home }],
    ]);
  });

  it("tells values of an erased person as [erased], and their access as it was", async () => {
    const world = new World();
    const ada = world.user({
      userName: "ada",
      displayName: "Ada",
      active: true,
      roles: [{ value: "approver", display: "Approver" }],
    });
    const group = world.group("group", ada);
    world.set(ada, "displayName", undefined);
    world.set(ada, "active", false);
    world.erase(ada);
    const { rows } = await told(world, ada);
    expect(rows.map(({ type, changes }) => [type, changes])).toEqual([
      [
        "UserCreated",
        [
          { path: "active", after: true },
          { path: "userName", after: "[erased]" },
          { path: "displayName", after: "[erased]" },
          { path: "roles", element: "1", after: { value: "approver" } },
        ],
      ],
      ["GroupMembersAdded", []],
      ["UserAttributesChanged", [{ path: "displayName", before: "[erased]" }]],
      ["UserDeactivated", [{ path: "active", before: true, after: false }]],
      ["UserErased", []],
    ]);
    expect(rows[1]!.memberships.gained).toEqual([{ id: group, display: "group" }]);
    expect(JSON.stringify(rows)).not.toContain("Ada");
  });

  it("tells no value before the deactivation of an account that was enabled without being told so", async () => {
    const world = new World();
    const ada = world.user("ada");
    world.set(ada, "active", false);
    const { rows } = await told(world, ada);
    expect(rows.at(-1)).toMatchObject({ type: "UserDeactivated", changes: [{ path: "active", after: false }] });
    expect(rows.at(-1)!.changes[0]).not.toHaveProperty("before");
  });

  it("tells memberships gained and lost, also with the group's own end", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [first, second, third] = [world.group("first"), world.group("second"), world.group("third")];
    const added = [first, second, third].map((group) => world.add(group, ada));
    const removed = world.remove(first, ada);
    const groupDeleted = world.delete(second);
    const deleted = world.delete(ada);
    const { rows } = await told(world, ada);
    const gained = rows.flatMap(({ position, memberships }) => memberships.gained.map(({ id }) => [position, id]));
    const lost = rows.flatMap(({ position, memberships }) =>
      memberships.lost.map(({ id, display, cause }) => [position, id, display, cause]),
    );
    expect(gained).toEqual([first, second, third].map((group, index) => [added[index], group]));
    expect(lost).toEqual([
      [removed, first, "first", "removed"],
      [groupDeleted, second, "second", "groupDeleted"],
      [deleted, third, "third", "userDeleted"],
    ]);
    expect(rows.at(-1)).toMatchObject({
      type: "GroupMembersRemoved",
      cause: "userDeleted",
      resource: { type: "Group", id: third },
    });
  });

  it("tells a group's members as they come and go, and its own memberships", async () => {
    const world = new World();
    const ada = world.user("ada");
    const inner = world.group("inner", ada);
    const outer = world.group("outer", inner);
    world.remove(inner, ada);
    world.rename(inner, "core");
    const { rows } = await told(world, inner, {}, "groups");
    expect(rows).toMatchObject([
      { type: "GroupCreated", changes: [{ path: "displayName", after: "inner" }] },
      { type: "GroupMembersAdded", members: { added: [ada], removed: [] } },
      {
        type: "GroupMembersAdded",
        resource: { id: outer },
        memberships: { gained: [{ id: outer, display: "outer" }] },
      },
      { type: "GroupMembersRemoved", members: { added: [], removed: [ada] } },
      { type: "GroupAttributesChanged", changes: [{ path: "displayName", before: "inner", after: "core" }] },
    ]);
    expect(rows[2]!.members).toBeUndefined();
  });

  it("tells a member of a large change of its completion alone, and the group of its parts", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const group = world.group("group");
    const completed = world.addInParts(group, [ada, grace]);
    const { rows } = await told(world, ada);
    expect(rows.at(-1)).toMatchObject({
      position: completed,
      type: "GroupChangeCompleted",
      memberships: { gained: [{ id: group }] },
    });
    expect(rows).toHaveLength(2);
    const change = rows.at(-1)!.change;
    const ofGroup = (await told(world, group, {}, "Group")).rows.filter((row) => row.change === change);
    expect(ofGroup.map(({ type }) => type)).toEqual([
      "GroupChangeBegun",
      "GroupMembersAdded",
      "GroupMembersAdded",
      "GroupChangeCompleted",
    ]);
  });

  it("is the same backwards, and page by page", async () => {
    const world = new World();
    const ada = world.user("ada");
    const groups = Array.from({ length: 4 }, (_, index) => world.group(`group ${index}`, ada));
    for (const group of groups) world.delete(group);
    const { rows } = await told(world, ada);
    expect(rows).toHaveLength(9);
    for (const order of ["ascending", "descending"]) {
      const walked: TimelineRow[] = [];
      let cursor: string | undefined;
      do {
        const page = await told(world, ada, { order, limit: "2", ...(cursor === undefined ? {} : { cursor }) });
        walked.push(...page.rows);
        cursor = page.next;
        world.set(ada, "title", `title ${walked.length}`);
      } while (cursor !== undefined);
      const own = walked.filter(({ position }) => position <= rows.at(-1)!.position);
      expect(positions(own)).toEqual(order === "ascending" ? positions(rows) : positions(rows).reverse());
    }
  });

  it("takes in the event at the beginning of a window and leaves out the one at its end", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [first, second, third] = ["a", "b", "c"].map((title) => world.set(ada, "title", title));
    const window = { from: timeOf(world, first!), to: timeOf(world, third!) };
    expect(positions((await told(world, ada, window)).rows)).toEqual([first, second]);
    expect(positions((await told(world, ada, { ...window, order: "descending" })).rows)).toEqual([second, first]);
  });

  it.each(["0000000000000001.x", "0000000000000001.1e3", "0000000000000001.NaN"])(
    "refuses the cursor %s",
    async (cursor) => {
      const world = new World();
      const ada = world.user("ada");
      await expect(told(world, ada, { cursor })).rejects.toMatchObject({ status: 400, scimType: "invalidValue" });
    },
  );

  it("refuses an attribute that there is not", async () => {
    const world = new World();
    const ada = world.user("ada");
    for (const attribute of ["constructor", "__proto__", 'emails[type eq "work"]', ""])
      await expect(told(world, ada, { attribute })).rejects.toMatchObject({ status: 400, scimType: "invalidValue" });
  });

  it("refuses groups of a user and says where memberships are told; a group's members are its own", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group", ada);
    for (const attribute of ["groups", "groups.value"])
      await expect(told(world, ada, { attribute })).rejects.toMatchObject({
        status: 400,
        scimType: "invalidValue",
        message: expect.stringContaining("/audit/v1/users/:id/access"),
      });
    expect((await told(world, group, { attribute: "members" }, "groups")).rows).toHaveLength(1);
  });
});
