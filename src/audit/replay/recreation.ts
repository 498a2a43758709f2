// Deleted resources in a plan: they come back under a new id, which nobody knows yet. Until then they go by a reference, as a
// Bulk request has it (RFC 7644 §3.7.2), and so do the memberships that come back with them.
import type { Position } from "../../eventlog/event-log.ts";
import { mayGoOn } from "../../readstore/read-store.ts";
import type { JsonObject } from "../../scim/json.ts";
import { attributesAt } from "../answers/subject.ts";
import { Holdings } from "../holdings/holdings.ts";
import { holdsAt, preceding } from "../holdings/intervals.ts";
import type { Sources } from "../sources.ts";

export interface Dead {
  readonly type: string;
  readonly id: string;
  /** Of its deletion. */
  readonly at: Position;
  /** Memberships that the same events had made and ended before: its members, and the groups it was in. */
  readonly members: Changed;
  readonly groups: Changed;
}

export interface Changed {
  readonly made: Set<string>;
  readonly ended: Set<string>;
}

const AT_ONCE = 1_000;

export class Recreations {
  readonly #sources: Sources;
  readonly #tenant: string;
  readonly #dead: ReadonlyMap<string, Dead>;
  readonly #created: ReadonlyMap<string, Position>;

  /** `created`: what the events had made, and the plan takes away. */
  constructor(
    sources: Sources,
    tenant: string,
    dead: ReadonlyMap<string, Dead>,
    created: ReadonlyMap<string, Position>,
  ) {
    this.#sources = sources;
    this.#tenant = tenant;
    this.#dead = dead;
    this.#created = created;
  }

  /** What names a resource in the plan: its id, or a reference to what comes back; undefined for what stays dead, or goes. */
  async nameOf(id: string): Promise<string | undefined> {
    if (this.#created.has(id)) return undefined;
    if (this.#dead.has(id)) return `bulkId:${id}`;
    const life = await this.#sources.store.lifetime(this.#tenant, id);
    return life === undefined || life.to !== null ? undefined : id;
  }

  /** As it was before its deletion; a group with its members, as they were before the events of the plan. */
  async bodyOf({ type, id, at, members: changed }: Dead): Promise<JsonObject> {
    const before = preceding(at);
    const attributes = await attributesAt(this.#sources, { tenant: this.#tenant, type, id }, before);
    const { id: _, ...body } = attributes ?? {};
    if (type !== "Group") return body;
    const ids = new Set(changed.ended);
    for (let after: string | null = null; ; ) {
      const page = await this.#sources.store.members(this.#tenant, id, after, AT_ONCE, before);
      for (const { value } of page) if (!changed.made.has(value)) ids.add(value);
      if (!mayGoOn(page, AT_ONCE)) break;
      after = page.at(-1)!.value;
    }
    const members: JsonObject[] = [];
    for (const member of ids) {
      const value = await this.nameOf(member);
      if (value !== undefined) members.push({ value });
    }
    return members.length === 0 ? body : { ...body, members };
  }

  /** Groups that live or come back, and that it was in before the events of the plan. */
  async groupsOf({ id, at, groups: changed }: Dead): Promise<readonly string[]> {
    const before = preceding(at);
    const held = await new Holdings(this.#sources.store, this.#tenant, before, before).groupsOf(id);
    const targets = held.flatMap((one) => (holdsAt(one, before) && !changed.made.has(one.target) ? [one.target] : []));
    const groups: string[] = [];
    for (const target of new Set([...targets, ...changed.ended]))
      if ((await this.nameOf(target)) !== undefined) groups.push(target);
    return groups;
  }
}
