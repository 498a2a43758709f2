// Definitions from files, applied at every start: what is there already writes no event.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TenantDefinitions } from "./access/tenant-definitions.ts";
import type { TenantDirectory } from "./access/tenant-directory.ts";
import { DEFAULT_TENANT } from "./access/tenant-name.ts";
import { serviceContext } from "./access/tenants.ts";
import { isObject, type Json, type JsonObject } from "./scim/json.ts";

/** A file of definitions cannot be used; the message names it and says why. */
export class UnusableDefinitions extends Error {
  override readonly name = "UnusableDefinitions";
}

interface Bundle {
  readonly file: string;
  readonly tenant: string;
  readonly schemas: readonly Json[];
  readonly resourceTypes: readonly Json[];
}

export interface Applied {
  readonly created: number;
  readonly changed: number;
}

/**
 * Applies the definitions of a file, or of each `*.json` of a folder, to the tenants that they name. All schemas go before
 * all types, and a type keeps extensions that it has from elsewhere. Throws UnusableDefinitions.
 */
export async function applyDefinitions(
  path: string,
  definitions: TenantDefinitions,
  directory: TenantDirectory,
): Promise<Applied> {
  const bundles = filesAt(path).map(readBundle);
  for (const { file, tenant } of bundles)
    if (directory.tenant(tenant) === undefined) throw unusable(file, `there is no tenant “${tenant}”`);
  const applied = { created: 0, changed: 0 };
  const apply = async (file: string, define: () => Promise<{ readonly outcome: "created" | "changed" | "same" }>) => {
    try {
      const { outcome } = await define();
      if (outcome !== "same") applied[outcome] += 1;
    } catch (error) {
      throw unusable(file, error instanceof Error ? error.message : String(error));
    }
  };
  for (const { file, tenant, schemas } of bundles)
    for (const json of schemas) await apply(file, () => definitions.defineSchema(tenant, json, serviceContext()));
  for (const { file, tenant, resourceTypes } of bundles)
    for (const json of resourceTypes) await apply(file, () => definitions.extendType(tenant, json, serviceContext()));
  return applied;
}

const unusable = (file: string, why: string) =>
  new UnusableDefinitions(`the definitions in ${file} cannot be used: ${why}`);

function filesAt(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw unusable(path, error instanceof Error ? error.message : String(error));
  }
}

const MEMBERS = ["$comment", "tenant", "schemas", "resourceTypes"];

function readBundle(file: string): Bundle {
  const json = parse(file);
  const unknown = Object.keys(json).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) throw unusable(file, `it has a member “${unknown}”; it may have ${MEMBERS.join(", ")}`);
  const { tenant = DEFAULT_TENANT } = json;
  if (typeof tenant !== "string") throw unusable(file, "tenant must be a string");
  return { file, tenant, schemas: listIn(file, json, "schemas"), resourceTypes: listIn(file, json, "resourceTypes") };
}

function parse(file: string): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw unusable(file, error instanceof Error ? error.message : String(error));
  }
  if (!isObject(json)) throw unusable(file, "it must hold one JSON object");
  return json;
}

function listIn(file: string, json: JsonObject, name: string): readonly Json[] {
  const list = json[name] ?? [];
  if (!Array.isArray(list)) throw unusable(file, `${name} must be an array`);
  return list;
}
