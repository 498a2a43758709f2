// A small SCIM server in memory, asked without a socket. What it says of itself, how it pages and how it fails is chosen by
// the test; filters are evaluated by the engine's own evaluator.
import type { HttpAnswer, HttpRequest, Send } from "../../../src/cli/scim-client/send.ts";
import { comparisonKey } from "../../../src/scim/comparison-key.ts";
import { resourceTypeResource } from "../../../src/scim/discovery/resource-type-resource.ts";
import { schemaResource } from "../../../src/scim/discovery/schema-resource.ts";
import { ScimError } from "../../../src/scim/errors.ts";
import { matches } from "../../../src/scim/filter/evaluate.ts";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import { applyPatch } from "../../../src/scim/patch/apply.ts";
import { parsePatch } from "../../../src/scim/patch/operations.ts";
import { parseResource } from "../../../src/scim/resource/parse.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { groupType, userType } from "../../../src/scim/schema/resource-types.ts";

export interface FakeOptions {
  /** Ids begin with it. */
  readonly prefix: string;
  readonly pages?: "index" | "cursor";
  /** The most resources on a page, whatever `count` says. */
  readonly mostOnPage?: number;
  readonly token?: string;
  readonly types?: { readonly User: ResourceType; readonly Group: ResourceType };
  /** Called before each request; what it returns is the answer, what it throws happens to the connection. */
  readonly before?: (request: HttpRequest, count: number) => HttpAnswer | undefined;
  /** Called once a request was carried out: true loses the answer. */
  readonly loses?: (request: HttpRequest, count: number) => boolean;
}

type Stored = { readonly id: string; attributes: JsonObject; version: number };

export const BASE = "https://scim.test/v2";
const LIMITS = { length: 100_000, depth: 50, terms: 1_000 };

