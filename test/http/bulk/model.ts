// What a Bulk request should come to, one step after the other, in the plainest way: names, members, lives.
import type { Json, JsonObject } from "../../../src/scim/json.ts";

/** A resource that was there before, or the one that an operation of the request creates. */
export type Ref = { readonly old: number } | { readonly made: number };

export type Act =
  | { readonly act: "createUser"; readonly name: number; readonly manager: Ref | undefined; readonly valid: boolean }
  | { readonly act: "createGroup"; readonly members: readonly Ref[] }
  | { readonly act: "rename" | "replaceUser"; readonly target: Ref; readonly name: number }
  | { readonly act: "add" | "remove" | "replaceMembers"; readonly target: Ref; readonly members: readonly Ref[] }
  | { readonly act: "deleteUser" | "deleteGroup"; readonly target: Ref };

export const keyOf = (ref: Ref): string => ("old" in ref ? `old ${ref.old}` : `made ${ref.made}`);
const isCreation = (act: Act | undefined): boolean => act?.act === "createUser" || act?.act === "createGroup";

export type Kept =
  | { readonly kind: "User"; readonly name: number; readonly manager: string | undefined }
  | { readonly kind: "Group"; readonly members: ReadonlySet<string> };

export const refsOf = (act: Act): readonly Ref[] => [
  ...("target" in act ? [act.target] : []),
  ...("members" in act ? act.members : []),
  ...("manager" in act && act.manager !== undefined ? [act.manager] : []),
];

class Refused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(String(status));
    this.status = status;
  }
}

export class Model {
  live: Map<string, Kept>;
  readonly statuses: (number | undefined)[];
  /** The outcome would depend on who comes first: a name asked for before it is freed, a member re-added while its end is written. */
  isAmbiguous = false;
  readonly #acts: readonly Act[];
  readonly #wanted = new Set<number>();
  readonly #everMember = new Set<string>();
  #errors = 0;

  constructor(acts: readonly Act[], live: ReadonlyMap<string, Kept>) {
    this.#acts = acts;
    this.live = new Map(live);
    this.statuses = acts.map(() => undefined);
    for (const [key, kept] of live) this.#noteMembers(key, kept);
  }

  run(steps: readonly (readonly number[])[], failOnErrors = Number.POSITIVE_INFINITY): void {
    for (const step of steps) {
      if (this.#errors >= failOnErrors) return;
      if (step.length > 1) this.#circle(step);
      else this.#one(step[0]!);
    }
  }

  #one(index: number): void {
    try {
      this.statuses[index] = this.#apply(index, [index]);
    } catch (error) {
      this.#fail(index, error);
    }
  }

