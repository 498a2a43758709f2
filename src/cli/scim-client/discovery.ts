// What a server says of itself (RFC 7644 §4): how it pages, what it can do, which attributes its users and groups have.
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import type { ResourceType, Schema } from "../../scim/schema/characteristics.ts";
import { lowerAscii } from "../../scim/schema/lookup.ts";
import { groupType, userType } from "../../scim/schema/resource-types.ts";
import { Refused, ServerUnusable } from "./errors.ts";
import { schemaFrom } from "./schema-document.ts";
import type { ScimClient } from "./scim-client.ts";

/** The two kinds of resources that move. */
export type Kind = "User" | "Group";
export const ENDPOINTS: Readonly<Record<Kind, string>> = { User: "/Users", Group: "/Groups" };
export const BUILT_IN: Readonly<Record<Kind, ResourceType>> = { User: userType, Group: groupType };

export interface Capabilities {
  readonly patch: boolean;
  readonly filter: boolean;
  /** RFC 9865 §2.4. */
  readonly cursor: boolean;
  readonly index: boolean;
  /** The most resources that a page may have, where the server says so. */
  readonly pageSize: number | undefined;
}

/** What holds of a server that says nothing: index pages, and what RFC 7644 takes for granted. */
const SILENT: Capabilities = { patch: true, filter: true, cursor: false, index: true, pageSize: undefined };

/** Throws ServerUnusable where the server cannot be reached or refuses the token. */
export async function capabilitiesOf(client: ScimClient): Promise<Capabilities> {
  const config = await ifThere(() => client.get("/ServiceProviderConfig"));
  return config === undefined ? SILENT : capabilitiesIn(config);
}

/** Asks for one resource. Throws ServerUnusable where the server does not list any, for whatever reason. */
export async function probe(client: ScimClient, kind: Kind): Promise<void> {
  try {
    await client.get(ENDPOINTS[kind], { startIndex: "1", count: "1" });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new ServerUnusable(
      `${client.name} (${client.base}) does not list ${ENDPOINTS[kind]}: is it the SCIM base URL? It says ${error.message}`,
    );
  }
}

/** Read from a ServiceProviderConfig (RFC 7643 §5, RFC 9865 §2.4). */
export function capabilitiesIn(config: JsonObject): Capabilities {
  const pagination = objectOf(config["pagination"]);
  const limits = [objectOf(config["filter"])["maxResults"], pagination["maxPageSize"]];
  const pageSizes = limits.filter((one): one is number => typeof one === "number" && Number.isInteger(one) && one > 0);
  return {
    patch: objectOf(config["patch"])["supported"] !== false,
    filter: objectOf(config["filter"])["supported"] !== false,
    cursor: pagination["cursor"] === true,
    index: pagination["index"] !== false,
    pageSize: pageSizes.length === 0 ? undefined : Math.min(...pageSizes),
  };
}

export interface Shapes {
  readonly types: Readonly<Record<Kind, ResourceType>>;
  /** The server did not say: RFC 7643 is taken as it stands. */
  readonly assumed: boolean;
}

/** The attributes of users and groups, from /Schemas and /ResourceTypes. */
export async function shapesOf(client: ScimClient): Promise<Shapes> {
  const schemas = resourcesIn(await ifThere(() => client.get("/Schemas")));
  const types = resourcesIn(await ifThere(() => client.get("/ResourceTypes")));
  return shapesIn(schemas, types);
}

/** A type whose core schema is not among the schemas is taken from RFC 7643. */
export function shapesIn(schemas: readonly Json[], types: readonly Json[]): Shapes {
  const byUrn = new Map<string, Schema>();
  for (const document of schemas) {
    const schema = schemaFrom(document);
    if (schema !== undefined) byUrn.set(schema.id.toLowerCase(), schema);
  }
  const user = typeIn("User", byUrn, types);
  const group = typeIn("Group", byUrn, types);
  return {
    types: { User: user ?? BUILT_IN.User, Group: group ?? BUILT_IN.Group },
    assumed: user === undefined || group === undefined,
  };
}

function typeIn(kind: Kind, byUrn: ReadonlyMap<string, Schema>, types: readonly Json[]): ResourceType | undefined {
  const known = BUILT_IN[kind];
  const schema = byUrn.get(known.schema.id.toLowerCase());
  if (schema === undefined) return undefined;
  const described = types.find((one) => isObject(one) && (one["endpoint"] === known.endpoint || one["name"] === kind));
  const listed = isObject(described) ? described["schemaExtensions"] : undefined;
  const extensions = (Array.isArray(listed) ? listed : []).flatMap((one) => {
    const urn = isObject(one) && typeof one["schema"] === "string" ? lowerAscii(one["schema"]) : undefined;
    const extension = urn === undefined ? undefined : byUrn.get(urn);
    return extension === undefined ? [] : [{ schema: extension, required: false }];
  });
  return { ...known, schema: { ...schema, id: known.schema.id }, extensions };
}

/** RFC 7644 §4: a ListResponse. */
const resourcesIn = (body: JsonObject | undefined): readonly Json[] =>
  body !== undefined && Array.isArray(body["Resources"]) ? body["Resources"] : [];

/** Undefined where the server does not have it. */
async function ifThere(ask: () => Promise<{ readonly body: JsonObject | undefined }>): Promise<JsonObject | undefined> {
  try {
    return (await ask()).body;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
