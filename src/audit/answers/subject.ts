// Whom or what a question is about: also after its deletion.
import { ERASED } from "../../domain/event.ts";
import type { Position } from "../../eventlog/event-log.ts";
import type { Lifetime } from "../../readstore/read-store.ts";
import { ScimError } from "../../scim/errors.ts";
import type { JsonObject } from "../../scim/json.ts";
import { quote } from "../../scim/quote.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { withoutSecretAttributes } from "../effects/secrets.ts";
import { following, holdsAt, preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";
import { formatInstant } from "./instant.ts";

export interface Subject extends Lifetime {
  readonly tenant: string;
}

/** Throws ScimError (404) for a type that never was. It goes by its name or, as in a URL, by its endpoint, and may be retired. */
export function typeNameOf({ types }: Pick<Sources, "types">, tenant: string, type: string): string {
  const known = types.typesOf(tenant);
  const name = (known.everByEndpoint(type) ?? known.ever(type))?.name;
  if (name === undefined) throw new ScimError(404, undefined, `there are no resources of a type ${quote(type)}`);
  return name;
}

/** Throws ScimError (404) for what never was. */
export async function subjectOf(sources: Sources, tenant: string, type: string, id: string): Promise<Subject> {
  const name = typeNameOf(sources, tenant, type);
  const life = await sources.store.lifetime(tenant, id);
  if (life?.type !== name) throw new ScimError(404, undefined, `there never was a ${name} with id ${quote(id)}`);
  return { ...life, tenant };
}

/** The type of a subject, in its last definition. */
export const typeOf = ({ types }: Sources, { tenant, type }: Named): ResourceType =>
  types.typesOf(tenant).ever(type) as ResourceType;

/** The subject as an answer shows it, named as it last was at or before a position. */
export async function describeSubject(sources: Sources, subject: Subject, position: Position): Promise<JsonObject> {
  const { type, id, from, to } = subject;
  const time = async (at: Position) => formatInstant(await sources.store.effectiveAt(at));
  return {
    type,
    id,
    display: await displayAt(sources, subject, lastOf(subject, position)),
    created: await time(from),
    deleted: to === null || to > position ? null : await time(to),
  };
}

/** A group, and a user as its member, for a question about both. */
export const describeMembership = async (
  sources: Sources,
  group: Subject,
  user: Subject,
  position: Position,
): Promise<JsonObject> => ({
  ...(await describeSubject(sources, group, position)),
  member: await describeSubject(sources, user, position),
});

const lastOf = ({ to }: Lifetime, position: Position): Position =>
  to !== null && to <= position ? preceding(to) : position;

/** The name that a resource had at a position; null where it had none, or was not there. */
export async function displayAt(
  sources: Sources,
  { tenant, type, id }: Named,
  position: Position,
): Promise<string | null> {
  return (await namesAt(sources, tenant, type, [id], position)).get(id) ?? null;
}

/** The names of many at a position, by id: of those that were there. */
export async function namesAt(
  { store }: Sources,
  tenant: string,
  type: string,
  ids: readonly string[],
  position: Position,
): Promise<ReadonlyMap<string, string | null>> {
  const names = new Map<string, string | null>();
  if (ids.length === 0) return names;
  for (const [id, life] of await store.namedLives(tenant, [...new Set(ids)], position)) {
    const { from, to } = life;
    if (life.type === type && holdsAt({ from, to, cause: null }, position)) names.set(id, life.display);
  }
  return names;
}

/** The name in a resource's attributes. */
export function nameIn(attributes: JsonObject | undefined): string | null {
  const name = attributes?.["displayName"] ?? attributes?.["userName"] ?? attributes?.["display"];
  return typeof name === "string" ? name : null;
}

/**
 * Whether a person was erased, as of now: the values then read as such at every instant. A client may write what reads so, and
 * is not taken at that word.
 */
export async function isErased(
  { store }: Pick<Sources, "store">,
  tenant: string,
  id: string,
  attributes: JsonObject,
): Promise<boolean> {
  if (attributes["userName"] !== ERASED) return false;
  for (let before = following(await store.position()); ; ) {
    const batch = await store.activityBefore(tenant, id, before, AT_ONCE);
    if (batch.some(({ eventType, resourceId }) => eventType === "UserErased" && resourceId === id)) return true;
    if (batch.length < AT_ONCE) return false;
    before = batch.at(-1)!.position;
  }
}

const AT_ONCE = 100;

type Named = Pick<Subject, "tenant" | "type" | "id">;

/** A resource's own attributes at a position, without what is never returned; undefined where it was not there. */
export async function attributesAt(
  { store, types }: Sources,
  { tenant, type, id }: Named,
  position: Position,
): Promise<JsonObject | undefined> {
  const resource = await store.get(tenant, type, id, position);
  if (resource === undefined) return undefined;
  const attributes = JSON.parse(`${resource.body}}`) as JsonObject;
  const definition = types.typesOf(tenant).ever(type);
  return definition === undefined ? attributes : withoutSecretAttributes(definition, attributes);
}
