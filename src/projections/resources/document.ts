// A resource's state as the document that readers get, and back.

import type { GroupState } from "../../domain/group.ts";
import { MemberSet } from "../../domain/member-set.ts";
import type { CustomState } from "../../domain/resource.ts";
import type { ClaimingState, ResourceState } from "../../domain/resource-state.ts";
import type { UserState } from "../../domain/user.ts";
import type { StoredResource } from "../../readstore/read-store.ts";
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import { bodyOf } from "../../scim/resource/body.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { enterpriseUserSchema } from "../../scim/schema/enterprise-user.ts";
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

const ENTERPRISE = enterpriseUserSchema.id;

export const userDocument = (id: string, user: UserState, type: ResourceType): DocumentText => {
  const attributes = user.erased ? inOrder(user.attributes) : user.attributes;
  const extension = attributes[ENTERPRISE];
  const manager = isObject(extension) ? extension["manager"] : undefined;
  return {
    body: bodyOf(type, id, attributes),
    side: JSON.stringify(claimingSideOf(user)),
    display: textOf(attributes["displayName"]),
    manager: isObject(manager) ? textOf(manager["value"]) : null,
    shadow: shadowOf(type, user.erased ? accessFacts(attributes) : attributes),
  };
};

export const groupDocument = (id: string, group: GroupState, type: ResourceType): DocumentText => {
  const attributes = group.erased ? inOrder(group.attributes) : group.attributes;
  return {
    body: bodyOf(type, id, attributes),
    side: JSON.stringify(sideOf(group)),
    display: textOf(attributes["displayName"]),
    manager: null,
    shadow: group.erased ? {} : shadowOf(type, attributes),
  };
};

/** Of a type that a tenant defined. Its name for others is its `displayName`, if it has such an attribute. */
export const customDocument = (id: string, resource: CustomState, type: ResourceType): DocumentText => {
  const attributes = resource.erased ? inOrder(resource.attributes) : resource.attributes;
  return {
    body: bodyOf(type, id, attributes),
    side: JSON.stringify(claimingSideOf(resource)),
    display: textOf(attributes["displayName"]),
    manager: null,
    shadow: resource.erased ? {} : shadowOf(type, attributes),
  };
};

const claimingSideOf = (state: ClaimingState): Side => {
  const { claims, revoked } = state;
  return { ...sideOf(state), claims, ...(revoked.length > 0 ? { revoked } : {}) };
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

/** The state that a stored user, or a resource of a tenant's own type, stands for. */
export function claimingStateOf(stored: Stored): ClaimingState {
  const side = JSON.parse(stored.side) as Side;
  return { ...stateOf(stored, side), claims: side.claims ?? {}, revoked: side.revoked ?? [] };
}

export const userStateOf: (stored: Stored) => UserState = claimingStateOf;

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
