// What a plan brings back of what was deleted: under a new id that nobody knows yet, with its memberships.
import { describe, expect, it } from "@jest/globals";
import { revertPlan } from "../../src/audit/revert-plan.ts";
import { START } from "../../src/eventlog/event-log.ts";
import type { Json } from "../../src/scim/json.ts";
import { sourcesOf } from "./asking.ts";
import { TENANT, World } from "./world.ts";

const planOf = async (world: World) => {
  const stretch = { after: START, until: world.position };
  const operations = await revertPlan(sourcesOf(world), TENANT, world.position, stretch, { request: "bad" });
  return operations.map(({ method, path, body, bulkId }) => ({
    ...{ method, path },
    ...(bulkId === undefined ? {} : { bulkId }),
    ...(method === "POST" ? { body: body! } : { body: body?.["Operations"] as Json }),
  }));
};

/** A request that must be undone. */
const badly = (world: World, act: () => void) => {
  world.requestId = "bad";
  act();
  world.requestId = "later";
};

const adding = (group: string, value: string) => ({
  ...{ method: "PATCH", path: `/Groups/${group}` },
  body: [{ op: "add", path: "members", value: [{ value }] }],
});

describe("a plan", () => {
  it("brings a deleted user back into the groups it was in, by a reference", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [one, two] = [world.group("one", ada), world.group("two", ada)];
    badly(world, () => {
      world.remove(two, ada);
      world.delete(ada);
    });
    const plan = await planOf(world);
    expect(plan).toHaveLength(3);
    expect(plan).toContainEqual({
      ...{ method: "POST", path: "/Users", bulkId: ada },
      body: expect.objectContaining({ userName: "ada" }),
    });
    for (const group of [one, two]) expect(plan).toContainEqual(adding(group, `bulkId:${ada}`));
  });

  it("leaves alone what somebody gave back, and somebody took away again", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const group = world.group("group", ada, grace);
    badly(world, () => world.remove(group, ada));
    badly(world, () => world.remove(group, grace));
    world.add(group, ada);
    world.remove(group, ada);
    expect(await planOf(world)).toEqual([adding(group, grace)]);
  });

  it.each(["user", "group"])("adds nobody where the %s is gone since", async (gone) => {
    const world = new World();
    const ada = world.user("ada");
    const group = world.group("group", ada);
    badly(world, () => world.remove(group, ada));
    world.delete(gone === "user" ? ada : group);
    expect(await planOf(world)).toEqual([]);
  });

  it("does not bring back what the same request had given", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [kept, given] = [world.group("kept", ada), world.group("given")];
    badly(world, () => {
      world.add(given, ada);
      world.delete(ada);
    });
    const plan = await planOf(world);
    expect(plan.filter(({ method }) => method === "PATCH")).toEqual([adding(kept, `bulkId:${ada}`)]);
  });

  it("brings a deleted group back with the members that live or come back, in whatever order they were deleted", async () => {
    for (const order of ["user first", "group first"]) {
      const world = new World();
      const [ada, grace, gone, left] = ["ada", "grace", "gone", "left"].map((name) => world.user(name)) as [
        string,
        string,
        string,
        string,
      ];
      const team = world.group("team", ada, grace, gone, left);
      badly(world, () => {
        world.remove(team, left);
        if (order === "user first") world.delete(ada);
        world.delete(team, false);
        if (order === "group first") world.delete(ada);
      });
      world.delete(gone);
      const plan = await planOf(world);
      const body = plan.find(({ path }) => path === "/Groups")?.body as unknown as { members: { value: string }[] };
      expect(body).toMatchObject({ displayName: "team" });
      expect(body.members.map(({ value }) => value).sort()).toEqual([grace, left, `bulkId:${ada}`].sort());
      expect(plan.filter(({ method }) => method !== "POST")).toEqual([]);
    }
  });

  it("leaves alone what the same request had made", async () => {
    const world = new World();
    badly(world, () => {
      const ada = world.user("ada");
      world.group("team", ada);
      world.delete(ada);
    });
    const plan = await planOf(world);
    expect(plan).toMatchObject([{ method: "DELETE" }]);
  });
});
