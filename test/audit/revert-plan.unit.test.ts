// What a plan brings back: what was deleted, under a new id that nobody knows yet, with its memberships; and what stands of what
// was changed, beside what others did to the same.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { revertPlan } from "../../src/audit/replay/revert-plan.ts";
import { START } from "../../src/eventlog/event-log.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { FoldStore } from "./fold-store.ts";
import { stores } from "./stores.ts";
import { TENANT, World } from "./world.ts";

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

describe.each(stores)("a plan: $store", ({ using, runs }) => {
  const operationsOf = (world: World) =>
    using(world, (sources) =>
      revertPlan(sources, TENANT, world.position, { after: START, until: world.position }, { request: "bad" }),
    );

  const planOf = async (world: World) => {
    const operations = await operationsOf(world);
    return operations.map(({ method, path, body, bulkId }) => ({
      ...{ method, path },
      ...(bulkId === undefined ? {} : { bulkId }),
      ...(method === "POST" ? { body: body! } : { body: body?.["Operations"] as Json }),
    }));
  };

  it("says what they had changed of somebody whom they then deleted", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", title: "engineer" });
    badly(world, () => {
      world.set(ada, "title", "director");
      world.delete(ada);
    });
    expect(await operationsOf(world)).toMatchObject([
      { method: "POST", body: { title: "director" }, note: expect.stringMatching(/had changed its title before/u) },
    ]);
  });

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

  it("brings nobody back into what it takes away, and no group back with whom it takes away", async () => {
    const world = new World();
    const ada = world.user("ada");
    const [old, other] = [world.group("old", ada), world.group("other")];
    let [eve, made] = ["", ""];
    badly(world, () => {
      eve = world.user("eve");
      made = world.group("made", ada, old);
      world.add(old, eve);
      world.add(other, eve);
      world.delete(ada);
      world.delete(old);
    });
    const plan = await planOf(world);
    expect(plan).toEqual([
      {
        ...{ method: "POST", path: "/Groups", bulkId: old },
        body: expect.objectContaining({ members: [{ value: `bulkId:${ada}` }] }),
      },
      { method: "POST", path: "/Users", bulkId: ada, body: expect.objectContaining({ userName: "ada" }) },
      { method: "DELETE", path: `/Groups/${made}`, body: undefined },
      { method: "DELETE", path: `/Users/${eve}`, body: undefined },
    ]);
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
      runs,
    ));

  it.each(["roles", "entitlements"])("takes back one of the %s beside those that somebody else gave", async (name) => {
    const world = new World();
    const ada = world.user({ userName: "ada", [name]: [{ value: "guest" }] });
    badly(world, () => world.patch(ada, { op: "add", path: name, value: [{ value: 'ad"min', type: "work" }] }));
    world.patch(ada, { op: "add", path: name, value: [{ value: "staff" }] });
    expect(await planOf(world)).toEqual([patching(ada, { op: "remove", path: `${name}[value eq "ad\\"min"]` })]);
    world.patch(ada, { op: "add", path: name, value: [{ value: 'ad"min', type: "home" }] });
    const path = `${name}[value eq "ad\\"min" and type eq "work"]`;
    expect(await planOf(world)).toEqual([patching(ada, { op: "remove", path })]);
    world.patch(ada, { op: "remove", path });
    expect(await planOf(world)).toEqual([]);
  });

  it("gives a role back as it was, beside those that somebody else gave, whose primary one stays it", async () => {
    const world = new World();
    const admin = { value: "admin", display: "Administrator", type: "work" };
    const ada = world.user({ userName: "ada", roles: [{ ...admin, primary: true }] });
    badly(world, () => world.set(ada, "roles", undefined));
    world.set(ada, "roles", [{ value: "staff" }]);
    const added = (element: JsonObject) => [patching(ada, { op: "add", path: "roles", value: [element] })];
    expect(await planOf(world)).toEqual(added({ ...admin, primary: true }));
    world.set(ada, "roles", [{ value: "staff", primary: true }]);
    expect(await planOf(world)).toEqual(added(admin));
    world.delete(ada);
    expect(await planOf(world)).toEqual([]);
  });

  it("says once what it restores as a whole", async () => {
    const world = new World();
    const roles = [{ value: "staff", display: "Staff" }];
    const ada = world.user({ userName: "ada", roles });
    badly(world, () => world.set(ada, "roles", [{ value: "staff", display: "Thief" }, { value: "admin" }]));
    world.set(ada, "title", "engineer");
    expect(await planOf(world)).toEqual([patching(ada, { op: "replace", path: "roles", value: roles })]);
  });

  it("leaves alone a membership that the same events gave and took, or took and gave", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const group = world.group("group", grace);
    badly(world, () => {
      world.add(group, ada);
      world.remove(group, ada);
      world.removeAndAdd(group, grace);
    });
    expect(await planOf(world)).toEqual([]);
    world.remove(group, grace);
    badly(world, () => world.add(group, grace));
    expect(await planOf(world)).toMatchObject([{ body: [{ op: "remove", path: `members[value eq "${grace}"]` }] }]);
  });

  it("leaves everybody the roles that the last other one had left them, once it is carried out", () =>
    fc.assert(
      fc.asyncProperty(fc.array(grant, { maxLength: 12 }), async (grants) => {
        const world = new World();
        const ada = world.user({ userName: "ada", roles: [{ value: "a" }, { value: "b" }] });
        const expected = new Set(["a", "b"]);
        for (const { isBad, op, value } of grants) {
          const has = rolesOf(world, ada).has(value);
          if (has === (op === "add")) continue;
          const operation = op === "add" ? { op, path: "roles", value: [{ value }] } : removing(value);
          if (isBad) badly(world, () => world.patch(ada, operation));
          else world.patch(ada, operation);
          if (isBad) continue;
          if (op === "add") expected.add(value);
          else expected.delete(value);
        }
        for (const { body } of await planOf(world)) world.patch(ada, ...(body as JsonObject[]));
        expect(rolesOf(world, ada)).toEqual(expected);
      }),
      runs,
    ));

  it.each(["the same events", "somebody else"])(
    "says of whom %s erased that nobody can bring them back",
    async (who) => {
      const world = new World();
      const [ada, grace] = [world.user("ada"), world.user("grace")];
      const [team, kept] = [world.group("team", ada, grace), world.group("kept", ada)];
      badly(world, () => {
        world.delete(ada);
        world.delete(team, false);
        if (who === "the same events") world.erase(ada);
      });
      if (who !== "the same events") world.erase(ada);
      const plan = await operationsOf(world);
      expect(plan.map(({ method, path }) => [method, path]).sort()).toEqual([
        [undefined, `/Users/${ada}`],
        ["POST", "/Groups"],
      ]);
      expect(plan.find(({ path }) => path.includes(ada))).toMatchObject({ note: expect.stringContaining("erased") });
      expect(plan.find(({ method }) => method === "POST")?.body).toMatchObject({ members: [{ value: grace }] });
      expect(JSON.stringify(plan)).not.toMatch(new RegExp(`\\[erased\\]|bulkId:|${kept}`, "u"));
    },
  );

  it("says of a name that another one bears by now that the service will refuse it, and not who that is", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    badly(world, () => {
      world.delete(ada);
      world.set(grace, "userName", "hopper");
    });
    const notes = async () =>
      (await operationsOf(world)).filter(({ note }) => note?.includes("another resource bears the same userName: "));
    expect(await notes()).toEqual([]);
    const other = world.user({ userName: "ADA", displayName: "Lady" });
    expect(await notes()).toMatchObject([{ method: "POST", path: "/Users", body: { userName: "ada" } }]);
    world.user("Grace");
    const refused = await notes();
    expect(refused).toMatchObject([{ method: "PATCH", path: `/Users/${grace}` }, { method: "POST" }]);
    expect(JSON.stringify(refused)).not.toMatch(new RegExp(`ADA|Lady|${other}`, "u"));
    world.delete(other);
    expect(await notes()).toMatchObject([{ method: "PATCH" }]);
  });

  it("counts on a name whose bearer it takes away before", async () => {
    const world = new World();
    const ada = world.user("ada");
    badly(world, () => {
      world.delete(ada);
      world.user("ada");
    });
    const [removal, creation] = await operationsOf(world);
    expect(removal).toMatchObject({ method: "DELETE" });
    expect(creation).toMatchObject({ method: "POST", note: expect.not.stringContaining("409") });
  });
});

const removing = (value: string) => ({ op: "remove", path: `roles[value eq "${value}"]` });

const grant = fc.record({
  isBad: fc.boolean(),
  op: fc.constantFrom("add" as const, "remove" as const),
  value: fc.constantFrom("a", "b", "c"),
});

const rolesOf = (world: World, id: string): ReadonlySet<string> => {
  const { roles = [] } = attributesOf(world, id) as { roles?: { value: string }[] };
  return new Set(roles.map(({ value }) => value));
};

const name = fc.constantFrom("1", "2", "3");
const change = fc.record(
  { isBad: fc.boolean(), title: name, nickName: name },
  { requiredKeys: ["isBad"] },
) as fc.Arbitrary<{ isBad: boolean; title?: string; nickName?: string }>;

const currentOf = (world: World, id: string): Record<string, Json> => {
  const { title, nickName } = attributesOf(world, id);
  return { title: title!, nickName: nickName! };
};

const attributesOf = (world: World, id: string): JsonObject =>
  JSON.parse(`${new FoldStore(world).get(TENANT, "User", id)!.body}}`) as JsonObject;
