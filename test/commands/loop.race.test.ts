import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { describeOnEveryLog } from "../support/both-modes.ts";
import type { Embedded } from "../support/embedded.ts";
import { addMembers, client, eventually, removeMember, set } from "../support/requests.ts";

describeOnEveryLog("commands on one stream", (start) => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await start();
  });
  afterAll(() => embedded[Symbol.asyncDispose]());

  it("a hundred at once all take effect, each on top of the one before", async () => {
    const { createUser, patchUser, user } = client(embedded);
    const id = await createUser({ userName: "busy" });
    const written = await Promise.all(Array.from({ length: 100 }, (_, n) => patchUser(id, set("title", `t${n}`))));
    expect(written.map(({ state }) => state.version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
    expect((await user(id))?.version).toBe(100);
  });

  it("all members that were added at once are members", async () => {
    const { createUser, createGroup, patchGroup, members } = client(embedded);
    const ids = await Promise.all(Array.from({ length: 60 }, (_, n) => createUser({ userName: `member-${n}` })));
    const group = await createGroup("everyone");
    await Promise.all(ids.map((id) => patchGroup(group, addMembers(id))));
    expect((await members(group)).sort()).toEqual([...ids].sort());
    await Promise.all(ids.slice(0, 30).map((id) => patchGroup(group, removeMember(id))));
    expect((await members(group)).sort()).toEqual(ids.slice(30).sort());
  });

  it("what changes nothing appends nothing, also on top of what is on its way", async () => {
    const { createUser, patchUser, user } = client(embedded);
    const id = await createUser({ userName: "calm", title: "a" });
    const written = await Promise.all(
      [set("title", "b"), set("title", "b"), set("title", "b")].map((one) => patchUser(id, one)),
    );
    expect(written.map(({ position }) => position !== undefined)).toEqual([true, false, false]);
    expect((await user(id))?.version).toBe(1);
  });

  it("If-Match on an old version is refused with 412, and changes nothing", async () => {
    const { createUser, replaceUser, patchUser, attributes } = client(embedded);
    const id = await createUser({ userName: "guarded" });
    await patchUser(id, set("title", "new"));
    await expect(
      replaceUser(id, { userName: "guarded" }, { ifMatch: (version) => version === 0 }),
    ).rejects.toMatchObject({ status: 412 });
    await replaceUser(id, { userName: "guarded", title: "newer" }, { ifMatch: (version) => version === 1 });
    expect(await attributes(id)).toMatchObject({ title: "newer" });
  });

  it("of two with the same If-Match one wins", async () => {
    const { createUser, replaceUser } = client(embedded);
    const id = await createUser({ userName: "contested" });
    const settled = await Promise.allSettled(
      ["a", "b"].map((title) =>
        replaceUser(id, { userName: "contested", title }, { ifMatch: (version) => version === 0 }),
      ),
    );
    expect(settled.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("a deleted user leaves every group, with the cause in the log, and no group twice", async () => {
    const { createUser, createGroup, deleteUser, members } = client(embedded);
    const [gone, stays] = [await createUser({ userName: "gone" }), await createUser({ userName: "stays" })];
    const groups = await Promise.all(["g1", "g2", "g3"].map((name) => createGroup(name, [gone, stays])));
    await deleteUser(gone);
    await eventually(async () => (await embedded.stores.readStore.groupsHolding("acme", gone)).length === 0);
    for (const group of groups) {
      expect(await members(group)).toEqual([stays]);
      const events = await embedded.stores.log.read(`scim.group-acme:${group}`, -1);
      const removals = events.filter(({ type }) => type === "GroupMembersRemoved");
      expect(removals.map(({ envelope }) => JSON.parse(envelope).data)).toEqual([
        { members: [gone], cause: "userDeleted" },
      ]);
    }
  });

  it("a group's death ends its membership in others", async () => {
    const { createGroup, deleteGroup, members } = client(embedded);
    const inner = await createGroup("inner");
    const outer = await createGroup("outer", [inner]);
    await deleteGroup(inner);
    await eventually(async () => (await members(outer)).length === 0);
  });

  it("additions that race with the member's deletion leave no dead member", async () => {
    const { createUser, createGroup, patchGroup, deleteUser } = client(embedded);
    const doomed = await createUser({ userName: "doomed" });
    const groups = await Promise.all(Array.from({ length: 10 }, (_, n) => createGroup(`racing-${n}`)));
    await Promise.allSettled([...groups.map((group) => patchGroup(group, addMembers(doomed))), deleteUser(doomed)]);
    await eventually(async () => (await embedded.stores.readStore.groupsHolding("acme", doomed)).length === 0);
  });

  it("what was left undone is done after the next start", async () => {
    const { createUser, createGroup, deleteUser, members } = client(embedded);
    const id = await createUser({ userName: "leaves at night" });
    const group = await createGroup("night shift", [id]);
    const { membershipEnding } = embedded.service;
    membershipEnding.begin = () => undefined;
    await deleteUser(id);
    await embedded.restart();
    await eventually(async () => (await members(group)).length === 0);
  });
});
