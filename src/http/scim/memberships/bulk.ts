// Memberships in a Bulk request. They are made and ended, and never change.
import type { ReadStore } from "../../../readstore/read-store.ts";
import type { PlannedOperation } from "../../../scim/bulk/plan.ts";
import type { Touches } from "../../../scim/bulk/touches.ts";
import { isObject, type Json, own } from "../../../scim/json.ts";
import { groupMembershipType } from "../../../scim/schema/resource-types.ts";
import { membershipId, parseMembershipId } from "../../membership-id.ts";
import { methodNotAllowed } from "../../refusal.ts";
import type { BulkType } from "../bulk-type.ts";
import { type MembershipOperations, membershipKeyOf } from "./operations.ts";

const refuse = (method: string) => Promise.reject(methodNotAllowed(method, "POST, DELETE"));

/** Nobody checked the data yet: what is no id is refused in its turn, and until then it is some text. */
const valueIn = (data: Json | undefined, name: string): string => {
  const reference = isObject(data) ? own(data, name) : undefined;
  const value = isObject(reference) ? own(reference, "value") : reference;
  return typeof value === "string" ? value : "";
};

/** A creation and a deletion of one membership keep their order, and so do both with writes of its group and member. */
function touches({ id, data }: PlannedOperation): Touches {
  const ended = data === undefined ? parseMembershipId(id ?? "") : undefined;
  if (ended !== undefined) return { reads: [ended.group, ended.member], writes: [] };
  return { reads: [], writes: [membershipId({ group: valueIn(data, "group"), member: valueIn(data, "member") })] };
}

export const membershipsInBulk = (operations: MembershipOperations, readStore: ReadStore): BulkType => ({
  type: groupMembershipType,
  touches,
  isId: (text) => parseMembershipId(text) !== undefined,
  create: async (_, body, context) => {
    const { leaf, ...key } = await operations.create(body, context);
    const membership = await readStore.membership(context.tenant, key.group, key.member);
    return {
      id: membershipId(key),
      ...(membership === undefined ? {} : { version: membership.revision }),
      ...(leaf === undefined ? {} : { leaf }),
    };
  },
  replace: () => refuse("PUT"),
  patch: () => refuse("PATCH"),
  remove: (id, context, options) => operations.remove(membershipKeyOf(id), context, options),
});
