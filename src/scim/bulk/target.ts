// What the path of a Bulk operation names: a resource type's endpoint, or a resource by its id or by a bulkId.
import { invalidSyntax, invalidValue } from "../errors.ts";
import type { Json } from "../json.ts";
import { quote } from "../quote.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { lowerAscii } from "../schema/lookup.ts";
import { bulkIdIn } from "./references.ts";
import type { BulkMethod } from "./request.ts";

export interface BulkTarget {
  readonly type: ResourceType;
  /** Absent for a POST. Any text: whether it can be an id is for others to say. */
  readonly id?: string;
  /** In place of an id. */
  readonly bulkId?: string;
}

export interface BulkEndpoints {
  readonly types: readonly ResourceType[];
  /** The path of the SCIM service, `/scim/v2`, which a path may begin with. */
  readonly prefix: string;
}

/** 400 invalidSyntax without a path; 400 invalidValue for one that names nothing a Bulk operation can act on. */
export function parseTarget(method: BulkMethod, path: Json | undefined, { types, prefix }: BulkEndpoints): BulkTarget {
  if (path === undefined) throw invalidSyntax("The operation has no path.");
  if (typeof path !== "string") throw invalidValue("path must be a string.");
  const relative = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
  const [root, name = "", id, ...more] = relative.split("/", 5);
  const endpoint = `/${lowerAscii(name) ?? ""}`;
  const type = root === "" ? types.find((one) => one.endpoint.toLowerCase() === endpoint) : undefined;
  if (type === undefined || more.length > 0)
    throw invalidValue(
      `path: ${quote(path)} is no target of a Bulk operation; it must begin with one of ${types.map((one) => one.endpoint).join(", ")}.`,
    );
  if (method === "POST") {
    if (id !== undefined) throw invalidValue(`path: a POST must name an endpoint, such as ${type.endpoint}.`);
    return { type };
  }
  if (id === undefined || id === "")
    throw invalidValue(`path: a ${method} must name a resource, such as ${type.endpoint}/<id>.`);
  const bulkId = bulkIdIn(id);
  return bulkId === undefined ? { type, id } : { type, bulkId };
}
