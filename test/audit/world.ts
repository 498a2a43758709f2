// A small history, told event by event, as the log would hold it. What happens is decided by the domain itself.
import { createHash } from "node:crypto";
import type { DomainEvent, Fact } from "../../src/domain/event.ts";
import {
  GroupAttributesChanged,
  GroupChangeAbandoned,
  GroupChangeBegun,
  GroupChangeCompleted,
  GroupCreated,
  GroupDeleted,
  type GroupEvent,
  GroupMembersAdded,
  GroupMembersRemoved,
  UserErased,
  UserErasureCompleted,
  type UserEvent,
} from "../../src/domain/events.ts";
import { absentGroup, evolve as evolveGroup, type GroupState } from "../../src/domain/group.ts";
import type { ClaimIds } from "../../src/domain/unique-values.ts";
import {
  absentUser,
  decide as decideUser,
  type ErasureOutcome,
  evolve as evolveUser,
  type UserState,
} from "../../src/domain/user.ts";
import { type Personal, sealEvent } from "../../src/eventlog/codec.ts";
import { type Position, positionOf, type RecordedEvent, START } from "../../src/eventlog/event-log.ts";
import { formatStreamName, type StreamName } from "../../src/eventlog/stream-name.ts";
import type { RecordKind } from "../../src/readstore/walks.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { patchOpUrn } from "../../src/scim/messages.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";

export const TENANT = "acme";
/** 2026-09-21T14:13:20Z. */
export const BEGINNING = 1_790_000_000_000_000;
const SECOND = 1_000_000;

export interface Entry {
  readonly position: Position;
  readonly recorded: RecordedEvent;
  readonly fact: Fact;
  readonly effectiveAt: number;
  readonly type: string;
  readonly id: string;
}

const claims: ClaimIds = (path) => `claim-${path}`;

export class World {
  readonly entries: Entry[] = [];
  /** Microseconds; each command comes a second after the last, unless `at` says otherwise. */
  now = BEGINNING;
  actor = { credential: "cred-1", name: "Entra ID", kind: "provisioning" };
  requestId = "request-1";
  approval: string | undefined;
  #ids = 0;
  readonly #keys = new Map<string, Uint8Array>();
  readonly #users = new Map<string, UserState>();
  readonly #groups = new Map<string, GroupState>();

  get position(): Position {
    return this.entries.at(-1)?.position ?? START;
  }

  readonly openKey = (_tenant: string, key: string): Uint8Array | undefined => this.#keys.get(key);

  newId(): string {
    this.#ids += 1;
    return `00000000-0000-7000-8000-${this.#ids.toString(16).padStart(12, "0")}`;
  }

  user(attributes: JsonObject | string): string {
    const id = this.newId();
    const own = typeof attributes === "string" ? { userName: attributes, displayName: attributes } : attributes;
    this.#decideUser(id, { type: "CreateUser", id, attributes: own, password: false });
    return id;
  }

  replace(id: string, attributes: JsonObject): Position {
    return this.#decideUser(id, { type: "ReplaceUser", id, attributes });
  }

