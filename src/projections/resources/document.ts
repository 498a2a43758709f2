// A resource's state as the document that readers get, and back.

import type { GroupState } from "../../domain/group.ts";
import { MemberSet } from "../../domain/member-set.ts";
import type { ResourceState } from "../../domain/resource-state.ts";
import type { UserState } from "../../domain/user.ts";
import type { StoredResource } from "../../readstore/read-store.ts";
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import { bodyOf } from "../../scim/resource/body.ts";
import { groupType, userType } from "../../scim/schema/resource-types.ts";
import { shadowOf } from "../../scim/shadow.ts";

/** What a document says of the attributes. */
export interface DocumentText {
  readonly body: string;
  readonly side: string;
  readonly display: string | null;
  readonly manager: string | null;
  readonly shadow: JsonObject;
}

interface Side {
  readonly elements: ResourceState["elements"];
  readonly next: number;
  readonly key?: string;
  readonly erased?: true;
  readonly claims?: UserState["claims"];
  readonly revoked?: UserState["revoked"];
}

const ENTERPRISE = userType.extensions[0]!.schema.id;

export const userDocument = (id: string, user: UserState): DocumentText => {
  const attributes = user.erased ? inOrder(user.attributes) : user.attributes;
  const { claims, revoked } = user;
  const side = { ...sideOf(user), claims, ...(revoked.length > 0 ? { revoked } : {}) };
  const extension = attributes[ENTERPRISE];
  const manager = isObject(extension) ? extension["manager"] : undefined;
  return {
    body: bodyOf(userType, id, attributes),
    side: JSON.stringify(side),
    display: textOf(attributes["displayName"]),
    manager: isObject(manager) ? textOf(manager["value"]) : null,
    shadow: shadowOf(userType, user.erased ? accessFacts(attributes) : attributes),
  };
};

export const groupDocument = (id: string, group: GroupState): DocumentText => {
  const attributes = group.erased ? inOrder(group.attributes) : group.attributes;
  return {
    body: bodyOf(groupType, id, attributes),
    side: JSON.stringify(sideOf(group)),
    display: textOf(attributes["displayName"]),
    manager: null,
    shadow: group.erased ? {} : shadowOf(groupType, attributes),
  };
};

const sideOf = ({ elements, nextElement, key, erased }: ResourceState): Side => ({
  elements: erased ? inOrder(elements) : elements,
  next: nextElement,
  ...(key === undefined ? {} : { key }),
  ...(erased ? { erased } : {}),
});

const textOf = (value: Json | undefined): string | null => (typeof value === "string" ? value : null);

/** What can still be compared of an erased person: access facts. Nothing matches an erased value. */
function accessFacts({ active, roles, entitlements }: JsonObject): JsonObject {
  const facts: JsonObject = {};
  if (active !== undefined) facts["active"] = active;
  if (roles !== undefined) facts["roles"] = roles;
  if (entitlements !== undefined) facts["entitlements"] = entitlements;
  return facts;
}

/** With names in order: what is erased must read the same however it came to be so. */
const inOrder = <Value>(object: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(object)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, isObject(value) ? (inOrder(value) as Value) : value]),
  );

type Stored = Omit<StoredResource, "tenant" | "type"> & { readonly deleted: boolean };

/** The state that a stored user stands for. */
export function userStateOf(stored: Stored): UserState {
  const side = JSON.parse(stored.side) as Side;
  return { ...stateOf(stored, side), claims: side.claims ?? {}, revoked: side.revoked ?? [] };
}

/** The state that a stored group stands for; of its members nothing is known. */
export const groupStateOf = (stored: Stored): GroupState => ({
  ...stateOf(stored, JSON.parse(stored.side) as Side),
  members: MemberSet.unknown,
});

function stateOf({ body, revision, version, createdAt, modifiedAt, deleted }: Stored, side: Side): ResourceState {
  const attributes = JSON.parse(`${body}}`) as JsonObject;
  delete attributes["schemas"];
  delete attributes["id"];
  return {
    status: deleted ? "deleted" : "live",
    revision,
    version,
    createdAt,
    modifiedAt,
    attributes,
    elements: side.elements,
    nextElement: side.next,
    ...(side.key === undefined ? {} : { key: side.key }),
    erased: side.erased === true,
  };
}
