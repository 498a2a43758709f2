// The engine as the sentences of the RFCs speak of it: bodies in, resources or refusals out.

import { matches } from "../../src/scim/filter/evaluate.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { patchOpUrn } from "../../src/scim/messages.ts";
import { applyPatch } from "../../src/scim/patch/apply.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { boolean, complex, decimal, integer, multiValued, schema, string } from "../../src/scim/schema/define.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { frozen } from "../scim/refusal.ts";

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export interface Operation {
  readonly op: string;
  readonly path?: string;
  readonly value?: Json;
}

export const patchBody = (...operations: readonly Operation[]): JsonObject =>
  frozen({ schemas: [patchOpUrn], Operations: operations as unknown as Json[] });

/** Attributes after a PATCH; what goes in is frozen, so that nobody writes to it. */
export const patched = (type: ResourceType, attributes: JsonObject, ...operations: readonly Operation[]): JsonObject =>
  applyPatch(type, frozen(attributes), parsePatch(type, patchBody(...operations)));

export const patchedUser = (attributes: JsonObject, ...operations: readonly Operation[]): JsonObject =>
  patched(userType, { userName: "bjensen", ...attributes }, ...operations);

export const patchedGroup = (attributes: JsonObject, ...operations: readonly Operation[]): JsonObject =>
  patched(groupType, { displayName: "Tour Guides", ...attributes }, ...operations);

export const created = (type: ResourceType, body: JsonObject) => parseResource(type, frozen(body), "create");

export const createdUser = (body: JsonObject): JsonObject =>
  created(userType, { schemas: [USER], userName: "bjensen", ...body }).attributes;

export const selects = (filter: string, resource: JsonObject, type: ResourceType = userType): boolean =>
  matches(parseFilter(type, filter), frozen(resource));

/** A type that has what the RFC's own types lack: every mutability, every `returned`, numbers, a required extension. */
export const badgeType: ResourceType = Object.freeze({
  id: "Badge",
  name: "Badge",
  endpoint: "/Badges",
  description: "Badges.",
  schema: schema("urn:example:Badge", "Badge", "A badge.", [
    string("serial", "", { required: true, mutability: "immutable", caseExact: true }),
    complex("chip", "", [string("maker", ""), string("model", "")], { mutability: "immutable" }),
    complex("holder", "", [string("value", "", { mutability: "immutable" }), string("note", "")]),
    string("colours", "", { multiValued: true }),
    string("marks", "", { multiValued: true, mutability: "immutable", caseExact: true }),
    string("secretive", "", { returned: "request" }),
    string("tag", "", { returned: "always" }),
    string("pin", "", { mutability: "writeOnly", returned: "never" }),
    string("answer", "", { returned: "never", multiValued: true }),
    string("issuer", "", { mutability: "readOnly" }),
    integer("level", ""),
    decimal("weight", ""),
    boolean("lost", ""),
    multiValued("doors", "", [
      string("value", "", { required: true, returned: "always", caseExact: true }),
      string("type", ""),
      boolean("primary", ""),
      string("code", "", { returned: "request" }),
      string("cipher", "", { returned: "never", caseExact: true }),
      string("seal", "", { mutability: "readOnly" }),
      integer("floor", ""),
    ]),
  ]),
  extensions: Object.freeze([
    {
      schema: schema("urn:example:Badge:Site", "Site", "Where it opens doors.", [
        string("site", "", { required: true }),
        string("wing", ""),
      ]),
      required: false,
    },
  ]),
});
