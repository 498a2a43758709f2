// Whatever is done to groups, as lists or as memberships, every view of who is a member says the same at once.
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { JsonObject } from "../../src/scim/json.ts";
import { type Served, startServed } from "../support/served.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const MEMBERSHIP = "urn:ietf:params:scim:schemas:core:2.0:GroupMembership";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const PATH = "/scim/v2/GroupMemberships";
const [GROUPS, USERS] = [3, 4];

let served: Served;
beforeAll(async () => {
  served = await startServed();
});
afterAll(async () => served[Symbol.asyncDispose]());

type Operation =
  | { readonly does: "join" | "leave" | "patchIn" | "patchOut"; readonly group: number; readonly member: number }
  | { readonly does: "replace"; readonly group: number; readonly members: readonly number[] }
  | { readonly does: "die"; readonly member: number };

const group = fc.nat(GROUPS - 1);
/** Users first, then the groups themselves. */
const member = fc.nat(USERS + GROUPS - 1);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ does: fc.constantFrom("join", "leave", "patchIn", "patchOut"), group, member }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("replace"), group, members: fc.uniqueArray(member) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("die"), member: fc.nat(USERS - 1) }) },
);

let names = 0;

/** Who is in which group, by the plainest reading; and the service beside it. */
class Model {
  readonly ids: string[] = [];
  readonly members = new Map<string, Set<string>>();
  readonly dead = new Set<string>();

  async create(): Promise<void> {
    for (let i = 0; i < USERS + GROUPS; i++) {
      const [path, body] =
        i < USERS
          ? ["Users", { schemas: [USER], userName: `user${names++}` }]
          : ["Groups", { schemas: [GROUP], displayName: `group${names++}` }];
      const id = String((await served.ask(`POST /scim/v2/${path}`, { body })).body["id"]);
      this.ids.push(id);
      if (i >= USERS) this.members.set(id, new Set());
    }
  }

  group(index: number): string {
    return this.ids[USERS + index] as string;
  }

  isFit(groupId: string, memberId: string): boolean {
    return groupId !== memberId && !this.dead.has(memberId);
  }

  async apply(operation: Operation): Promise<void> {
    if (operation.does === "die") return this.#die(this.ids[operation.member] as string);
    const groupId = this.group(operation.group);
    const members = this.members.get(groupId) as Set<string>;
    if (operation.does === "replace") {
      const wanted = operation.members.map((one) => this.ids[one] as string).filter((one) => this.isFit(groupId, one));
      const value = wanted.map((one) => ({ value: one }));
      await this.#patch(groupId, { op: "replace", path: "members", value }, 204);
      members.clear();
      for (const one of wanted) members.add(one);
      return;
    }
    const id = this.ids[operation.member] as string;
    const [isMember, isFit] = [members.has(id), this.isFit(groupId, id)];
    switch (operation.does) {
      case "join": {
        const body = { schemas: [MEMBERSHIP], group: { value: groupId }, member: { value: id } };
        const { status } = await served.ask(`POST ${PATH}`, { body });
        expect(status).toBe(isMember ? 409 : isFit ? 201 : 400);
        if (isFit) members.add(id);
        return;
      }
      case "leave": {
        const { status } = await served.ask(`DELETE ${PATH}/${groupId}_${id}`);
        expect(status).toBe(isMember ? 204 : 404);
        members.delete(id);
        return;
      }
      case "patchIn":
        await this.#patch(groupId, { op: "add", path: "members", value: [{ value: id }] }, isFit ? 204 : 400);
        if (isFit) members.add(id);
        return;
      case "patchOut":
        await this.#patch(groupId, { op: "remove", path: `members[value eq "${id}"]` }, isMember ? 204 : [204, 400]);
        members.delete(id);
    }
  }

  async #die(id: string): Promise<void> {
    const { status } = await served.ask(`DELETE /scim/v2/Users/${id}`);
    expect(status).toBe(this.dead.has(id) ? 404 : 204);
    this.dead.add(id);
    for (const members of this.members.values()) members.delete(id);
    // The group forgets the dead behind the answer; until then a PATCH that adds a dead member adds nothing.
    while (await this.#isHeld(id)) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async #isHeld(id: string): Promise<boolean> {
    const { body } = await served.ask(`GET /audit/v1/users/${id}/timeline?limit=1000`);
    let held = 0;
    for (const { memberships } of body["rows"] as { memberships: { gained: object[]; lost: object[] } }[])
      held += memberships.gained.length - memberships.lost.length;
    return held > 0;
  }

  async #patch(id: string, operation: JsonObject, expected: number | readonly number[]): Promise<void> {
    const body = { schemas: [PATCH], Operations: [operation] };
    const { status } = await served.ask(`PATCH /scim/v2/Groups/${id}`, { body });
    expect([expected].flat()).toContain(status);
  }

  async check(): Promise<void> {
    for (const [id, members] of this.members) {
      const expected = [...members].sort();
      const shown = await served.ask(`GET /scim/v2/Groups/${id}?attributes=members.value`);
      const values = ((shown.body["members"] ?? []) as { value: string }[]).map(({ value }) => value);
      expect(values.sort()).toEqual(expected);
      expect(await this.#listed(`group.value eq "${id}"`, "member")).toEqual(expected);
    }
    for (const id of this.ids) {
      const groups = [...this.members].filter(([, members]) => members.has(id)).map(([one]) => one);
      expect(await this.#listed(`member.value eq "${id}"`, "group")).toEqual(groups.sort());
      if (this.members.has(id) || this.dead.has(id)) continue;
      const user = await served.ask(`GET /scim/v2/Users/${id}?attributes=groups`);
      expect(((user.body["groups"] ?? []) as { value: string }[]).map(({ value }) => value).sort()).toEqual(groups);
    }
  }

  async #listed(filter: string, end: "group" | "member"): Promise<string[]> {
    const { body } = await served.ask(`GET ${PATH}?filter=${encodeURIComponent(filter)}`);
    const listed = body["Resources"] as Record<"group" | "member", { value: string }>[];
    expect(body["totalResults"]).toBe(listed.length);
    return listed.map((one) => one[end].value).sort();
  }
}

it("members, groups and memberships agree after every operation", () =>
  fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (operations) => {
      const model = new Model();
      await model.create();
      for (const one of operations) {
        await model.apply(one);
        await model.check();
      }
    }),
    { numRuns: 12 },
  ));
