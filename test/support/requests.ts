// Commands as a client would send them, on the service without its HTTP edge.

import { randomUUIDv7 } from "node:crypto";
import type { GroupState } from "../../src/domain/group.ts";
import type { UserState } from "../../src/domain/user.ts";
import type { CommandOptions, Written } from "../../src/eventlog/provisioning.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { context, type Embedded } from "./embedded.ts";

const patchOp = (operations: readonly JsonObject[]) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: [...operations],
});

/** A client of one tenant. */
export const client = (embedded: Pick<Embedded, "stores" | "service">, tenant = "acme") => {
  const commands = () => embedded.service.provisioning;
  return {
    createUser: async (attributes: JsonObject, id = randomUUIDv7()): Promise<string> => {
      await commands().user({ type: "CreateUser", id, attributes, password: false }, context(tenant));
      return id;
    },
    patchUser: (id: string, ...operations: JsonObject[]): Promise<Written<UserState>> =>
      commands().user(
        { type: "PatchUser", id, operations: parsePatch(userType, patchOp(operations)), password: false },
        context(tenant),
      ),
    replaceUser: (id: string, attributes: JsonObject, options?: CommandOptions) =>
      commands().user({ type: "ReplaceUser", id, attributes }, context(tenant), options),
    deleteUser: (id: string) => commands().user({ type: "DeleteUser", id }, context(tenant)),
    createGroup: async (displayName: string, members: readonly string[] = [], id = randomUUIDv7()): Promise<string> => {
      await commands().group({ type: "CreateGroup", id, attributes: { displayName }, members }, context(tenant));
      return id;
    },
    patchGroup: (id: string, ...operations: JsonObject[]): Promise<Written<GroupState>> =>
      commands().group(
        { type: "PatchGroup", id, operations: parsePatch(groupType, patchOp(operations)) },
        context(tenant),
      ),
    deleteGroup: (id: string) => commands().group({ type: "DeleteGroup", id }, context(tenant)),
    user: async (id: string) => embedded.stores.readStore.get(tenant, "User", id),
    attributes: async (id: string, type = "User"): Promise<JsonObject | undefined> => {
      const read = await embedded.stores.readStore.get(tenant, type, id);
      return read === undefined ? undefined : (JSON.parse(`${read.body}}`) as JsonObject);
    },
    members: async (group: string): Promise<string[]> =>
      (await embedded.stores.readStore.members(tenant, group, null, 1_000_000)).map(({ value }) => value),
  };
};

export const addMembers = (...ids: string[]): JsonObject => ({
  op: "add",
  path: "members",
  value: ids.map((value) => ({ value })),
});
export const removeMember = (id: string): JsonObject => ({ op: "remove", path: `members[value eq "${id}"]` });
export const set = (path: string, value: JsonObject[string]): JsonObject => ({ op: "replace", path, value });

/** Polls until it holds; for what happens behind an answer. */
export async function eventually(holds: () => Promise<boolean>, withinMs = 5_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`did not come to hold within ${withinMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
