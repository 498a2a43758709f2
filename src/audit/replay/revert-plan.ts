// SCIM operations that would undo what some events did and what is still in force: a list for review, newest first. Nothing is
// applied. What somebody else changed since is left alone.

import { isDeepStrictEqual } from "node:util";
import { GRANTING } from "../../domain/granted.ts";
import type { Position } from "../../eventlog/event-log.ts";
import type { Json, JsonObject } from "../../scim/json.ts";
import { attributesAt, isErased } from "../answers/subject.ts";
import type { Stretch } from "../answers/window.ts";
import type { BlastRow } from "../effects/blast-row.ts";
import { gainOf, type HeldAt, lastRun } from "../effects/own-changes.ts";
import { Radius } from "../effects/radius.ts";
import { isSecret } from "../effects/secrets.ts";
import { preceding } from "../holdings/intervals.ts";
import { adding, elementsIn, removing } from "./granted-elements.ts";
import { type Dead, type Changed as Recreated, Recreations } from "./recreation.ts";
import { type Searchable, takenOf } from "./taken.ts";

export interface Operation {
  /** Absent: there is none that would undo it, and the note says why. */
  readonly method?: "PATCH" | "DELETE" | "POST";
  /** Below the base of the SCIM service. */
  readonly path: string;
  readonly body?: JsonObject;
  /** What other operations of the plan call a resource that comes back: `bulkId:` and this. */
  readonly bulkId?: string;
  /** The last event that it undoes. */
  readonly undoes: Position;
  /** What cannot be undone as it was, and why. */
  readonly note?: string;
}

type Effect = BlastRow;

const PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

export async function revertPlan(
  sources: Searchable,
  tenant: string,
  through: Position,
  stretch: Stretch,
  by: { readonly actor?: string | undefined; readonly request?: string | undefined },
): Promise<readonly Operation[]> {
  const plan = new Plan(sources, tenant, through);
  for await (const batch of new Radius(sources, tenant, through).rows(stretch, by))
    for (const { row } of batch) plan.add(row);
  return plan.operations();
}

/** An attribute of a resource that the events changed. */
interface Changed {
  readonly subject: Effect["subject"];
  readonly path: string;
  readonly positions: Position[];
}

/** A group, role or entitlement that an event gave somebody, or took away. */
interface Held {
  readonly subject: Effect["subject"];
  readonly kind: NonNullable<Effect["kind"]>;
  readonly target: string;
  readonly effect: "gained" | "lost";
  readonly position: Position;
  readonly inForce: boolean;
}

interface Membership {
  readonly op: "add" | "remove";
  readonly member: string;
  readonly group: string;
  readonly undoes: Position;
  readonly inForce: boolean;
}

const SECRET = "what it was is never returned: give the value by hand, or leave this operation out";
const COMES_BACK =
  "a deleted resource comes back under a new id: whoever knows the old one must learn it; passwords and other secrets are not known, and references beside memberships, such as a manager, still name the old id";

const refusedFor = (paths: readonly string[]): string =>
  `another resource bears the same ${paths.join(", ")}: this is refused (409 uniqueness) as long as it does`;
const broughtBack = (paths: readonly string[]): string =>
  `the same events had changed its ${paths.join(", ")} before they deleted it, and it comes back as it was deleted: see its blame`;
const STAYS_ERASED = "an erased person cannot come back: nobody can read any more who it was";

class Plan {
  readonly #sources: Searchable;
  readonly #tenant: string;
  readonly #through: Position;
  readonly #operations: Operation[] = [];
  readonly #changed = new Map<string, Changed>();
  readonly #created = new Map<string, Position>();
  readonly #deleted = new Map<string, Dead>();
  /** By the events, or by somebody else since. */
  readonly #erased = new Map<string, Pick<Dead, "type" | "id" | "at">>();
  readonly #held = new Map<string, Held[]>();
  /** Names of attributes that an operation of the plan restores as a whole. */
  readonly #whole = new Set<string>();

  constructor(sources: Searchable, tenant: string, through: Position) {
    this.#sources = sources;
    this.#tenant = tenant;
    this.#through = through;
  }

