// What the writes of users and groups share: the body on its way in (read, normalised, checked), the answer on its way out.
import type { GroupState } from "../../domain/group.ts";
import type { UserState } from "../../domain/user.ts";
import type { CommandContext, CommandOptions, Provisioning, Written } from "../../eventlog/provisioning.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import { normalisePatch } from "../../scim/normalise/patch.ts";
import { normaliseResource } from "../../scim/normalise/resource.ts";
import type { Profile } from "../../scim/normalise/rule.ts";
import type { PatchOperation } from "../../scim/patch/operation.ts";
import { type PatchLimits, parsePatch } from "../../scim/patch/operations.ts";
import { type ParsedResource, parseResource } from "../../scim/resource/parse.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { resolvePath } from "../../scim/schema/lookup.ts";
import { userType } from "../../scim/schema/resource-types.ts";
import { type BodyLimits, readJson } from "../body.ts";
import { etagOf, tagsMatch } from "../etag.ts";
import type { Exchange } from "../exchange.ts";
import { isResourceId } from "../resource-id.ts";
import { missing } from "./reading.ts";
import { type Readable, type Representation, readableOf } from "./representation.ts";

export interface WritingOptions {
  readonly provisioning: Provisioning;
  readonly readStore: ReadStore;
  readonly bodies: BodyLimits;
  readonly patches: PatchLimits;
}

const profileOf = (exchange: Exchange): Profile => (exchange.admitted.profile === "rfc" ? "rfc" : "lenient");

/** The context of a command, and the normalisation rules that its request needed. */
const contextOf = (exchange: Exchange, rules: readonly string[]): CommandContext =>
  rules.length === 0 ? exchange.context() : { ...exchange.context(), rules };

/** The id in the path. What cannot be an id is not found, like any other id that is nobody's. */
export function idOf(exchange: Exchange, type: ResourceType): string {
  const id = exchange.param("id");
  if (!isResourceId(id)) throw missing(type.name, id);
  return id;
}

/** The body of a POST or PUT. Neither type has an immutable attribute that a replacement would have to repeat. */
export async function resourceFrom(
  exchange: Exchange,
  type: ResourceType,
  mode: "create" | "replace",
  limits: BodyLimits,
): Promise<ParsedResource & { readonly context: CommandContext }> {
  const { body, rules } = normaliseResource(type, await readJson(exchange.request, limits), profileOf(exchange));
  return { ...parseResource(type, body, mode), context: contextOf(exchange, rules) };
}

/** The body of a PATCH. */
export async function patchFrom(
  exchange: Exchange,
  representation: Representation,
  { readStore, bodies, patches }: WritingOptions,
): Promise<{ readonly operations: readonly PatchOperation[]; readonly context: CommandContext }> {
  const { type } = representation;
  const profile = profileOf(exchange);
  const sent = await readJson(exchange.request, bodies);
  const current =
    profile === "rfc" || comparesNothing(type, sent) ? undefined : await currentOf(exchange, representation, readStore);
  const { body, rules } = normalisePatch(type, sent, profile, current);
  return { operations: parsePatch(type, body, patches), context: contextOf(exchange, rules) };
}

/**
 * Whether normalisation can do without the resource as it is: each operation is on a plain path that a client may write.
 * That holds for the commonest requests (`active`, `members`), and saves them a read.
 */
function comparesNothing(type: ResourceType, body: unknown): boolean {
  const operations = isObject(body) && Object.hasOwn(body, "Operations") ? body["Operations"] : undefined;
  return Array.isArray(operations) && operations.every((operation) => isOnPlainPath(type, operation));
}

function isOnPlainPath(type: ResourceType, operation: Json): boolean {
  const path = isObject(operation) && Object.hasOwn(operation, "path") ? operation["path"] : undefined;
  const target = typeof path === "string" ? resolvePath(type, path) : undefined;
  if (target === undefined) return false;
  return target.attribute.mutability !== "readOnly" && target.sub?.mutability !== "readOnly";
}

async function currentOf(
  exchange: Exchange,
  representation: Representation,
  readStore: ReadStore,
): Promise<JsonObject | undefined> {
  const resource = await readStore.get(exchange.admitted.tenant, representation.type.id, exchange.param("id"));
  return resource === undefined ? undefined : (JSON.parse(representation.whole(resource)) as JsonObject);
}

/** What If-Match expects, where it was sent. */
export function preconditionOf(exchange: Exchange): CommandOptions {
  const expected = exchange.request.headers["if-match"];
  return expected === undefined ? {} : { ifMatch: tagsMatch(expected) };
}

/** ETag, and Location for what is answered with a body. */
export const headersOf = (representation: Representation, { id, version }: Readable): readonly string[] => [
  "ETag",
  etagOf(version),
  "Location",
  representation.locationOf(id),
];

/**
 * The resource after a command, in the very bytes of a later GET: as the read store has it, unless a later command has
 * changed it again; then as this command left it.
 */
export async function readableAfter(
  representation: Representation,
  readStore: ReadStore,
  { tenant }: CommandContext,
  id: string,
  { state }: Written<UserState | GroupState>,
): Promise<Readable & { readonly tenant: string }> {
  const { type } = representation;
  if (isFresh(state) && !namesManager(state)) return { ...readableOf(type, id, state), tenant };
  const stored = await readStore.get(tenant, type.id, id);
  if (stored?.version === state.version) return stored;
  const { groups = [], managerDisplayName = null } = stored ?? {};
  return { ...readableOf(type, id, state), groups, managerDisplayName, tenant };
}

/** A resource that was just created is in no group. */
const isFresh = ({ createdAt, modifiedAt }: UserState | GroupState): boolean => createdAt === modifiedAt;

const MANAGING = userType.extensions.map(({ schema }) => schema.id);

/** Whether a display name has to be looked up. */
const namesManager = ({ attributes }: UserState | GroupState): boolean =>
  MANAGING.some((urn) => {
    const extension = attributes[urn];
    return isObject(extension) && extension["manager"] !== undefined;
  });
