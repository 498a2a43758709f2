// SCIM's messages, as both identity providers send and read them.
import type { JsonObject } from "../src/scim/json.ts";
import { Unexpected } from "./client.ts";

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

export const patch = (...operations: JsonObject[]): JsonObject => ({ schemas: [PATCH_OP], Operations: operations });

/** Whether a list is empty. */
export const nothingFound = ({ totalResults }: JsonObject): boolean => totalResults === 0;

/** The id of a resource that was just created. */
export function created({ id }: JsonObject): string {
  if (typeof id !== "string") throw new Unexpected("a created resource has no id");
  return id;
}
