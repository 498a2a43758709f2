// Schemas and resource types of a tenant (RFC 7643 §6, §7), as its administrators and those of the tenant `default` define
// them. They come and are answered in the very JSON of `/Schemas` and `/ResourceTypes`.
import type { TenantDefinitions } from "../../access/tenant-definitions.ts";
import type { TenantDirectory } from "../../access/tenant-directory.ts";
import { resourceTypeResource } from "../../scim/discovery/resource-type-resource.ts";
import { schemaResource } from "../../scim/discovery/schema-resource.ts";
import { invalidValue, notFound } from "../../scim/errors.ts";
import { isObject, type JsonObject, own } from "../../scim/json.ts";
import { quote } from "../../scim/quote.ts";
import { noSuchSchema, noSuchType } from "../../scim/schema/admission.ts";
import type { TypeSet } from "../../scim/schema/type-set.ts";
import { type BodyLimits, readJson } from "../body.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import { SCIM_PATH } from "../scim/scim-path.ts";
import { manages } from "./managing.ts";

export interface DefinitionRoutesOptions {
  readonly definitions: TenantDefinitions;
  readonly directory: TenantDirectory;
  readonly bodies: BodyLimits;
  /** How clients reach the service, without a slash at its end. */
  readonly baseUrl: string;
}

/** One kind of definition: how it is found, named, shown, defined and retired. */
interface Kind {
  readonly path: string;
  readonly parameter: string;
  readonly list: (types: TypeSet, base: string) => readonly JsonObject[];
  /** The member of its JSON that the path names. */
  readonly named: "id" | "name";
  readonly missing: (name: string) => Error;
  readonly define: TenantDefinitions["defineSchema"] | TenantDefinitions["defineType"];
  readonly retire: TenantDefinitions["retireSchema"];
}

const kindsOf = (definitions: TenantDefinitions): readonly Kind[] => [
  {
    path: "schemas",
    parameter: "urn",
    list: ({ schemas }, base) => schemas.map((schema) => schemaResource(schema, `${base}/Schemas/${schema.id}`)),
    named: "id",
    missing: noSuchSchema,
    define: (...given) => definitions.defineSchema(...given),
    retire: (...given) => definitions.retireSchema(...given),
  },
  {
    path: "resource-types",
    parameter: "name",
    list: ({ all }, base) => all.map((type) => resourceTypeResource(type, `${base}/ResourceTypes/${type.id}`)),
    named: "name",
    missing: noSuchType,
    define: (...given) => definitions.defineType(...given),
    retire: (...given) => definitions.retireType(...given),
  },
];

/** `path`: where the admin API is. */
export function definitionRoutes(path: string, options: DefinitionRoutesOptions): readonly Route[] {
  const { definitions, directory, bodies, baseUrl } = options;
  const base = baseUrl + SCIM_PATH;
  const tenantOf = (exchange: Exchange): string => {
    const tenant = exchange.param("tenant");
    if (directory.tenant(tenant) === undefined || !manages(exchange, tenant))
      throw notFound(`there is no tenant ${quote(tenant)}`);
    return tenant;
  };
  const all = (kind: Kind, tenant: string) => kind.list(directory.typesOf(tenant), base);
  const one = (kind: Kind, tenant: string, name: string): string => {
    const found = all(kind, tenant).find((json) => String(json[kind.named]).toLowerCase() === name.toLowerCase());
    if (found === undefined) throw kind.missing(name);
    return JSON.stringify(found);
  };
  return kindsOf(definitions).flatMap((kind): readonly Route[] => {
    const many = `${path}/tenants/:tenant/${kind.path}`;
    const single = `${many}/:${kind.parameter}`;
    return [
      {
        method: "GET",
        path: many,
        scope: "admin",
        handle: (exchange) => exchange.answer(200, JSON.stringify({ [kind.path]: all(kind, tenantOf(exchange)) })),
      },
      {
        method: "GET",
        path: single,
        scope: "admin",
        handle: (exchange) => exchange.answer(200, one(kind, tenantOf(exchange), exchange.param(kind.parameter))),
      },
      {
        method: "PUT",
        path: single,
        scope: "admin",
        handle: async (exchange) => {
          const tenant = tenantOf(exchange);
          const name = exchange.param(kind.parameter);
          const body = await readJson(exchange.request, bodies);
          refuseOther(kind, name, body);
          const { outcome } = await kind.define(tenant, body, exchange.context());
          exchange.answer(outcome === "created" ? 201 : 200, one(kind, tenant, name));
        },
      },
      {
        method: "DELETE",
        path: single,
        scope: "admin",
        handle: async (exchange) => {
          await kind.retire(tenantOf(exchange), exchange.param(kind.parameter), exchange.context());
          exchange.answerEmpty(204);
        },
      },
    ];
  });
}

/** The path and the body speak of the same definition. */
function refuseOther({ named }: Kind, name: string, body: unknown): void {
  const given = isObject(body) ? own(body, named) : undefined;
  if (typeof given === "string" && given.toLowerCase() !== name.toLowerCase())
    throw invalidValue(`${named} is ${quote(given)}, and the path says ${quote(name)}.`);
}
