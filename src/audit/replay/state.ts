// The state of a resource, or of a tenant, at a position: canonical text without locations, so that its hash is the same on
// every machine that has the same events and keys.
import { createHash, type Hash } from "node:crypto";
import { canonicalJson } from "../../eventlog/canonical-json.ts";
import type { Position } from "../../eventlog/event-log.ts";
import { mayGoOn } from "../../readstore/read-store.ts";
import type { Json, JsonObject } from "../../scim/json.ts";
import { livesAt } from "../answers/rows.ts";
import type { History } from "../sources.ts";

const MEMBERS_AT_ONCE = 1_000;

/** RFC 8785 JSON of a resource: its attributes, version and times, its groups or members by id; undefined where it was not there. */
export async function stateText(
  store: History,
  tenant: string,
  type: string,
  id: string,
  position: Position,
): Promise<string | undefined> {
  const resource = await store.get(tenant, type, id, position);
  if (resource === undefined) return undefined;
  const { version, createdAt, modifiedAt, body, groups } = resource;
  const members = type === "Group" ? { members: await membersOf(store, tenant, id, position) } : {};
  const state = {
    type,
    attributes: JSON.parse(`${body}}`) as JsonObject,
    version,
    created: createdAt,
    modified: modifiedAt,
    groups: groups.map(({ value }) => value),
    ...members,
  };
  return canonicalJson(state as Json);
}

async function membersOf(
  store: History,
  tenant: string,
  group: string,
  position: Position,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<History["members"]>> = await store.members(
      tenant,
      group,
      after,
      MEMBERS_AT_ONCE,
      position,
    );
    for (const { value } of page) ids.push(value);
    if (!mayGoOn(page, MEMBERS_AT_ONCE)) return ids;
    after = page.at(-1)!.value;
  }
}

/** A resource of a tenant's state. */
export interface Stated {
  readonly type: string;
  readonly id: string;
  readonly text: string;
}

/** Everything that lived at a position: resource types in this order, each in order of creation. */
export async function* tenantState(
  store: History,
  tenant: string,
  position: Position,
  types: readonly string[],
): AsyncGenerator<Stated> {
  for (const type of types)
    for await (const { id } of livesAt({ store }, tenant, type, position, undefined))
      yield { type, id, text: (await stateText(store, tenant, type, id, position))! };
}

/** SHA-256 over lines. */
export class StateHash {
  readonly #hash: Hash = createHash("sha256");

  add(text: string): void {
    this.#hash.update(`${text}\n`);
  }

  /** Hex; nothing can be added after. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}

export function hashOf(texts: readonly string[]): string {
  const hash = new StateHash();
  for (const text of texts) hash.add(text);
  return hash.digest();
}
