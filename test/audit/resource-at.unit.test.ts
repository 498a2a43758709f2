import { describe, expect, it } from "@jest/globals";
import { resourceAt } from "../../src/audit/questions/resource-at.ts";
import { ask, timeOf } from "./asking.ts";
import { stores } from "./stores.ts";
import { World } from "./world.ts";

describe.each(stores)("a resource as of an instant, from a store $store", ({ using }) => {
  const at = (world: World, type: string, id: string, asOf?: string) =>
    using(world, (sources) => ask(resourceAt, { type, id, ...(asOf === undefined ? {} : { asOf }) }, sources));

  it("is what a GET would have answered, with its groups as of the same position", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", title: "Countess" });
    const group = world.group("Finance", ada);
    const then = world.position;
    world.set(ada, "title", "Analyst");
    world.rename(group, "Controlling");
    const { resource, position, count } = await at(world, "User", ada, timeOf(world, then));
    expect([position, count]).toEqual([then, 1]);
    expect(resource).toEqual({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      id: ada,
      userName: "ada",
      title: "Countess",
      groups: [
        { value: group, $ref: `https://scim.example.com/scim/v2/Groups/${group}`, display: "Finance", type: "direct" },
      ],
      meta: {
        resourceType: "User",
        created: timeOf(world, world.entries[0]!.position),
        lastModified: timeOf(world, world.entries[0]!.position),
        location: `https://scim.example.com/scim/v2/Users/${ada}`,
        version: 'W/"0"',
      },
    });
  });

  it("is there after its deletion as it was before, with the members of a group", async () => {
    const world = new World();
    const [ada, grace] = [world.user("ada"), world.user("grace")];
    const group = world.group("group", ada, grace);
    const before = timeOf(world, world.position);
    const deleted = world.delete(group);
    const { resource } = await at(world, "Groups", group, before);
    expect(resource["members"]).toMatchObject([{ value: ada, display: "ada", type: "User" }, { value: grace }]);
    const now = at(world, "groups", group);
    await expect(now).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining(`was deleted at ${timeOf(world, deleted)}`),
    });
  });

  it("was not there before its creation, and the answer says since when", async () => {
    const world = new World();
    world.user("grace");
    const earlier = timeOf(world, world.position);
    const ada = world.user("ada");
    const asking = at(world, "User", ada, earlier);
    await expect(asking).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining(`created only at ${timeOf(world, world.position)}`),
    });
  });

  it("is not another person who bears the same name since", async () => {
    const world = new World();
    const first = world.user({ userName: "ada", title: "first" });
    const then = timeOf(world, world.position);
    world.delete(first);
    const second = world.user({ userName: "ada", title: "second" });
    expect((await at(world, "User", first, then)).resource).toMatchObject({ id: first, title: "first" });
    expect((await at(world, "User", second)).resource).toMatchObject({ id: second, title: "second" });
  });

  it("reads as [erased] where it is, also in the past", async () => {
    const world = new World();
    const ada = world.user({ userName: "ada", roles: [{ value: "approver" }] });
    const then = timeOf(world, world.position);
    world.erase(ada);
    expect((await at(world, "User", ada, then)).resource).toMatchObject({
      userName: "[erased]",
      roles: [{ value: "approver" }],
    });
  });
});
