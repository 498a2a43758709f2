// What the service says of itself (RFC 7644 §4). The texts never change while it runs, so they are made once.
import { resourceTypeResource } from "../../scim/discovery/resource-type-resource.ts";
import { schemaResource } from "../../scim/discovery/schema-resource.ts";
import { serviceProviderConfig } from "../../scim/discovery/service-provider-config.ts";
import type { JsonObject } from "../../scim/json.ts";
import { listResponse } from "../../scim/messages.ts";
import { lowerAscii } from "../../scim/schema/lookup.ts";
import { groupMembershipType, resourceTypes } from "../../scim/schema/resource-types.ts";
import type { Exchange } from "../exchange.ts";
import { forbidden, noSuchPath } from "../refusal.ts";
import type { Route } from "../route.ts";

/** Those with resources of their own, and the view on groups. */
const offered = [...resourceTypes, groupMembershipType];

/** The schemas of every resource type, each once. */
const schemas = [
  ...new Set(offered.flatMap(({ schema, extensions }) => [schema, ...extensions.map((one) => one.schema)])),
];

export interface DiscoveryOptions {
  /** The URI of the SCIM service. */
  readonly base: string;
  readonly maxResults: number;
  /** The limits of one Bulk request. */
  readonly maxOperations: number;
  readonly maxPayloadSize: number;
}

const texts = (resources: readonly JsonObject[]): ReadonlyMap<string, string> =>
  new Map(resources.map((resource) => [String(resource["id"]).toLowerCase(), JSON.stringify(resource)]));

const listText = (resources: readonly JsonObject[]): string => {
  const totalResults = resources.length;
  return JSON.stringify(listResponse({ totalResults, startIndex: 1, itemsPerPage: totalResults, resources }));
};

/** RFC 7644 §4: “If a "filter" is provided, the service provider SHOULD respond with HTTP status code 403”. */
const answerUnfiltered = (text: string) => (exchange: Exchange) => {
  if (exchange.hasQuery && exchange.query.has("filter"))
    throw forbidden("Schemas, resource types and the configuration cannot be filtered.");
  exchange.answer(200, text);
};

const answerOne = (known: ReadonlyMap<string, string>, parameter: string) => (exchange: Exchange) => {
  const text = known.get(lowerAscii(exchange.param(parameter)) ?? "");
  if (text === undefined) throw noSuchPath();
  answerUnfiltered(text)(exchange);
};

/** `path`: where the SCIM service is, `/scim/v2`. The configuration is public, as RFC 7644 §4 allows. */
export function discoveryRoutes(path: string, { base, ...offer }: DiscoveryOptions): readonly Route[] {
  const config = serviceProviderConfig({ location: `${base}/ServiceProviderConfig`, ...offer });
  const types = offered.map((type) => resourceTypeResource(type, `${base}/ResourceTypes/${type.id}`));
  const ofSchemas = schemas.map((schema) => schemaResource(schema, `${base}/Schemas/${schema.id}`));
  const reading = { method: "GET", scope: "scim:read" } as const;
  return [
    {
      method: "GET",
      path: `${path}/ServiceProviderConfig`,
      scope: "public",
      handle: answerUnfiltered(JSON.stringify(config)),
    },
    { ...reading, path: `${path}/ResourceTypes`, handle: answerUnfiltered(listText(types)) },
    { ...reading, path: `${path}/ResourceTypes/:id`, handle: answerOne(texts(types), "id") },
    { ...reading, path: `${path}/Schemas`, handle: answerUnfiltered(listText(ofSchemas)) },
    { ...reading, path: `${path}/Schemas/:urn`, handle: answerOne(texts(ofSchemas), "urn") },
  ];
}
