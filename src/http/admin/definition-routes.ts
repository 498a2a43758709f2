// Schemas and resource types of a tenant (RFC 7643 §6, §7), as its administrators and those of the tenant `default` define
// them. They come and are answered in the very JSON of `/Schemas` and `/ResourceTypes`.
import type { TenantDefinitions } from "../../access/tenant-definitions.ts";
import type { TenantDirectory } from "../../access/tenant-directory.ts";
import { resourceTypeResource } from "../../scim/discovery/resource-type-resource.ts";
import { schemaResource } from "../../scim/discovery/schema-resource.ts";
import { invalidValue } from "../../scim/errors.ts";
import { isObject, type JsonObject, own } from "../../scim/json.ts";
import { quote } from "../../scim/quote.ts";
import { noSuchSchema, noSuchType } from "../../scim/schema/admission.ts";
import type { TypeSet } from "../../scim/schema/type-set.ts";
import { type BodyLimits, readJson } from "../body.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";
import { SCIM_PATH } from "../scim/scim-path.ts";
import { adminRoute, managedTenant } from "./managing.ts";

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

/** The definitions of one kind, over HTTP. */
class Definitions {
  readonly #kind: Kind;
  readonly #options: DefinitionRoutesOptions;

  constructor(kind: Kind, options: DefinitionRoutesOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  routes(): readonly Route[] {
    const { path, parameter } = this.#kind;
    const many = `/tenants/:tenant/${path}`;
    const single = `${many}/:${parameter}`;
    return [
      adminRoute("GET", many, (exchange) => this.#list(exchange)),
      adminRoute("GET", single, (exchange) => this.#show(exchange, 200)),
      adminRoute("PUT", single, (exchange) => this.#define(exchange)),
      adminRoute("DELETE", single, (exchange) => this.#retire(exchange)),
    ];
  }

  #all(exchange: Exchange): readonly JsonObject[] {
    const { directory, baseUrl } = this.#options;
    return this.#kind.list(directory.typesOf(managedTenant(exchange, directory)), baseUrl + SCIM_PATH);
  }

  #list(exchange: Exchange): void {
    exchange.answer(200, JSON.stringify({ [this.#kind.path]: this.#all(exchange) }));
  }

  #show(exchange: Exchange, status: number): void {
    const { named, missing, parameter } = this.#kind;
    const name = exchange.param(parameter);
    const found = this.#all(exchange).find((json) => String(json[named]).toLowerCase() === name.toLowerCase());
    if (found === undefined) throw missing(name);
    exchange.answer(status, JSON.stringify(found));
  }

  async #define(exchange: Exchange): Promise<void> {
    const tenant = managedTenant(exchange, this.#options.directory);
    const body = await readJson(exchange.request, this.#options.bodies);
    refuseOther(this.#kind, exchange.param(this.#kind.parameter), body);
    const { outcome } = await this.#kind.define(tenant, body, exchange.context());
    this.#show(exchange, outcome === "created" ? 201 : 200);
  }

  async #retire(exchange: Exchange): Promise<void> {
    const tenant = managedTenant(exchange, this.#options.directory);
    await this.#kind.retire(tenant, exchange.param(this.#kind.parameter), exchange.context());
    exchange.answerEmpty(204);
  }
}

export const definitionRoutes = (options: DefinitionRoutesOptions): readonly Route[] =>
  kindsOf(options.definitions).flatMap((kind) => new Definitions(kind, options).routes());

/** The path and the body speak of the same definition. */
function refuseOther({ named }: Kind, name: string, body: unknown): void {
  const given = isObject(body) ? own(body, named) : undefined;
  if (typeof given === "string" && given.toLowerCase() !== name.toLowerCase())
    throw invalidValue(`${named} is ${quote(given)}, and the path says ${quote(name)}.`);
}
