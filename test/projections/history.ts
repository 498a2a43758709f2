// A log in memory and, beside it, what the domain makes of every place in it: the oracle of the read models.
import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { DateAsserted } from "../../src/domain/assertion-events.ts";
import type { DomainEvent, Fact } from "../../src/domain/event.ts";
import {
  GroupChangeAbandoned,
  GroupChangeBegun,
  GroupChangeCompleted,
  GroupCreated,
  GroupDeleted,
  type GroupEvent,
  GroupMembersAdded,
  GroupMembersRemoved,
  IdentifierReleased,
  UserCreated,
  UserErased,
  type UserEvent,
  UserPasswordSet,
} from "../../src/domain/events.ts";
import { absentGroup, decide as decideGroup, evolve as evolveGroup, type GroupState } from "../../src/domain/group.ts";
import { CheckpointSigned } from "../../src/domain/ledger-events.ts";
import { AttemptsDropped, InspectionEnded } from "../../src/domain/record-events.ts";
import { TenantCreated } from "../../src/domain/tenant-events.ts";
import {
  absentUser,
  decide as decideUser,
  evolve as evolveUser,
  type UserCommand,
  type UserState,
} from "../../src/domain/user.ts";
import { sealEvent } from "../../src/eventlog/codec.ts";
import { ordinalOf, type Position, positionOf, type RecordedEvent } from "../../src/eventlog/event-log.ts";
import type { RecordKind } from "../../src/readstore/walks.ts";
import { isObject, type Json, type JsonObject } from "../../src/scim/json.ts";
import { schemasOf } from "../../src/scim/resource/schemas.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";

export const BASE_URL = "https://scim.example";
const ENTERPRISE = userType.extensions[0]!.schema.id;
const FIRST = 1_790_000_000_000_000;
const EVENTS_OF_A_REQUEST = 3;

interface Person {
  readonly kind: "User";
  readonly state: UserState;
}
interface Party {
  readonly kind: "Group";
  readonly state: GroupState;
}
export type Known = Person | Party;
/** Every resource by id, as of one place. */
export type World = ReadonlyMap<string, Known>;

/** Between the positions of two events lie up to `2 * gap` others that no event has; 1: none. */
export interface HistoryOptions {
  readonly tenant?: string;
  readonly gap?: number;
}

/** A gap as logs have them whose positions are places in a file. */
export const GAP = 97;
/** A tenant of which the oracle knows nothing. */
export const ELSEWHERE = "globex";

export class History {
  readonly tenant: string;
  readonly #gap: number;
  /** Who acts from now on. */
  actor = "okta";
  readonly events: RecordedEvent[] = [];
  /** What is so after each place; index 0 is before the first. */
  readonly worlds: World[] = [new Map()];
  readonly effective: number[] = [0];
  readonly users: string[] = [];
  readonly groups: string[] = [];
  readonly #keys = new Map<string, Uint8Array>();
  readonly #keyOf = new Map<string, string>();
  readonly #revisions = new Map<string, number>();
  #clock = FIRST;
  #ids = 0;

  constructor({ tenant = "acme", gap = 1 }: HistoryOptions = {}) {
    this.tenant = tenant;
    this.#gap = gap;
  }

  /** For counterexamples. */
  [fc.toStringMethod](): string {
    return this.events
      .map(
        ({ position, stream, envelope, type }) =>
          `${Number(position)} ${type} ${stream.slice(-16)} ${JSON.stringify(JSON.parse(envelope).data)}`,
      )
      .join("\n");
  }

  readonly openKey = (_tenant: string, key: string): Uint8Array | undefined => this.#keys.get(key);

