// What a plan brings back: what was deleted, under a new id that nobody knows yet, with its memberships; and what stands of what
// was changed, beside what others did to the same.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { revertPlan } from "../../src/audit/revert-plan.ts";
import { START } from "../../src/eventlog/event-log.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { sourcesOf } from "./asking.ts";
import { FoldStore } from "./fold-store.ts";
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

const patching = (user: string, ...operations: JsonObject[]) => ({
  ...{ method: "PATCH", path: `/Users/${user}` },
  body: operations,
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

  it("restores what stands of an event whose other changes somebody undid", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", title: "engineer", nickName: "Ada" });
    badly(world, () => world.replace(ada, { userName: "ada", title: "thief", nickName: "Robin" }));
    world.set(ada, "nickName", "Countess");
    expect(await planOf(world)).toEqual([patching(ada, { op: "replace", path: "title", value: "engineer" })]);
  });

  it("restores what somebody else had set before the last changes, be it none", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", title: "t0" });
    badly(world, () => world.set(ada, "title", "tA"));
    world.set(ada, "title", "tB");
    badly(world, () => {
      world.set(ada, "title", "tA1");
      world.set(ada, "title", "tA2");
    });
    expect(await planOf(world)).toEqual([patching(ada, { op: "replace", path: "title", value: "tB" })]);
    world.set(ada, "title", undefined);
    badly(world, () => world.set(ada, "title", "tA3"));
    expect(await planOf(world)).toEqual([patching(ada, { op: "remove", path: "title" })]);
    world.set(ada, "title", "tB2");
    expect(await planOf(world)).toEqual([]);
  });

  it("leaves alone what the same events had restored", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", title: "t0" });
    badly(world, () => {
      world.set(ada, "title", "tA");
      world.set(ada, "title", "t0");
    });
    expect(await planOf(world)).toEqual([]);
  });

  it("restores each attribute to what the last other one had set, and no attribute that another one set since", () =>
    fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
        const world = new World();
        const ada = world.user({ userName: "ada", title: "0", nickName: "0" });
        const expected: Record<string, Json> = { title: "0", nickName: "0" };
        for (const { isBad, ...values } of changes) {
          const set = () => world.replace(ada, { userName: "ada", ...currentOf(world, ada), ...values });
          const before = currentOf(world, ada);
          if (isBad) badly(world, set);
          else set();
          for (const [name, value] of Object.entries(values))
            if (!isBad && value !== before[name]) expected[name] = value;
        }
        const plan = await planOf(world);
        const undone = { ...currentOf(world, ada) };
        for (const { body } of plan)
          for (const { path, value } of body as { path: string; value: Json }[]) undone[path] = value;
        expect(undone).toEqual(expected);
      }),
      { numRuns: 100 },
    ));
});

const name = fc.constantFrom("1", "2", "3");
const change = fc.record(
  { isBad: fc.boolean(), title: name, nickName: name },
  { requiredKeys: ["isBad"] },
) as fc.Arbitrary<{ isBad: boolean; title?: string; nickName?: string }>;

const currentOf = (world: World, id: string): Record<string, Json> => {
  const { title, nickName } = JSON.parse(`${new FoldStore(world).get(TENANT, "User", id)!.body}}`) as JsonObject;
  return { title: title!, nickName: nickName! };
};
