// What the service says of itself (RFC 7644 §4). The texts are made once, and anew for a tenant that defines something.

import type { Position } from "../../eventlog/event-log.ts";
import { resourceTypeResource } from "../../scim/discovery/resource-type-resource.ts";
import { schemaResource } from "../../scim/discovery/schema-resource.ts";
import { serviceProviderConfig } from "../../scim/discovery/service-provider-config.ts";
import type { JsonObject } from "../../scim/json.ts";
import { listResponse } from "../../scim/messages.ts";
import { once } from "../../scim/once.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { lowerAscii } from "../../scim/schema/lookup.ts";
import { groupMembershipType } from "../../scim/schema/resource-types.ts";
import type { TypeSet, TypesOfTenants } from "../../scim/schema/type-set.ts";
import type { Exchange } from "../exchange.ts";
import { forbidden, noSuchPath } from "../refusal.ts";
import type { Route } from "../route.ts";
import { type AsOfOptions, answerAsOf } from "./as-of.ts";
import type { PageLimits } from "./list-parameters.ts";

export interface DiscoveryOptions extends AsOfOptions {
  /** The URI of the SCIM service. */
  readonly base: string;
  readonly pages: PageLimits;
  /** How long a cursor may be used. */
  readonly cursorSeconds: number;
  /** The limits of one Bulk request. */
  readonly maxOperations: number;
  readonly maxPayloadSize: number;
  readonly types: TypesOfTenants;
  /** The types that a tenant had at a position. */
  readonly typesAt: (tenant: string, position: Position) => Promise<TypeSet>;
}

const texts = (resources: readonly JsonObject[]): ReadonlyMap<string, string> =>
  new Map(resources.map((resource) => [String(resource["id"]).toLowerCase(), JSON.stringify(resource)]));

const listText = (resources: readonly JsonObject[]): string => {
  const totalResults = resources.length;
  return JSON.stringify(listResponse({ totalResults, startIndex: 1, itemsPerPage: totalResults, resources }));
};

/** RFC 7644 §4: “If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403”. */
function answerUnfiltered(exchange: Exchange, text: string, headers?: readonly string[]): void {
  if (exchange.hasQuery && exchange.query.has("filter"))
    throw forbidden("Schemas, resource types and the configuration cannot be filtered.");
  exchange.answer(200, text, headers);
}

/** The one that the path's parameter names. */
function oneOf(known: ReadonlyMap<string, string>, exchange: Exchange, parameter: string): string {
  const text = known.get(lowerAscii(exchange.param(parameter)) ?? "");
  if (text === undefined) throw noSuchPath();
  return text;
}

/** What a tenant's types read like. */
interface Described {
  readonly types: string;
  readonly type: ReadonlyMap<string, string>;
  readonly schemas: string;
  readonly schema: ReadonlyMap<string, string>;
}

/** Types with resources of their own, and the view on groups. */
function describe({ all, schemas }: TypeSet, base: string): Described {
  const [user, group, ...own] = all as readonly [ResourceType, ResourceType, ...ResourceType[]];
  const offered = [user, group, groupMembershipType, ...own];
  const ofTypes = offered.map((type) => resourceTypeResource(type, `${base}/ResourceTypes/${type.id}`));
  const ofSchemas = [...schemas, groupMembershipType.schema].map((schema) =>
    schemaResource(schema, `${base}/Schemas/${schema.id}`),
  );
  return {
    types: listText(ofTypes),
    type: texts(ofTypes),
    schemas: listText(ofSchemas),
    schema: texts(ofSchemas),
  };
}

/** `path`: where the SCIM service is, `/scim/v2`. The configuration is public, as RFC 7644 §4 allows. */
export function discoveryRoutes(path: string, options: DiscoveryOptions): readonly Route[] {
  const { base, pages, cursorSeconds, maxOperations, maxPayloadSize, types, typesAt } = options;
  const offer = { ...pages, cursorSeconds, maxOperations, maxPayloadSize };
  const config = serviceProviderConfig({ location: `${base}/ServiceProviderConfig`, ...offer });
  const described = once((set: TypeSet) => describe(set, base));
  const route = (rest: string, text: (said: Described, exchange: Exchange) => string): Route => ({
    method: "GET",
    path: path + rest,
    scope: "scim:read",
    handle: (exchange) =>
      answerAsOf(exchange, options, {}, async (past) => {
        const { tenant } = exchange.admitted;
        const set = past === undefined ? types.typesOf(tenant) : await typesAt(tenant, past.position);
        answerUnfiltered(exchange, text(described(set), exchange), past?.headers);
        return 1;
      }),
  });
  return [
    {
      method: "GET",
      path: `${path}/ServiceProviderConfig`,
      scope: "public",
      handle: (exchange) => answerUnfiltered(exchange, JSON.stringify(config)),
    },
    route("/ResourceTypes", (said) => said.types),
    route("/ResourceTypes/:id", (said, exchange) => oneOf(said.type, exchange, "id")),
    route("/Schemas", (said) => said.schemas),
    route("/Schemas/:urn", (said, exchange) => oneOf(said.schema, exchange, "urn")),
  ];
}
