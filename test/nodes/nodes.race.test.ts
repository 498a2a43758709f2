// Several nodes on one log: what each may take for granted of the others.
import { randomUUIDv7 } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { ScimError } from "../../src/scim/errors.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { context } from "../support/embedded.ts";
import { type Node, type Nodes, startNodes } from "../support/nodes.ts";
import { addMembers, client, removeMember, set } from "../support/requests.ts";

let running: Nodes;
let one: Node;
let other: Node;
beforeAll(async () => {
  running = await startNodes(3);
  [one, other] = running.nodes;
});
afterAll(async () => running[Symbol.asyncDispose]());

const RACES = Number(process.env["NODE_RACES"] ?? 40);
const MILLISECONDS_A_RACE = 300;

async function found(node: Node, filter: string): Promise<readonly string[]> {
  const of = [{ type: userType, filter: parseFilter(userType, filter) }];
  const { resources } = await node.stores.readStore.query({ tenant: "acme", of, startIndex: 1, count: 10 });
  return resources.map(({ id }) => id);
}

it("what one node answered is seen by the other at once: by id, by filter, in a membership", async () => {
  for (let round = 0; round < 10; round++) {
    const userName = `seen-${round}`;
    const id = await client(one).createUser({ userName });
    expect(await client(other).attributes(id)).toMatchObject({ userName });
    expect(await found(other, `userName eq "${userName}"`)).toEqual([id]);
    const group = await client(other).createGroup(`group-${round}`, [id]);
    expect(await client(one).members(group)).toEqual([id]);
  }
});

it(
  `of two nodes that race for one name exactly one gets it, ${RACES} times`,
  async () => {
    for (let race = 0; race < RACES; race++) {
      const userName = `raced-${race}`;
      const settled = await Promise.allSettled([one, other].map((node) => client(node).createUser({ userName })));
      const refused = settled.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
      expect(refused).toHaveLength(1);
      expect(refused[0]).toMatchObject({ status: 409, scimType: "uniqueness" });
      expect(await found(one, `userName eq "${userName}"`)).toHaveLength(1);
    }
  },
  10_000 + RACES * MILLISECONDS_A_RACE,
);

it("a node that holds a state in memory sees what others did before it refuses, and before it says that nothing changes", async () => {
  const id = await client(one).createUser({ userName: "cached" });
  await client(one).patchUser(id, set("title", "a"));
  await client(other).patchUser(id, set("title", "b"));
  expect((await client(one).patchUser(id, set("title", "b"))).position).toBeUndefined();
  await client(one).patchUser(id, set("title", "a"));
  expect((await client(other).attributes(id))?.["title"]).toBe("a");
  await client(other).deleteUser(id);
  await expect(client(one).patchUser(id, set("title", "a"))).rejects.toMatchObject({ status: 404 });
});

it("commands on one resource from all nodes at once are all carried out, or refused with 503", async () => {
  const group = await client(one).createGroup("busy");
  const users = await Promise.all(
    Array.from({ length: 12 }, (_, n) => client(running.nodes[n % 3]!).createUser({ userName: `busy-${n}` })),
  );
  const settled = await Promise.allSettled(
    users.map((id, n) => client(running.nodes[n % 3]!).patchGroup(group, addMembers(id))),
  );
  const added = users.filter((_, n) => settled[n]!.status === "fulfilled");
  expect((await client(one).members(group)).toSorted()).toEqual(added.toSorted());
  for (const outcome of settled)
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ name: "Unavailable", written: "no" });
  expect(added.length).toBeGreaterThan(0);
  await client(other).patchGroup(group, removeMember(added[0]!));
  expect(await client(one).members(group)).not.toContain(added[0]);
});

it("times on a resource never go back, though the clock of the node that writes next is behind", async () => {
  const ahead = running.nodes[2]!;
  const id = await client(one).createUser({ userName: "timed" });
  ahead.service.loop.clock.pass?.((Date.now() + 3_000) * 1_000);
  await client(ahead).patchUser(id, set("title", "ahead"));
  const before = (await client(one).user(id))!.modifiedAt;
  await client(other).patchUser(id, set("title", "behind"));
  expect((await client(one).user(id))!.modifiedAt).toBeGreaterThan(before);
});