export const answerOf = (
  status: number,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer => ({
  status,
  header: (name) => headers[name.toLowerCase()] ?? null,
  text: body === undefined ? "" : JSON.stringify(body),
});

export const refusal = (status: number, scimType: string | undefined, detail: string): HttpAnswer =>
  answerOf(status, {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
    status: String(status),
    ...(scimType === undefined ? {} : { scimType }),
    detail,
  });

export class FakeServer {
  readonly users = new Map<string, Stored>();
  readonly groups = new Map<string, Stored>();
  options: FakeOptions;
  /** Every request that reached it: `POST /Users`. */
  readonly asked: string[] = [];
  #ids = 0;

  constructor(options: FakeOptions) {
    this.options = options;
  }

  /** How many requests changed something or tried to. */
  get writes(): number {
    return this.asked.filter((one) => !one.startsWith("GET")).length;
  }

  addUser(attributes: JsonObject, id = this.#newId("u")): string {
    this.users.set(id, { id, attributes, version: 0 });
    return id;
  }

  addGroup(attributes: JsonObject, members: readonly JsonObject[] = [], id = this.#newId("g")): string {
    this.groups.set(id, {
      id,
      attributes: { ...attributes, ...(members.length > 0 ? { members: [...members] } : {}) },
      version: 0,
    });
    return id;
  }

  readonly send: Send = async (request) => {
    const url = new URL(request.url);
    const count = this.asked.push(`${request.method} ${url.pathname.replace("/v2", "")}`);
    const instead = this.options.before?.(request, count);
    if (instead !== undefined) return instead;
    const answer = this.#answered(request, url);
    if (this.options.loses?.(request, count)) throw new TypeError("fetch failed");
    return answer;
  };

  #newId(letter: string): string {
    return `${this.options.prefix}${letter}${++this.#ids}`;
  }

  #types(): { readonly User: ResourceType; readonly Group: ResourceType } {
    return this.options.types ?? { User: userType, Group: groupType };
  }

  #answered(request: HttpRequest, url: URL): HttpAnswer {
    try {
      if (this.options.token !== undefined && request.headers["Authorization"] !== `Bearer ${this.options.token}`)
        return refusal(401, undefined, "no token, or a wrong one");
      return this.#routed(request, url);
    } catch (error) {
      if (error instanceof ScimError) return refusal(error.status, error.scimType, error.message);
      throw error;
    }
  }

  #routed({ method, body }: HttpRequest, url: URL): HttpAnswer {
    const [, , place = "", id] = url.pathname.split("/");
    const kind = place === "Users" ? "User" : place === "Groups" ? "Group" : undefined;
    if (kind === undefined) return this.#discovery(place);
    const stored = kind === "User" ? this.users : this.groups;
    if (id === undefined && method === "GET") return this.#list(kind, url.searchParams);
    if (method === "POST") return this.#create(kind, JSON.parse(body!) as JsonObject);
    const one = stored.get(decodeURIComponent(id ?? ""));
    if (one === undefined) return refusal(404, undefined, "there is no such resource");
    if (method === "PATCH") this.#patch(kind, one, JSON.parse(body!) as JsonObject);
    return answerOf(200, this.#shown(kind, one));
  }

  #discovery(place: string): HttpAnswer {
    const types = Object.values(this.#types());
    const list = (resources: readonly JsonObject[]): HttpAnswer =>
      answerOf(200, { totalResults: resources.length, Resources: resources });
    if (place === "ServiceProviderConfig")
      return answerOf(200, {
        patch: { supported: true },
        filter: { supported: true, maxResults: this.options.mostOnPage ?? 1_000 },
        ...(this.options.pages === "cursor" ? { pagination: { cursor: true, index: false } } : {}),
      });
    if (place === "Schemas")
      return list(
        types.flatMap(({ schema, extensions }) =>
          [schema, ...extensions.map((one) => one.schema)].map((one) =>
            schemaResource(one, `${BASE}/Schemas/${one.id}`),
          ),
        ),
      );
    if (place === "ResourceTypes") return list(types.map((type) => resourceTypeResource(type, `${BASE}/x`)));
    return refusal(404, undefined, "there is nothing");
  }

  #list(kind: "User" | "Group", query: URLSearchParams): HttpAnswer {
    const filter = query.get("filter");
    const type = this.#types()[kind];
    const tree = filter === null ? undefined : parseFilter(type, filter, LIMITS);
    const all = [...(kind === "User" ? this.users : this.groups).values()].filter(
      (one) => tree === undefined || matches(tree, this.#shown(kind, one)),
    );
    const count = Math.min(Number(query.get("count") ?? 100), this.options.mostOnPage ?? 1_000);
    const isCursor = this.options.pages === "cursor" && query.has("cursor");
    const start = isCursor ? Number(query.get("cursor") || 1) : Math.max(1, Number(query.get("startIndex") ?? 1));
    const page = all.slice(start - 1, start - 1 + count);
    const next = start + page.length;
    const excluded = query.get("excludedAttributes")?.split(",") ?? [];
    return answerOf(200, {
      totalResults: all.length,
      ...(isCursor ? (next <= all.length ? { nextCursor: String(next) } : {}) : { startIndex: start }),
      itemsPerPage: page.length,
      Resources: page.map((one) => without(this.#shown(kind, one), excluded)),
    });
  }

  #create(kind: "User" | "Group", body: JsonObject): HttpAnswer {
    const attributes = parseResource(this.#types()[kind], body, "create").attributes;
    this.#refuseTwin(kind, undefined, attributes);
    this.#refuseMembers(attributes, undefined);
    const id = kind === "User" ? this.addUser(attributes) : this.addGroup(attributes);
    return answerOf(201, this.#shown(kind, (kind === "User" ? this.users : this.groups).get(id)!));
  }

  #patch(kind: "User" | "Group", one: Stored, body: JsonObject): void {
    const type = this.#types()[kind];
    const next = applyPatch(type, one.attributes, parsePatch(type, body)) as unknown as JsonObject;
    this.#refuseTwin(kind, one.id, next);
    this.#refuseMembers(next, one.id);
    if (JSON.stringify(next) !== JSON.stringify(one.attributes)) one.version += 1;
    one.attributes = next;
  }

  #refuseTwin(kind: "User" | "Group", id: string | undefined, { userName }: JsonObject): void {
    if (kind !== "User") return;
    const key = comparisonKey(String(userName));
    for (const other of this.users.values())
      if (other.id !== id && comparisonKey(String(other.attributes["userName"])) === key)
        throw new ScimError(409, "uniqueness", "userName is taken");
  }

  #refuseMembers({ members }: JsonObject, self: string | undefined): void {
    for (const member of (members ?? []) as { value: string }[])
      if (member.value === self || (!this.users.has(member.value) && !this.groups.has(member.value)))
        throw new ScimError(400, "invalidValue", "a member is no user or group");
  }

  #shown(kind: "User" | "Group", { id, attributes, version }: Stored): JsonObject {
    return {
      schemas: [this.#types()[kind].schema.id],
      id,
      ...attributes,
      meta: { resourceType: kind, version: `W/"${version}"` },
    };
  }
}

const without = (resource: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(resource).filter(([name]) => !names.includes(name))) as JsonObject;
