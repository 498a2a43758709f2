import { describe, expect, it } from "@jest/globals";
import type { z } from "zod";
import { formatInstant } from "../../src/audit/answers/instant.ts";
import { accessOf, type accessRow } from "../../src/audit/questions/access.ts";
import { ask, timeOf } from "./asking.ts";
import { stores } from "./stores.ts";
import { World } from "./world.ts";

type Row = z.output<typeof accessRow>;

describe.each(stores)("what a user had access to, from a store $store", ({ using }) => {
  const access = async (world: World, user: string, window: Record<string, string> = {}) =>
    using(world, (sources) => ask<Row>(accessOf, { id: user, ...window }, sources));
  const groupRows = async (world: World, user: string, window?: Record<string, string>) =>
    (await access(world, user, window)).rows.filter(({ kind }) => kind === "group");

  it("has two intervals where someone was added again after a removal, each with who granted and who ended it", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group");
    const first = world.add(group, ada);
    world.actor = { credential: "cred-2", name: "Okta", kind: "provisioning" };
    world.requestId = "request-9";
    const removed = world.remove(group, ada);
    const again = world.add(group, ada);
    expect(await groupRows(world, ada)).toMatchObject([
      {
        target: group,
        direct: true,
        from: timeOf(world, first),
        to: timeOf(world, removed),
        cause: "removed",
        granted: { position: first, actor: { id: "cred-1", name: "Entra ID" }, requestId: "request-1" },
        ended: {
          position: removed,
          actor: { id: "cred-2", name: "Okta" },
          requestId: "request-9",
          event: `event-${Number(removed)}`,
        },
      },
      { target: group, from: timeOf(world, again), to: null, cause: null, ended: null },
    ]);
  });

  it("has two intervals that touch where the removal and the re-add were one command", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group", ada);
    const swapped = world.removeAndAdd(group, ada);
    const [before, after] = await groupRows(world, ada);
    expect(before!.to).toBe(after!.from);
    expect(before!.ended!.position).not.toBe(after!.granted.position);
    expect(await groupRows(world, ada, { asOf: timeOf(world, swapped) })).toMatchObject([{ to: null }]);
  });

  it("never had effect where the request that grants also disables the account", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", active: true });
    world.replace(ada, { userName: "ada", active: false, roles: [{ value: "approver" }] });
    const { rows } = await access(world, ada);
    expect(rows).toMatchObject([{ kind: "account" }, { kind: "role", target: "approver", to: null, effective: [] }]);
  });

  it("shows a membership of one second within a window of a day", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group");
    world.add(group, ada);
    world.remove(group, ada);
    world.now += 86_400_000_000;
    const from = formatInstant(world.entries[0]!.effectiveAt);
    expect(await groupRows(world, ada, { from, to: formatInstant(world.now) })).toHaveLength(1);
  });

  it("masks what is held while the account is disabled, and does not end it", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group", ada);
    const granted = world.position;
    const disabled = world.set(ada, "active", false);
    const enabled = world.set(ada, "active", true);
    const { rows } = await access(world, ada);
    expect(rows.filter(({ kind }) => kind === "account")).toMatchObject([
      { cause: "userDeactivated", to: timeOf(world, disabled), target: ada, direct: true },
      { cause: null, from: timeOf(world, enabled), to: null },
    ]);
    expect(rows.find(({ target }) => target === group)).toMatchObject({
      to: null,
      effective: [
        { from: timeOf(world, granted), to: timeOf(world, disabled) },
        { from: timeOf(world, enabled), to: null },
      ],
    });
  });

  it.each([true, false])(
    "ends everything with the user's deletion (memberships ended afterwards: %s)",
    async (ending) => {
      const world = new World();
      const ada = world.user({ userName: "ada", roles: [{ value: "approver" }] });
      world.group("group", ada);
      const deleted = world.delete(ada, ending);
      const { rows, subject } = await access(world, ada);
      expect(rows.map(({ kind, to, cause }) => [kind, to, cause])).toEqual(
        ["account", "role", "group"].map((kind) => [kind, timeOf(world, deleted), "userDeleted"]),
      );
      expect(subject.deleted).toBe(timeOf(world, deleted));
    },
  );

  it("ends a membership with the group's deletion, and one through it too", async () => {
    const world = new World();
    const ada = world.user("ada");
    const inner = world.group("inner", ada);
    const outer = world.group("outer", inner);
    const deleted = world.delete(inner);
    for (const row of await groupRows(world, ada))
      expect(row).toMatchObject({ cause: "groupDeleted", ended: { position: deleted } });
    expect((await groupRows(world, ada)).map(({ target, direct }) => [target, direct])).toEqual([
      [inner, true],
      [outer, false],
    ]);
  });

  it("names the removal of a group from its parent as such, with whoever did it", async () => {
    const world = new World();
    const ada = world.user("ada");
    const inner = world.group("inner", ada);
    const outer = world.group("outer");
    const nested = world.add(outer, inner);
    const removed = world.remove(outer, inner);
    const row = (await groupRows(world, ada)).find(({ target }) => target === outer)!;
    expect(row).toMatchObject({
      direct: false,
      cause: "parentRemoved",
      granted: { position: nested },
      ended: { position: removed },
    });
    expect(row.paths).toMatchObject([{ groups: [inner, outer], cause: "parentRemoved" }]);
  });

  it("is one interval while any path holds, and lists the time of each", async () => {
    const world = new World();
    const ada = world.user("ada");
    const inner = world.group("inner");
    const outer = world.group("outer", ada, inner);
    const nested = world.add(inner, ada);
    const removed = world.remove(outer, ada);
    const row = (await groupRows(world, ada)).find(({ target }) => target === outer)!;
    expect(row).toMatchObject({ to: null, direct: true });
    expect(row.paths).toMatchObject([
      { groups: [outer], to: timeOf(world, removed), cause: "removed" },
      { groups: [inner, outer], from: timeOf(world, nested), to: null },
    ]);
  });

  it("goes on without a gap where one event replaces the path by another", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [left, right] = [world.group("left", ada), world.group("right", ada)];
    const outer = world.group("outer", left);
    const granted = world.position;
    const exchanged = world.exchange(outer, left, right);
    const rows = (await groupRows(world, ada)).filter(({ target }) => target === outer);
    expect(rows).toMatchObject([{ granted: { position: granted }, to: null }]);
    expect(rows[0]!.paths).toMatchObject([
      { groups: [left, outer], ended: { position: exchanged } },
      { groups: [right, outer], granted: { position: exchanged } },
    ]);
  });

  it("has roles and entitlements, from their grant to their revocation", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", roles: [{ value: "approver" }] });
    const granted = world.set(ada, "entitlements", [{ value: "seat" }]);
    const revoked = world.set(ada, "roles", undefined);
    const { rows } = await access(world, ada);
    expect(rows.filter(({ kind }) => kind !== "account")).toMatchObject([
      { kind: "role", target: "approver", cause: "revoked", ended: { position: revoked }, display: null },
      { kind: "entitlement", target: "seat", to: null, granted: { position: granted, type: "UserAttributesChanged" } },
    ]);
  });

  it("names a renamed group as it was then and as it is now", async () => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("Finance", ada);
    const then = timeOf(world, world.position);
    world.rename(group, "Controlling");
    expect(await groupRows(world, ada, { asOf: then })).toMatchObject([
      { display: { asOf: "Finance", now: "Controlling" } },
    ]);
    expect(await groupRows(world, ada)).toMatchObject([{ display: { asOf: "Controlling", now: "Controlling" } }]);
  });

  it("leaves out of a window what ended at its beginning or began at its end", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [early, late] = [world.group("early", ada), world.group("late")];
    const ended = timeOf(world, world.remove(early, ada));
    const begun = timeOf(world, world.add(late, ada));
    expect(await groupRows(world, ada, { from: ended, to: begun })).toEqual([]);
  });

  it("is exact where nobody could list all paths", async () => {
    const world = new World();
    const ada = world.user("ada");
    let joint = world.group("bottom", ada);
    for (let layer = 0; layer < 25; layer++)
      joint = world.group("joint", world.group("left", joint), world.group("right", joint));
    const top = (await groupRows(world, ada)).find(({ target }) => target === joint)!;
    expect(top).toMatchObject({ direct: false, to: null, morePathsAtLeast: true });
  });

  it("goes on after a page where it ended", async () => {
    const world = new World();
    const ada = world.user("ada");
    for (let i = 0; i < 5; i++) world.group(`group ${i}`, ada);
    const whole = (await access(world, ada)).rows;
    const first = await access(world, ada, { limit: "4" });
    world.group("later", ada);
    const second = await access(world, ada, { limit: "4", cursor: first.next! });
    expect([...first.rows, ...second.rows]).toEqual(whole);
    expect(second.next).toBeUndefined();
  });

  it("refuses an instant together with a window", async () => {
    const world = new World();
    const ada = world.user("ada");
    const asOf = timeOf(world, world.position);
    await expect(access(world, ada, { asOf, from: asOf })).rejects.toMatchObject({
      status: 400,
      scimType: "invalidValue",
    });
  });
});