  add(effect: Effect): void {
    const { subject, inForce, target } = effect;
    const undoes = effect.evidence.position as Position;
    switch (effect.effect) {
      case "created":
        this.#created.set(subject.id, undoes);
        if (inForce) this.#operations.push({ method: "DELETE", path: this.#pathOf(subject), undoes });
        return;
      case "changed":
        // Force is that of the whole event: of its attributes, some may stand where others do not.
        for (const path of effect.paths) this.#note(subject, path, undoes);
        return;
      case "disabled":
      case "enabled":
        this.#note(subject, "active", undoes);
        return;
      case "gained":
      case "lost":
        // Members come back with their group.
        if (effect.evidence.type === "GroupDeleted") return;
        this.#noteHeld({
          ...{ subject, kind: effect.kind!, target: target!, effect: effect.effect },
          ...{ position: undoes, inForce: inForce === true },
        });
        return;
      case "deleted":
        if (!this.#created.has(subject.id))
          this.#deleted.set(subject.id, {
            ...{ type: subject.type, id: subject.id, at: undoes },
            ...{ members: unchanged(), groups: unchanged() },
          });
        return;
      case "erased":
        if (!this.#created.has(subject.id))
          this.#erased.set(subject.id, { type: subject.type, id: subject.id, at: undoes });
        return;
      default:
        return;
    }
  }

  /** Both are there. */
  async #mayReturn(member: string, group: string): Promise<boolean> {
    return (await this.#isAlive(member)) && (await this.#isAlive(group));
  }

  async #isAlive(id: string): Promise<boolean> {
    const life = await this.#sources.store.lifetime(this.#tenant, id);
    return life !== undefined && (life.to === null || life.to > this.#through);
  }

  #note(subject: Effect["subject"], path: string, position: Position): void {
    const key = keyOf(subject, path);
    const known = this.#changed.get(key);
    if (known === undefined) this.#changed.set(key, { subject, path, positions: [position] });
    else known.positions.push(position);
  }

  #noteHeld(held: Held): void {
    const key = `${held.subject.id} ${held.kind} ${held.target}`;
    const known = this.#held.get(key);
    if (known === undefined) this.#held.set(key, [held]);
    else known.push(held);
  }

  /** Newest first: what was made last goes first. */
  async operations(): Promise<readonly Operation[]> {
    const all = [...this.#operations];
    for (const one of this.#changed.values()) all.push(...(await this.#restoringAttribute(one)));
    for (const same of this.#held.values())
      for (const [index, one] of same.entries()) all.push(...(await this.#restoringHeld(one, same.slice(0, index))));
    all.push(...(await this.#recreating()));
    return all.sort((a, b) => (a.undoes < b.undoes ? 1 : a.undoes > b.undoes ? -1 : 0));
  }

  async #recreating(): Promise<readonly Operation[]> {
    const returning = await this.#returning();
    const recreations = new Recreations(this.#sources, this.#tenant, returning, this.#created);
    const all: Operation[] = [];
    for (const one of this.#erased.values()) all.push({ path: this.#pathOf(one), undoes: one.at, note: STAYS_ERASED });
    for (const dead of returning.values())
      for (const group of await recreations.groupsOf(dead)) {
        const ofGroup = returning.get(group);
        // A group that comes back does so with its members.
        if (ofGroup !== undefined) ofGroup.members.ended.add(dead.id);
        else all.push({ ...this.#membership("add", `bulkId:${dead.id}`, group), undoes: dead.at });
      }
    for (const dead of returning.values()) {
      const { id: bulkId, at: undoes, type } = dead;
      const body = await recreations.bodyOf(dead);
      const taken = await this.#takenOf({ type, id: bulkId }, body, undoes);
      const own = this.#changedOf(bulkId);
      const note = [
        COMES_BACK,
        ...(own.length === 0 ? [] : [broughtBack(own)]),
        ...(taken.length === 0 ? [] : [refusedFor(taken)]),
      ].join("; ");
      all.push({ method: "POST", path: this.#endpointOf(type), bulkId, body, undoes, note });
    }
    return all;
  }

  /** Attributes of one that these events changed. */
  #changedOf(id: string): readonly string[] {
    const changed = [...this.#changed.values()].filter(({ subject }) => subject.id === id).map(({ path }) => path);
    const held = [...this.#held.values()].flat().filter(({ subject, kind }) => subject.id === id && kind !== "group");
    return [...new Set([...changed, ...held.map(({ kind }) => (kind === "role" ? "roles" : "entitlements"))])];
  }

  /** Unique values that somebody else bears when the operation that undoes an event has its turn; never who. */
  async #takenOf(
    { type, id }: Pick<Effect["subject"], "type" | "id">,
    attributes: JsonObject,
    undoes: Position,
    only?: string,
  ): Promise<readonly string[]> {
    const taken = await takenOf(this.#sources, { tenant: this.#tenant, type, id }, attributes, this.#through, only);
    // What the same events made later is gone by then.
    return taken.flatMap((one) => ((this.#created.get(one.id) ?? undoes) > undoes ? [] : [one.path]));
  }

  /** What was deleted, without those who are erased. */
  async #returning(): Promise<ReadonlyMap<string, Dead>> {
    const returning = new Map<string, Dead>();
    for (const dead of this.#deleted.values()) {
      const { type, id } = dead;
      if (type !== "User" || !(await this.#isErased(dead))) returning.set(id, dead);
      else if (!this.#erased.has(id)) this.#erased.set(id, dead);
    }
    return returning;
  }

  async #isErased(dead: Dead): Promise<boolean> {
    return isErased(this.#sources, this.#tenant, dead.id, await this.#attributesAt(dead, preceding(dead.at)));
  }

  async #restoringHeld(held: Held, earlier: readonly Held[]): Promise<readonly Operation[]> {
    const stands = held.inForce && (await this.#isNet(held, earlier));
    if (held.kind !== "group") return stands ? this.#restoringGranted(held) : [];
    const { subject, target: group, effect, position: undoes } = held;
    const inForce = stands && (effect === "gained" || (await this.#mayReturn(subject.id, group)));
    return this.#restoringMembership({
      ...{ op: effect === "gained" ? "remove" : "add", member: subject.id, group, undoes, inForce },
    });
  }

  /** What they took and gave back, or gave and took back, is as it was. */
  async #isNet({ subject, kind, target, effect, position }: Held, earlier: readonly Held[]): Promise<boolean> {
    if (earlier.length === 0) return true;
    const { store } = this.#sources;
    const heldAt: HeldAt = async (asOf) => {
      if (kind === "group") {
        const [last] = await store.lastMemberships(this.#tenant, [{ group: target, member: subject.id }], asOf);
        return last === null ? [] : [last!];
      }
      const held = (await store.lastHeld(this.#tenant, [subject.id], asOf)).get(subject.id) ?? [];
      return held.filter((one) => one.kind === kind && one.target === target);
    };
    const positions = new Set([...earlier.map((one) => one.position), position]);
    const gain = await gainOf([...positions], heldAt);
    return effect === "gained" ? gain > 0 : gain < 0;
  }

  async #restoringGranted({ subject, kind, target, effect, position: undoes }: Held): Promise<readonly Operation[]> {
    const path = kind === "role" ? "roles" : "entitlements";
    if (this.#created.has(subject.id) || this.#whole.has(keyOf(subject, path))) return [];
    if (!(await this.#isAlive(subject.id))) return [];
    const elementsAt = async (at?: Position) => elementsIn(await this.#valueAt(subject, path, at));
    const elements = {
      before: await elementsAt(preceding(undoes)),
      after: await elementsAt(undoes),
      now: await elementsAt(),
    };
    const bodies = (effect === "gained" ? removing : adding)(path, target, elements).map(patch);
    return bodies.map((body) => ({ method: "PATCH", path: this.#pathOf(subject), body, undoes }));
  }

  /** What the plan takes away needs nothing else; what comes back does so with its memberships. */
  #restoringMembership({ op, member, group, undoes, inForce }: Membership): readonly Operation[] {
    if (this.#created.has(group) || this.#created.has(member)) return [];
    const [ofGroup, ofMember] = [this.#deleted.get(group), this.#deleted.get(member)];
    if (ofGroup !== undefined && undoes < ofGroup.at) note(ofGroup.members, op, member);
    if (ofMember !== undefined && undoes < ofMember.at) note(ofMember.groups, op, group);
    if (ofGroup !== undefined || ofMember !== undefined || !inForce) return [];
    return [{ ...this.#membership(op, member, group), undoes }];
  }

  async #restoringAttribute(changed: Changed): Promise<readonly Operation[]> {
    const { subject, path, positions } = changed;
    if (this.#created.has(subject.id) || !(await this.#isAlive(subject.id))) return [];
    const first = await lastRun(this.#sources, this.#tenant, { id: subject.id, path, positions }, this.#through);
    if (first === undefined) return [];
    if (subject.type === "User" && isGranting(path)) {
      // Who holds what goes back value by value, where others had a part in it.
      if (first !== positions[0]) return [];
      this.#whole.add(keyOf(subject, path));
    }
    return this.#restoring(changed, first);
  }

  /** The value before the last run of changes: what somebody else had set before that was not theirs to take away. */
  async #restoring({ subject, path, positions }: Changed, first: Position): Promise<readonly Operation[]> {
    const operation = (body: JsonObject) => ({
      method: "PATCH" as const,
      path: this.#pathOf(subject),
      body: patch(body),
      undoes: positions.at(-1)!,
    });
    const type = this.#sources.types.typesOf(this.#tenant).ever(subject.type);
    if (type !== undefined && isSecret(type, path)) return [{ ...operation({ op: "replace", path }), note: SECRET }];
    const attributes = await this.#attributesAt(subject, preceding(first));
    const [before, now] = [valueAt(attributes, path), await this.#valueAt(subject, path)];
    if (isDeepStrictEqual(before, now)) return [];
    if (before === undefined) return [operation({ op: "remove", path })];
    const taken = await this.#takenOf(subject, attributes, positions.at(-1)!, path);
    const replacing = operation({ op: "replace", path, value: before });
    return [taken.length === 0 ? replacing : { ...replacing, note: refusedFor(taken) }];
  }

  async #valueAt(subject: Effect["subject"], path: string, position?: Position): Promise<Json | undefined> {
    return valueAt(await this.#attributesAt(subject, position), path);
  }

  async #attributesAt(
    { type, id }: Pick<Dead, "type" | "id">,
    position: Position = this.#through,
  ): Promise<JsonObject> {
    return (await attributesAt(this.#sources, { tenant: this.#tenant, type, id }, position)) ?? {};
  }

  #endpointOf(type: string): string {
    return this.#sources.types.typesOf(this.#tenant).ever(type)?.endpoint ?? `/${type}`;
  }

  #pathOf({ type, id }: Pick<Effect["subject"], "type" | "id">): string {
    return `${this.#endpointOf(type)}/${id}`;
  }

  #membership(op: "add" | "remove", member: string, group: string): Pick<Operation, "method" | "path" | "body"> {
    const operation: JsonObject =
      op === "add"
        ? { op, path: "members", value: [{ value: member }] }
        : { op, path: `members[value eq "${member}"]` };
    return { method: "PATCH", path: this.#pathOf({ type: "Group", id: group }), body: patch(operation) };
  }
}

const keyOf = ({ id }: Effect["subject"], path: string): string => `${id} ${path}`;
const isGranting = (path: string): boolean => (GRANTING as readonly string[]).includes(path);

const unchanged = (): Recreated => ({ made: new Set(), ended: new Set() });

/** What was made and ended again, or the other way round, is as it was. */
function note({ made, ended }: Recreated, op: Membership["op"], id: string): void {
  const [into, outOf] = op === "add" ? [ended, made] : [made, ended];
  if (!outOf.delete(id)) into.add(id);
}

const patch = (operation: JsonObject): JsonObject => ({ schemas: [PATCH_OP], Operations: [operation] });

/** The value at a path as activity names it: `title`, `name.givenName`, `urn:…:User:manager.value`. */
function valueAt(attributes: JsonObject, path: string): Json | undefined {
  const own = (object: Json | undefined, name: string): Json | undefined =>
    typeof object === "object" && object !== null && !Array.isArray(object) && Object.hasOwn(object, name)
      ? (object as JsonObject)[name]
      : undefined;
  const extension = Object.keys(attributes).find((name) => name.startsWith("urn:") && path.startsWith(`${name}:`));
  const [root, rest] =
    extension === undefined ? [attributes, path] : [own(attributes, extension), path.slice(extension.length + 1)];
  return rest.split(".").reduce<Json | undefined>((value, name) => own(value, name), root);
}