  /** The position of the event at a place, counted from 1; of 0: the start. */
  at(place: number): Position {
    return positionOf(place * this.#gap + ((place * 7) % this.#gap));
  }
  /** The place of the last event at or before a position. */
  placeOf(position: Position): number {
    const place = Math.floor(ordinalOf(position) / this.#gap);
    return this.at(place) > position ? place - 1 : place;
  }
  get head(): Position {
    return this.at(this.events.length);
  }
  get world(): World {
    return this.worlds.at(-1)!;
  }

  newId(): string {
    const rest = (++this.#ids).toString(16).padStart(12, "0");
    return `01900000-0000-7000-8000-${rest}`;
  }

  user(id: string): UserState {
    return (this.world.get(id) as Person | undefined)?.state ?? absentUser;
  }
  group(id: string): GroupState {
    return (this.world.get(id) as Party | undefined)?.state ?? absentGroup;
  }
  isLive = (id: string): boolean => this.world.get(id)?.state.status === "live";

  command(command: UserCommand): void {
    this.appendUser(
      command.id,
      decideUser(command, this.user(command.id), (path) => `claim-${path}-${command.id}`),
    );
  }
  createUser(attributes: JsonObject, id = this.newId()): string {
    this.users.push(id);
    this.command({ type: "CreateUser", id, attributes, password: false });
    return id;
  }
  replaceUser(id: string, attributes: JsonObject): void {
    if (this.isLive(id) && !this.user(id).erased) this.command({ type: "ReplaceUser", id, attributes });
  }
  /** Sets attributes, leaves the others. */
  changeUser(id: string, attributes: JsonObject): void {
    this.replaceUser(id, { ...this.user(id).attributes, ...attributes });
  }
  deleteUser(id: string): void {
    if (this.isLive(id)) this.command({ type: "DeleteUser", id });
  }
  setPassword(id: string): void {
    if (this.isLive(id)) this.appendUser(id, [UserPasswordSet({})]);
  }
  /** Destroys the person's key, as the vault does, and says so. */
  erase(id: string): void {
    if (this.user(id).status === "absent") return;
    const key = this.#keyOf.get(id)!;
    this.#keys.delete(key);
    this.appendUser(id, [UserErased({ keys: [key] })]);
    for (const [place, world] of this.worlds.entries()) {
      const known = world.get(id);
      if (known?.kind !== "User") continue;
      const state = evolveUser(known.state, {
        event: UserErased({ keys: [key] }),
        revision: known.state.revision,
        at: 0,
      });
      this.worlds[place] = new Map(world).set(id, { kind: "User", state });
    }
  }

  createGroup(attributes: JsonObject, members: readonly string[] = [], id = this.newId()): string {
    this.groups.push(id);
    const parts: GroupEvent[] = [GroupCreated({ paths: Object.keys(attributes) }, { attributes, elements: {} })];
    if (members.length > 0) parts.push(GroupMembersAdded({ members: [...members] }));
    this.appendGroup(id, parts);
    return id;
  }
  changeGroup(id: string, attributes: JsonObject): void {
    if (!this.isLive(id)) return;
    const state = this.group(id);
    const context = { changeId: "c", isLive: this.isLive, describe: () => ({}) };
    const members = [...state.members.ids()];
    this.appendGroup(
      id,
      decideGroup(
        { type: "ReplaceGroup", id, attributes: { ...state.attributes, ...attributes }, members },
        state,
        context,
      ),
    );
  }
  add(id: string, members: readonly string[]): void {
    const fresh = [...new Set(members)].filter(
      (member) => this.isLive(member) && member !== id && !this.group(id).members.has(member),
    );
    if (this.isLive(id) && fresh.length > 0) this.appendGroup(id, [GroupMembersAdded({ members: fresh })]);
  }
  remove(id: string, members: readonly string[], cause?: "userDeleted" | "groupDeleted"): void {
    const held = [...new Set(members)].filter((member) => this.group(id).members.has(member));
    if (this.isLive(id) && held.length > 0)
      this.appendGroup(id, [GroupMembersRemoved({ members: held, ...(cause === undefined ? {} : { cause }) })]);
  }
  deleteGroup(id: string): void {
    if (this.isLive(id)) this.appendGroup(id, [GroupDeleted({})]);
  }
  /** A change of many appends: everyone leaves, these come; `end` says how it goes out. */
  change(id: string, members: readonly string[], end: "completed" | "abandoned" | "voided" | "open"): void {
    if (!this.isLive(id)) return;
    const change = randomUUID();
    const current = this.group(id).members.ids();
    const fresh = new Set(members.filter((member) => this.isLive(member) && member !== id));
    const removed = [...current].filter((member) => !fresh.has(member));
    const added = [...fresh].filter((member) => !current.has(member));
    this.appendGroup(id, [GroupChangeBegun({ change })]);
    if (removed.length > 0) this.appendGroup(id, [GroupMembersRemoved({ members: removed, change })]);
    if (added.length > 0) this.appendGroup(id, [GroupMembersAdded({ members: added, change })]);
    if (end === "completed") this.appendGroup(id, [GroupChangeCompleted({ change })]);
    if (end === "abandoned") this.appendGroup(id, [GroupChangeAbandoned({ change })]);
    if (end === "voided") this.changeGroup(id, { externalId: change });
  }
  createGroupInParts(
    attributes: JsonObject,
    members: readonly string[],
    { id = this.newId(), end = "completed" }: { id?: string; end?: "completed" | "open" } = {},
  ): string {
    this.groups.push(id);
    const change = randomUUID();
    this.appendGroup(id, [
      GroupChangeBegun({ change }),
      GroupCreated({ paths: Object.keys(attributes), change }, { attributes, elements: {} }),
    ]);
    if (members.length > 0) this.appendGroup(id, [GroupMembersAdded({ members: [...members], change })]);
    if (end === "completed") this.appendGroup(id, [GroupChangeCompleted({ change })]);
    return id;
  }
  /** Events that no resource shows. */
  claim(): void {
    this.#append(`scim.claim-${this.tenant}:${"A".repeat(43)}`, [IdentifierReleased({})]);
  }
  createTenant(): void {
    this.#append(`scim.tenant-${this.tenant}`, [TenantCreated({ name: "Acme" })]);
  }
  record(kind: RecordKind, tenant = this.tenant): void {
    const event = {
      attempt: AttemptsDropped({ count: 1 }),
      inspection: InspectionEnded({ inspection: "i", rows: 1, bytes: 2, outcome: "complete" }),
      assertion: DateAsserted({ user: "u", kind: "leaves", at: null, source: "hr" }),
    }[kind];
    this.#append(`scim.${kind}-${tenant}:2026-11-22:node`, [event], { tenant });
  }
  /** A user of another tenant, of whom no world of this one knows, whatever the id. */
  createElsewhere(id = this.newId()): void {
    const stream = `scim.user-${ELSEWHERE}:${id}`;
    if (this.events.some((event) => event.stream === stream)) return;
    const key = `${ELSEWHERE} ${id}`;
    this.#makeKey(key);
    const attributes = { userName: `elsewhere ${id}` };
    const event = UserCreated({ paths: ["userName"], granted: [], claims: {} }, { attributes, elements: {} });
    this.#append(stream, [event], { tenant: ELSEWHERE, key: this.#keyOf.get(key) });
  }
  /** A head of the ledger, of which no tree has a leaf. */
  signHead(note: string): void {
    this.#append(`scim.ledger-${this.tenant}`, [CheckpointSigned({ size: 1, root: "root", epoch: 1, note })]);
  }

  appendUser(id: string, events: readonly UserEvent[]): void {
    let state = this.user(id);
    if (!this.#keyOf.has(id)) this.#makeKey(id);
    const facts = this.#append(`scim.user-${this.tenant}:${id}`, events, { key: this.#keyOf.get(id) });
    for (const [index, fact] of facts.entries()) {
      state = evolveUser(state, fact as Fact<UserEvent>);
      this.#settle(facts.length - index - 1, id, { kind: "User", state });
    }
  }
  appendGroup(id: string, events: readonly GroupEvent[]): void {
    let state = this.group(id);
    if (!this.#keyOf.has(id)) this.#makeKey(id);
    const facts = this.#append(`scim.group-${this.tenant}:${id}`, events, { key: this.#keyOf.get(id) });
    for (const [index, fact] of facts.entries()) {
      state = evolveGroup(state, fact as Fact<GroupEvent>);
      this.#settle(facts.length - index - 1, id, { kind: "Group", state });
    }
  }

  #makeKey(id: string): void {
    const key = randomUUID();
    this.#keyOf.set(id, key);
    this.#keys.set(key, new Uint8Array(randomBytes(32)));
  }

  #settle(fromEnd: number, id: string, known: Known): void {
    for (let place = this.worlds.length - 1 - fromEnd; place < this.worlds.length; place++)
      this.worlds[place] = new Map(this.worlds[place]).set(id, known);
  }

  /** What other credentials say of themselves, in every way that they may. */
  #told(): Record<string, string> {
    if (this.actor !== "entra") return { actorName: "Okta", actorKind: "provisioning" };
    const client = this.events.length % 3 === 0 ? {} : { client: `client ${this.events.length % 2}` };
    return { actorName: "Entra", actorKind: "provisioning", profile: "entra", ...client };
  }

  /** Clocks of several nodes: now and then an event is older than the one before it. */
  #append(
    stream: string,
    events: readonly DomainEvent[],
    { tenant = this.tenant, key }: { tenant?: string; key?: string | undefined } = {},
  ): Fact[] {
    const revision = this.#revisions.get(stream) ?? 0;
    this.#revisions.set(stream, revision + events.length);
    this.#clock += 1_000_000;
    const at = this.events.length % 5 === 4 ? this.#clock - 1_500_000 : this.#clock;
    return events.map((event, index) => {
      const place = this.events.length + 1;
      const { type, version, data, personal } = event as DomainEvent<string, Json, JsonObject>;
      const request = `request-${Math.ceil(place / EVENTS_OF_A_REQUEST)}`;
      const sealed = sealEvent({
        at,
        data,
        id: randomUUID(),
        metadata: { $correlationId: request, actor: this.actor, ...this.#told() },
        revision: revision + index,
        stream,
        tenant,
        type,
        version,
        ...(key === undefined ? {} : { key: { id: key, secret: this.#keys.get(key) ?? new Uint8Array(32) } }),
        ...(personal === undefined || personal === "erased" ? {} : { personal }),
      });
      const { personal: _, ...stored } = sealed;
      this.events.push({ ...stored, stream, revision: revision + index, position: this.at(place) });
      this.worlds.push(this.world);
      this.effective.push(Math.max(this.effective.at(-1)!, at));
      return { event, revision: revision + index, at, ...(key === undefined ? {} : { key }) };
    });
  }
}

/** Microseconds as xsd:dateTime. */
const formatDateTime = (micros: number): string =>
  `${new Date(Math.floor(micros / 1_000_000) * 1_000).toISOString().slice(0, 19)}.${String(micros % 1_000_000).padStart(6, "0")}Z`;

/** What others show for a resource; an erased name reads as such and is nothing to a filter. */
const display = (known: Known | undefined, forFilter: boolean): Json =>
  known?.state.status === "live" && !(forFilter && known.state.erased)
    ? (known.state.attributes["displayName"] ?? null)
    : null;

/** The whole SCIM resource of an id as of a world; undefined where it does not exist. */
export function resourceIn(world: World, id: string, forFilter = false): JsonObject | undefined {
  const known = world.get(id);
  if (known?.state.status !== "live") return undefined;
  const { state, kind } = known;
  const type = kind === "User" ? userType : groupType;
  const attributes = structuredClone(state.attributes);
  return {
    schemas: schemasOf(type, attributes),
    id,
    ...withManagerName(attributes, world, forFilter),
    ...(kind === "User" ? { groups: groupsOf(world, id, forFilter) } : { members: membersOf(world, known, forFilter) }),
    meta: {
      resourceType: kind,
      created: formatDateTime(state.createdAt),
      lastModified: formatDateTime(state.modifiedAt),
      location: `${BASE_URL}${type.endpoint}/${id}`,
      version: `W/"${state.version}"`,
    },
  };
}

function withManagerName(attributes: JsonObject, world: World, forFilter: boolean): JsonObject {
  const extension = attributes[ENTERPRISE];
  const manager = isObject(extension) ? extension["manager"] : undefined;
  if (!isObject(extension) || !isObject(manager)) return attributes;
  const name = typeof manager["value"] === "string" ? display(world.get(manager["value"]), forFilter) : null;
  const named = name === null ? manager : { ...manager, displayName: name };
  return { ...attributes, [ENTERPRISE]: { ...extension, manager: named } };
}

export const groupsOf = (world: World, id: string, forFilter = false): JsonObject[] =>
  [...world].flatMap(([group, known]) =>
    known.kind === "Group" && known.state.status === "live" && known.state.members.has(id)
      ? [{ value: group, $ref: `${BASE_URL}/Groups/${group}`, display: display(known, forFilter), type: "direct" }]
      : [],
  );

export const membersOf = (world: World, { state }: Party, forFilter = false): JsonObject[] =>
  [...state.members.ids()].flatMap((id) => {
    const member = world.get(id);
    if (member?.state.status !== "live") return [];
    return [
      { value: id, $ref: `${BASE_URL}/${member.kind}s/${id}`, display: display(member, forFilter), type: member.kind },
    ];
  });