const administrator = () => context("acme", { actor: { credential: "a", name: "a", kind: "administrator" } });
const within = async (milliseconds: number, holds: () => boolean): Promise<boolean> => {
  for (const until = Date.now() + milliseconds; Date.now() < until; await pause(5)) if (holds()) return true;
  return holds();
};

it("a credential that is revoked through one node is refused by every node within a second", async () => {
  const request = { name: "n", kind: "provisioning" } as const;
  const issued = await one.service.tenants.issue("acme", request, administrator());
  const refusedBy = (node: Node) => "refused" in node.service.directory.authenticate(issued.token, Date.now());
  expect(await within(1_000, () => running.nodes.every((node) => !refusedBy(node)))).toBe(true);
  await other.service.tenants.revoke("acme", issued.credential, administrator());
  expect(refusedBy(other)).toBe(true);
  expect(await within(1_000, () => running.nodes.every(refusedBy))).toBe(true);
});

it("a tenant that is created through one node is served by every node within a second", async () => {
  await other.service.tenants.create("globex", "Globex", administrator());
  const isKnown = () => running.nodes.every((node) => node.service.directory.tenant("globex") !== undefined);
  expect(await within(1_000, isKnown)).toBe(true);
  const id = await client(one, "globex").createUser({ userName: "ada" });
  expect(await client(other, "globex").attributes(id)).toMatchObject({ userName: "ada" });
});

it("memberships of somebody who was deleted through another node are ended", async () => {
  const id = await client(other).createUser({ userName: "leaver" });
  const group = await client(other).createGroup("left", [id]);
  await client(other).deleteUser(id);
  const isOver = async () => (await one.stores.readStore.groupsHolding("acme", id)).length === 0;
  for (let look = 0; look < 200 && !(await isOver()); look++) await pause(10);
  expect(await isOver()).toBe(true);
  expect(await client(one).members(group)).toEqual([]);
});

const OWN = "urn:example:2.0:Own";
const schema = (type: string) => ({ id: OWN, attributes: [{ name: "value", type }] });
const thing = { name: "Thing", endpoint: "/Things", schema: OWN };

it("a resource is not created by a definition that another node has changed", async () => {
  const { definitions } = one.service;
  for (let round = 0; round < 10; round++) {
    const tenant = `types${round}`;
    await one.service.tenants.create(tenant, tenant, administrator());
    const isKnown = () => other.service.directory.tenant(tenant) !== undefined;
    expect(await within(1_000, isKnown)).toBe(true);
    await definitions.defineSchema(tenant, schema("string"), administrator());
    await definitions.defineType(tenant, thing, administrator());
    expect(await within(1_000, () => other.service.directory.typesOf(tenant).byName("Thing") !== undefined)).toBe(true);
    const readAs = other.service.directory.typesOf(tenant).byName("Thing")!;
    await definitions.defineSchema(tenant, schema("integer"), administrator());
    const id = randomUUIDv7();
    const command = { type: "CreateResource", id, attributes: { value: "text" }, secrets: [] } as const;
    const creating = other.service.provisioning.resource("Thing", command, context(tenant), { readAs });
    await expect(creating).rejects.toMatchObject({ written: "no" });
    expect(await one.stores.readStore.population(tenant, "Thing")).toBe("none");
  }
});

it("what other nodes created counts before a definition is changed", async () => {
  const tenant = "counted";
  await one.service.tenants.create(tenant, tenant, administrator());
  expect(await within(1_000, () => other.service.directory.tenant(tenant) !== undefined)).toBe(true);
  await one.service.definitions.defineSchema(tenant, schema("string"), administrator());
  await one.service.definitions.defineType(tenant, thing, administrator());
  expect(await within(1_000, () => other.service.directory.typesOf(tenant).byName("Thing") !== undefined)).toBe(true);
  const command = { type: "CreateResource", id: randomUUIDv7(), attributes: { value: "text" }, secrets: [] } as const;
  await other.service.provisioning.resource("Thing", command, context(tenant));
  const changing = one.service.definitions.defineSchema(tenant, schema("integer"), administrator());
  await expect(changing).rejects.toThrow(ScimError);
});