  patch(id: string, ...operations: readonly JsonObject[]): Position {
    const body = { schemas: [patchOpUrn], Operations: [...operations] };
    return this.#decideUser(id, {
      ...{ type: "PatchUser", id, password: false },
      operations: parsePatch(userType, body),
    });
  }

  /** Sets or removes one attribute. */
  set(id: string, name: string, value: Json | undefined): Position {
    const { [name]: _, ...others } = this.#users.get(id)!.attributes;
    return this.replace(id, value === undefined ? others : { ...others, [name]: value });
  }

  group(displayName: string, ...members: readonly string[]): string {
    const id = this.newId();
    const created = GroupCreated({ paths: ["displayName"] }, { attributes: { displayName }, elements: {} });
    this.append("Group", id, [
      created,
      ...(members.length === 0 ? [] : [GroupMembersAdded({ members: [...members] })]),
    ]);
    return id;
  }

  rename(group: string, displayName: string): Position {
    const before = this.#groups.get(group)!.attributes["displayName"]!;
    const changes = [{ path: "displayName", before, after: displayName }];
    return this.append("Group", group, [GroupAttributesChanged({ paths: ["displayName"], cleared: [] }, { changes })]);
  }

  add(group: string, ...members: readonly string[]): Position {
    return this.append("Group", group, [GroupMembersAdded({ members: [...members] })]);
  }

  remove(group: string, ...members: readonly string[]): Position {
    return this.append("Group", group, [GroupMembersRemoved({ members: [...members] })]);
  }

  /** As one command, so at one instant. */
  removeAndAdd(group: string, member: string): Position {
    return this.append("Group", group, [
      GroupMembersRemoved({ members: [member] }),
      GroupMembersAdded({ members: [member] }),
    ]);
  }

  /** As one change, so at one position. */
  exchange(group: string, out: string, into: string): Position {
    const change = `change-${this.entries.length}`;
    return this.append("Group", group, [
      GroupChangeBegun({ change }),
      GroupMembersRemoved({ members: [out], change }),
      GroupMembersAdded({ members: [into], change }),
      GroupChangeCompleted({ change }),
    ]);
  }

  /** A change too large for one append, in parts of one member each. */
  addInParts(group: string, members: readonly string[], completed = true): Position {
    const change = `change-${this.entries.length}`;
    this.append("Group", group, [GroupChangeBegun({ change })]);
    for (const member of members) this.append("Group", group, [GroupMembersAdded({ members: [member], change })]);
    return this.append("Group", group, [(completed ? GroupChangeCompleted : GroupChangeAbandoned)({ change })]);
  }

  /** Also ends the memberships, as the process manager does: later, and group by group. */
  delete(id: string, endMemberships = true): Position {
    const isUser = this.#users.has(id);
    const deleted = isUser
      ? this.#decideUser(id, { type: "DeleteUser", id })
      : this.append("Group", id, [GroupDeleted({})]);
    if (endMemberships) this.endMemberships(id);
    return deleted;
  }

  /** What the process manager writes down after a deletion. */
  endMemberships(id: string): void {
    const cause = this.#users.has(id) ? "userDeleted" : "groupDeleted";
    for (const [group, { status, members }] of this.#groups)
      if (status === "live" && members.has(id))
        this.append("Group", group, [GroupMembersRemoved({ members: [id], cause })]);
  }

  erase(user: string, reason?: string): Position {
    this.#keys.delete(`key-${user}`);
    return this.append("User", user, [
      UserErased({ keys: [`key-${user}`], ...(reason === undefined ? {} : { reason }) }),
    ]);
  }

  /** The keys of somebody who was erased are destroyed. */
  completeErasure(user: string, outcome: ErasureOutcome): Position {
    return this.append("User", user, [UserErasureCompleted(outcome)]);
  }

  /** The key of a kind of records, as it is done when their month is over. */
  destroyKey(kind: RecordKind): void {
    this.#keys.delete(`key-${kind}`);
  }

  isLive(id: string): boolean {
    return (this.#users.get(id) ?? this.#groups.get(id))?.status === "live";
  }

  has(group: string, member: string): boolean {
    return this.#groups.get(group)!.members.has(member);
  }

  isEnabled(user: string): boolean {
    return this.#users.get(user)!.attributes["active"] !== false;
  }

  #decideUser(id: string, command: Parameters<typeof decideUser>[0]): Position {
    return this.append("User", id, decideUser(command, this.#users.get(id) ?? absentUser, claims));
  }

  /** An event of the tenant itself. */
  ofTenant(event: DomainEvent): Position {
    this.now += SECOND;
    this.#pushRaw("Tenant", TENANT, { category: "tenant", tenant: TENANT }, event);
    return this.position;
  }

  /** An event of a stream of records. */
  record(kind: RecordKind, event: DomainEvent): Position {
    this.now += SECOND;
    this.#pushRaw(kind, kind, { category: kind, tenant: TENANT, day: "2026-09-21", node: "n1" }, event);
    return this.position;
  }

  #pushRaw(type: string, id: string, name: StreamName, event: DomainEvent): void {
    const revision = this.entries.filter((entry) => entry.id === id).length;
    this.#store(type, id, formatStreamName("scim", name), revision, event);
  }

  /** All of one command: they share one time. */
  append(type: "User" | "Group", id: string, events: readonly DomainEvent[]): Position {
    this.now += SECOND;
    for (const event of events) this.#push(type, id, event);
    return this.position;
  }

  #push(type: "User" | "Group", id: string, event: DomainEvent): void {
    const state =
      (type === "User" ? this.#users.get(id) : this.#groups.get(id)) ?? (type === "User" ? absentUser : absentGroup);
    const stream = formatStreamName("scim", { category: type === "User" ? "user" : "group", tenant: TENANT, id });
    const fact = this.#store(type, id, stream, state.revision + 1, event);
    if (type === "User") this.#users.set(id, evolveUser(state as UserState, fact as Fact<UserEvent>));
    else this.#groups.set(id, evolveGroup(state as GroupState, fact as Fact<GroupEvent>));
  }

  #store(type: string, id: string, stream: string, revision: number, event: DomainEvent): Fact {
    const key = { id: `key-${id}`, secret: createHash("sha256").update(id).digest() };
    if (revision === 0) this.#keys.set(key.id, key.secret);
    const { personal: _, ...sealed } = sealEvent({
      at: this.now,
      data: event.data as Json,
      id: `event-${this.entries.length + 1}`,
      metadata: {
        $correlationId: this.requestId,
        actor: this.actor.credential,
        actorName: this.actor.name,
        actorKind: this.actor.kind,
        commandId: `command-${this.entries.length + 1}`,
        profile: "lenient",
        rules: "entra-boolean-string",
        ...(this.approval === undefined ? {} : { approval: this.approval }),
      },
      revision,
      stream,
      tenant: TENANT,
      type: event.type,
      version: event.version,
      key,
      ...(personalOf(event) === undefined ? {} : { personal: personalOf(event)! }),
    });
    const position = positionOf(this.entries.length + 1);
    const fact: Fact = { event, revision, at: this.now, key: key.id };
    const effectiveAt = Math.max(this.now, this.entries.at(-1)?.effectiveAt ?? 0);
    this.entries.push({ position, recorded: { ...sealed, stream, revision, position }, fact, effectiveAt, type, id });
    return fact;
  }
}

const personalOf = (event: DomainEvent): Personal | undefined => event.personal as Personal | undefined;
