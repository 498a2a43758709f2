// The server that resources are moved to: finding, creating and changing them there.

import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import { patchOpUrn } from "../../scim/messages.ts";
import { schemasOf } from "../../scim/resource/schemas.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { ENDPOINTS, type Kind } from "../scim-client/discovery.ts";
import { OutcomeUnknown, Refused } from "../scim-client/errors.ts";
import type { Tries } from "../scim-client/retry.ts";
import type { ScimAnswer, ScimClient } from "../scim-client/scim-client.ts";
import type { Operation } from "./core/difference.ts";
import { membersOf } from "./core/members.ts";

export interface Target {
  readonly types: Readonly<Record<Kind, ResourceType>>;
  /** Whatever fulfils one of the terms, without members and groups. Throws Refused, ServerUnusable, Stopped. */
  find(kind: Kind, terms: readonly Term[]): Promise<readonly JsonObject[]>;
  /** The new id. Throws OutcomeUnknown too. */
  create(kind: Kind, attributes: JsonObject): Promise<string>;
  /** What the target answered: the changed resource, or none. */
  change(kind: Kind, id: string, operations: readonly Operation[]): Promise<ScimAnswer | undefined>;
  members(group: string): Promise<ReadonlySet<string>>;
  /** At most MEMBERS_AT_ONCE. */
  changeMembers(group: string, op: "add" | "remove", ids: readonly string[]): Promise<void>;
  backOff(tries: Tries, why: OutcomeUnknown): Promise<void>;
  now(): number;
}

/** `attribute eq "value"`. */
export interface Term {
  readonly attribute: "id" | "userName" | "displayName" | "externalId";
  readonly value: string;
}

export const MEMBERS_AT_ONCE = 500;
/** What most servers take in one filter. */
const MOST_TERMS = 60;
const LONGEST_FILTER = 4_000;
const PAGE = 200;

export class ServerTarget implements Target {
  readonly types: Readonly<Record<Kind, ResourceType>>;
  readonly #client: ScimClient;

  constructor(client: ScimClient, types: Readonly<Record<Kind, ResourceType>>) {
    this.#client = client;
    this.types = types;
  }

  async find(kind: Kind, terms: readonly Term[]): Promise<readonly JsonObject[]> {
    const found = new Map<string, JsonObject>();
    for (const filter of filtersOf(terms))
      for await (const resource of this.#list(kind, filter)) {
        const id = idIn(resource);
        if (id !== undefined) found.set(id, resource);
      }
    return [...found.values()];
  }

  async *#list(kind: Kind, filter: string): AsyncGenerator<JsonObject> {
    const excludedAttributes = kind === "User" ? "groups" : "members";
    for (let startIndex = 1; ; ) {
      const page = { filter, excludedAttributes, startIndex: String(startIndex), count: String(PAGE) };
      const { body } = await this.#client.get(ENDPOINTS[kind], page).catch(nothingAt404);
      const list = body?.["Resources"];
      const resources = Array.isArray(list) ? list.filter(isObject) : [];
      yield* resources;
      startIndex += resources.length;
      const total = body?.["totalResults"];
      if (resources.length === 0 || typeof total !== "number" || startIndex > total) return;
    }
  }

  async create(kind: Kind, attributes: JsonObject): Promise<string> {
    const body = { schemas: schemasOf(this.types[kind], attributes), ...attributes };
    const answer = await this.#client.post(ENDPOINTS[kind], body);
    const id = idIn(answer.body ?? {}) ?? lastSegment(answer.location);
    if (id === undefined) throw new OutcomeUnknown("it answered without the new id", {});
    return id;
  }

  change(kind: Kind, id: string, operations: readonly Operation[]): Promise<ScimAnswer> {
    const body = { schemas: [patchOpUrn], Operations: operations as unknown as Json[] };
    return this.#client.patch(`${ENDPOINTS[kind]}/${encodeURIComponent(id)}`, body);
  }

  async members(group: string): Promise<ReadonlySet<string>> {
    const path = `${ENDPOINTS.Group}/${encodeURIComponent(group)}`;
    const { body } = await this.#client.get(path, { attributes: "members" });
    return new Set(membersOf(body ?? {}).map(({ id }) => id));
  }

  async changeMembers(group: string, op: "add" | "remove", ids: readonly string[]): Promise<void> {
    const operations: Operation[] =
      op === "add"
        ? [{ op, path: "members", value: ids.map((value) => ({ value })) }]
        : ids.map((id) => ({ op, path: `members[value eq ${JSON.stringify(id)}]` }));
    await this.change("Group", group, operations);
  }

  backOff(tries: Tries, why: OutcomeUnknown): Promise<void> {
    return this.#client.backOff(tries, why);
  }

  now(): number {
    return this.#client.now();
  }
}

export function idIn(resource: JsonObject): string | undefined {
  const id = resource["id"];
  return typeof id === "string" && id !== "" ? id : typeof id === "number" ? String(id) : undefined;
}

/** The id at the end of a Location, where it is written as it is. */
function lastSegment(location: string | null): string | undefined {
  const segment = location?.split("/").at(-1);
  return segment === undefined || segment === "" || segment.includes("%") ? undefined : segment;
}

/** Terms joined by `or`, as many filters as it takes. */
function filtersOf(terms: readonly Term[]): readonly string[] {
  const filters: string[] = [];
  let current: string[] = [];
  let length = 0;
  for (const { attribute, value } of terms) {
    const term = `${attribute} eq ${JSON.stringify(value)}`;
    if (current.length > 0 && (current.length >= MOST_TERMS || length + term.length > LONGEST_FILTER)) {
      filters.push(current.join(" or "));
      [current, length] = [[], 0];
    }
    current.push(term);
    length += term.length + 4;
  }
  return current.length === 0 ? filters : [...filters, current.join(" or ")];
}

/** Some servers answer so where nothing is found. */
function nothingAt404(error: unknown): { readonly body: undefined } {
  if (error instanceof Refused && error.status === 404) return { body: undefined };
  throw error;
}

/** Reads at the target and writes nothing: what would be created has an id that the target does not know. */
export class DryTarget implements Target {
  readonly types: Readonly<Record<Kind, ResourceType>>;
  readonly #target: Target;
  #created = 0;

  constructor(target: Target) {
    this.#target = target;
    this.types = target.types;
  }

  async find(kind: Kind, terms: readonly Term[]): Promise<readonly JsonObject[]> {
    const real = terms.filter(({ attribute, value }) => attribute !== "id" || !isImagined(value));
    return real.length === 0 ? [] : this.#target.find(kind, real);
  }

  async create(): Promise<string> {
    return `${IMAGINED}${++this.#created}`;
  }

  async change(): Promise<undefined> {}

  async members(group: string): Promise<ReadonlySet<string>> {
    return isImagined(group) ? new Set() : this.#target.members(group);
  }

  async changeMembers(): Promise<void> {}

  backOff(tries: Tries, why: OutcomeUnknown): Promise<void> {
    return this.#target.backOff(tries, why);
  }

  now(): number {
    return this.#target.now();
  }
}

const IMAGINED = "not created: ";
const isImagined = (id: string): boolean => id.startsWith(IMAGINED);