  #circle(step: readonly number[]): void {
    const before = new Map(this.live);
    try {
      for (const index of step) this.#apply(index, step);
      for (const index of step) this.statuses[index] = 201;
    } catch (error) {
      this.live = before;
      for (const index of step) this.#fail(index, error);
    }
  }

  #fail(index: number, error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    this.#errors += 1;
    this.statuses[index] = error.status;
  }

  #apply(index: number, circle: readonly number[]): number {
    const act = this.#acts[index] as Act;
    for (const ref of refsOf(act)) {
      if ("old" in ref) continue;
      if (!isCreation(this.#acts[ref.made])) throw new Refused(409);
      if (!circle.includes(ref.made) && this.statuses[ref.made] !== 201) throw new Refused(409);
    }
    const own = keyOf({ made: index });
    switch (act.act) {
      case "createUser":
        if (!act.valid) throw new Refused(400);
        this.#requireFree(act.name, own);
        this.#set(own, { kind: "User", name: act.name, manager: act.manager && keyOf(act.manager) });
        return 201;
      case "createGroup": {
        const members = new Set(act.members.map(keyOf));
        const alive = circle.map((made) => keyOf({ made }));
        this.#requireFit(own, members, alive);
        this.#set(own, { kind: "Group", members });
        return 201;
      }
      case "rename":
      case "replaceUser": {
        const target = keyOf(act.target);
        const user = this.#find(target, "User");
        this.#requireFree(act.name, target);
        if (user.name !== act.name) this.#freed(user.name);
        this.#set(target, { ...user, name: act.name, ...(act.act === "rename" ? {} : { manager: undefined }) });
        return 200;
      }
      case "add":
      case "remove":
      case "replaceMembers":
        return this.#change(act);
      case "deleteUser":
      case "deleteGroup": {
        const target = keyOf(act.target);
        const kept = this.#find(target, act.act === "deleteUser" ? "User" : "Group");
        if (kept.kind === "User") this.#freed(kept.name);
        this.live.delete(target);
        for (const [key, other] of this.live)
          if (other.kind === "Group" && other.members.has(target))
            this.live.set(key, { ...other, members: other.members.difference(new Set([target])) });
        return 204;
      }
    }
  }

  #change(act: Extract<Act, { act: "add" | "remove" | "replaceMembers" }>): number {
    const target = keyOf(act.target);
    const { members } = this.#find(target, "Group");
    const named = new Set(act.members.map(keyOf));
    if (act.act === "remove") {
      this.#set(target, { kind: "Group", members: members.difference(named) });
      return 200;
    }
    const added = named.difference(members);
    this.#requireFit(target, added, []);
    this.#set(target, { kind: "Group", members: act.act === "add" ? members.union(added) : named });
    return 200;
  }

  #find<Kind extends Kept["kind"]>(key: string, kind: Kind): Extract<Kept, { kind: Kind }> {
    const kept = this.live.get(key);
    if (kept?.kind !== kind) throw new Refused(404);
    return kept as Extract<Kept, { kind: Kind }>;
  }

  #set(key: string, kept: Kept): void {
    this.live.set(key, kept);
    this.#noteMembers(key, kept);
  }

  #noteMembers(key: string, kept: Kept): void {
    if (kept.kind === "Group") for (const member of kept.members) this.#everMember.add(`${key} has ${member}`);
  }

  #requireFree(name: number, owner: string): void {
    for (const [key, kept] of this.live) {
      if (kept.kind !== "User" || kept.name !== name || key === owner) continue;
      this.#wanted.add(name);
      throw new Refused(409);
    }
  }

  #freed(name: number): void {
    if (this.#wanted.has(name)) this.isAmbiguous = true;
  }

  #requireFit(group: string, members: ReadonlySet<string>, alive: readonly string[]): void {
    for (const member of members) {
      const isLive = this.live.has(member) || alive.includes(member);
      if (!isLive && this.#everMember.has(`${group} has ${member}`)) this.isAmbiguous = true;
      if (member === group || !isLive) throw new Refused(400);
    }
  }
}

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

export interface Names {
  readonly userName: (name: number) => string;
  readonly idOfOld: (old: number) => string;
}

/** An act as an operation of a Bulk request. */
export function operationOf(act: Act, index: number, { userName, idOfOld }: Names): JsonObject {
  const text = (ref: Ref) => ("old" in ref ? idOfOld(ref.old) : `bulkId:b${ref.made}`);
  const elements = (refs: readonly Ref[]): Json[] => refs.map((ref) => ({ value: text(ref) }));
  const patch = (...Operations: JsonObject[]) => ({
    method: "PATCH",
    data: { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations },
  });
  const bulkId = `b${index}`;
  switch (act.act) {
    case "createUser": {
      const manager = act.manager === undefined ? {} : { [ENTERPRISE]: { manager: { value: text(act.manager) } } };
      const more = act.valid ? {} : { active: "perhaps" };
      const data = { schemas: [USER, ENTERPRISE], userName: userName(act.name), ...manager, ...more };
      return { method: "POST", path: "/Users", bulkId, data };
    }
    case "createGroup": {
      const data = { schemas: [GROUP], displayName: bulkId, members: elements(act.members) };
      return { method: "POST", path: "/Groups", bulkId, data };
    }
    case "rename":
      return {
        path: `/Users/${text(act.target)}`,
        ...patch({ op: "replace", path: "userName", value: userName(act.name) }),
      };
    case "replaceUser":
      return {
        method: "PUT",
        path: `/Users/${text(act.target)}`,
        data: { schemas: [USER], userName: userName(act.name) },
      };
    case "replaceMembers": {
      const data = { schemas: [GROUP], displayName: "replaced", members: elements(act.members) };
      return { method: "PUT", path: `/Groups/${text(act.target)}`, data };
    }
    case "add":
    case "remove":
      return {
        path: `/Groups/${text(act.target)}`,
        ...patch({ op: act.act, path: "members", value: elements(act.members) }),
      };
    case "deleteUser":
    case "deleteGroup":
      return { method: "DELETE", path: `/${act.act === "deleteUser" ? "Users" : "Groups"}/${text(act.target)}` };
  }
}
