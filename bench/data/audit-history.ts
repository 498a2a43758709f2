// What happens in a generated history: creations first, then changes of every kind on whatever exists by then.
import { claimed } from "../../src/domain/claim.ts";
import type { DomainEvent } from "../../src/domain/event.ts";
import {
  GroupAttributesChanged,
  GroupMembersAdded,
  GroupMembersRemoved,
  UserAttributesChanged,
  UserDeactivated,
  UserDeleted,
  UserReactivated,
} from "../../src/domain/events.ts";
import { absentGroup, decide as decideGroup } from "../../src/domain/group.ts";
import { uniqueValues } from "../../src/domain/unique-values.ts";
import { absentUser, decide as decideUser } from "../../src/domain/user.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import type { DataKey } from "../../src/vault/key-vault.ts";
import {
  BUSY_EVENTS,
  BUSY_USER,
  type HistorySet,
  INNER_GROUP,
  INNER_MEMBERS,
  LARGE_CHANGES,
  LARGE_GROUP,
  LARGE_MEMBERS,
  OUTER_GROUP,
  OUTER_MEMBERS,
  SYNC,
  SYNC_AFTER,
  SYNC_EVENTS,
} from "./history-set.ts";
import { GENERATOR, type HistoryWriter } from "./history-writer.ts";
import { groupId, nameOf, userAttributes, userId } from "./identity.ts";
import { randomFrom } from "./random.ts";

interface Person {
  readonly key: DataKey;
  revision: number;
  title: number;
  active: boolean;
  live: boolean;
  /** Id of the element of the role that is held. */
  role: string | undefined;
  readonly groups: number[];
}

interface Party {
  readonly key: DataKey;
  revision: number;
  name: number;
  /** Indexes of users; groups in groups never change. */
  readonly members: number[];
}

const DAY = 86_400_000_000;
/** Ordinary groups begin with as many members, and each fifth is in another. */
const FIRST_MEMBERS = 10;
const NESTED_EVERY = 5;
/** Groups with members of their own. */
const SPECIAL = 3;

type Change = "title" | "role" | "active" | "join" | "leave" | "rename" | "die";
const ORDINARY: readonly (readonly [Change, number])[] = [
  ["title", 40],
  ["join", 22],
  ["leave", 18],
  ["active", 10],
  ["role", 7],
  ["rename", 2],
  ["die", 1],
];
const OF_SYNC: readonly (readonly [Change, number])[] = [
  ["title", 40],
  ["join", 30],
  ["leave", 15],
  ["active", 5],
  ["role", 10],
];

export class AuditHistory {
  readonly #writer: HistoryWriter;
  readonly #set: HistorySet;
  readonly #random = randomFrom(20_261_122);
  readonly #people: Person[] = [];
  readonly #parties: Party[] = [];
  #events = 0;
  readonly #written: (events: number) => void;
  readonly #happenings: Readonly<Record<Change, () => void>> = {
    title: () => this.#changeTitle(this.#anyone()),
    role: () => this.#changeRole(this.#anyone()),
    active: () => this.#switch(this.#anyone()),
    join: () => this.#join(this.#anyParty(), this.#anyone()),
    leave: () => this.#leave(this.#anyParty()),
    rename: () => this.#rename(this.#anyParty()),
    die: () => this.#die(this.#anyone()),
  };

  /** `written` is told how many events there are, now and then. */
  constructor(writer: HistoryWriter, set: HistorySet, written: (events: number) => void = () => {}) {
    this.#writer = writer;
    this.#set = set;
    this.#written = written;
  }

  write(): void {
    for (let index = 0; index < this.#set.users; index++) this.#createUser(index);
    for (let index = 0; index < this.#set.groups; index++) this.#createGroup(index);
    const left = this.#set.events - this.#events - SYNC_EVENTS;
    const before = Math.floor(left * SYNC_AFTER);
    this.#change(before, ORDINARY, (BUSY_EVENTS * SYNC_AFTER) / before, (LARGE_CHANGES * SYNC_AFTER) / before);
    this.#synchronise();
    const after = this.#set.events - this.#events;
    this.#change(after, ORDINARY, (BUSY_EVENTS * SYNC_AFTER) / after, (LARGE_CHANGES * SYNC_AFTER) / after);
  }

  /** A day of another credential. */
  #synchronise(): void {
    const { step } = this.#writer;
    this.#writer.actor = SYNC;
    this.#writer.step = Math.floor((0.9 * DAY) / SYNC_EVENTS);
    this.#change(SYNC_EVENTS, OF_SYNC, 0, 0);
    this.#writer.actor = GENERATOR;
    this.#writer.step = step;
  }

  /** So many events; `busy` and `large` are the shares of those of the busy user and the large group. */
  #change(count: number, kinds: readonly (readonly [Change, number])[], busy: number, large: number): void {
    const drawn = kinds.flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind));
    for (const end = this.#events + count; this.#events < end; ) {
      const draw = this.#random();
      if (draw < busy) this.#trouble();
      else if (draw < busy + large) this.#churn(LARGE_GROUP);
      else this.#happenings[drawn[this.#below(drawn.length)]!]();
    }
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
  /** Someone alive, of whom questions are not hard. */
  #anyone(): number {
    for (;;) {
      const index = 1 + this.#below(this.#people.length - 1);
      if (this.#people[index]!.live) return index;
    }
  }
  #anyParty(): number {
    return SPECIAL + this.#below(this.#parties.length - SPECIAL);
  }

  #createUser(index: number): void {
    const id = userId(index);
    const key = this.#writer.newKey();
    const { attributes } = parseResource(userType, userAttributes(nameOf(index), index), "create");
    const claimId = (path: string) => `${id}:${path}`;
    const claims = uniqueValues(userType, attributes).map((value) => ({
      stream: this.#writer.claimStreamOf(value),
      revision: -1,
      key,
      events: [claimed(value.path, id, claimId(value.path))],
    }));
    const events = decideUser({ type: "CreateUser", id, attributes, password: false }, absentUser, claimId);
    this.#writer.write(...claims, { stream: this.#writer.streamOf("user", id), revision: -1, key, events });
    this.#people.push({ key, revision: 0, title: 0, active: true, live: true, role: undefined, groups: [] });
    this.#count(events.length);
  }

  #createGroup(index: number): void {
    const id = groupId(index);
    const key = this.#writer.newKey();
    const members = this.#firstMembers(index);
    const nested = index === OUTER_GROUP ? [INNER_GROUP] : [];
    const events = decideGroup(
      {
        type: "CreateGroup",
        id,
        attributes: { displayName: `Group ${index}` },
        members: [...members.map(userId), ...nested.map(groupId)],
      },
      absentGroup,
      { changeId: `${id}:members`, isLive: () => true, describe: () => ({}) },
    );
    this.#writer.write({ stream: this.#writer.streamOf("group", id), revision: -1, key, events });
    this.#parties.push({ key, revision: events.length - 1, name: 0, members });
    for (const member of members) this.#people[member]!.groups.push(index);
    this.#count(events.length);
    if (index >= SPECIAL + 1 && index % NESTED_EVERY === 0)
      this.#append("group", SPECIAL + this.#below(index - SPECIAL), GroupMembersAdded({ members: [id] }));
  }

  /** Indexes; those of special groups stand in the order of the users. */
  #firstMembers(index: number): number[] {
    const first = (count: number) => Array.from({ length: Math.min(count, this.#people.length) }, (_, at) => at);
    if (index === LARGE_GROUP) return first(LARGE_MEMBERS);
    if (index === OUTER_GROUP) return first(OUTER_MEMBERS);
    if (index === INNER_GROUP) return first(INNER_MEMBERS);
    return [...new Set(Array.from({ length: FIRST_MEMBERS }, () => this.#anyone()))];
  }

  #append(category: "user" | "group", index: number, event: DomainEvent): void {
    const of = category === "user" ? this.#people[index]! : this.#parties[index]!;
    const id = category === "user" ? userId(index) : groupId(index);
    const stream = this.#writer.streamOf(category, id);
    this.#writer.write({ stream, revision: of.revision++, key: of.key, events: [event] });
    this.#count(1);
  }

  #count(events: number): void {
    const before = this.#events >> 12;
    this.#events += events;
    if (this.#events >> 12 !== before) this.#written(this.#events);
  }

  #changeTitle(index: number): void {
    const title = (number: number) => (number === 0 ? "Engineer" : `Engineer ${number}`);
    const person = this.#people[index]!;
    const change = { path: "title", before: title(person.title), after: title(++person.title) };
    const event = UserAttributesChanged(
      { paths: ["title"], cleared: [], granted: [], revoked: [] },
      { changes: [change] },
    );
    this.#append("user", index, event);
  }

  #changeRole(index: number): void {
    const person = this.#people[index]!;
    const element = person.role ?? `role-${person.revision}`;
    const held = { attribute: "roles" as const, element, value: `role ${index % 50}` };
    const value = { value: held.value };
    const isGrant = person.role === undefined;
    person.role = isGrant ? element : undefined;
    const event = UserAttributesChanged(
      { paths: ["roles"], cleared: [], granted: isGrant ? [held] : [], revoked: isGrant ? [] : [held] },
      { changes: [{ path: "roles", element, ...(isGrant ? { after: value } : { before: value }) }] },
    );
    this.#append("user", index, event);
  }

  #switch(index: number): void {
    const person = this.#people[index]!;
    this.#append("user", index, person.active ? UserDeactivated({}) : UserReactivated({ active: true }));
    person.active = !person.active;
  }

  #join(group: number, index: number): void {
    const { members } = this.#parties[group]!;
    if (members.includes(index)) return;
    members.push(index);
    this.#people[index]!.groups.push(group);
    this.#append("group", group, GroupMembersAdded({ members: [userId(index)] }));
  }

  #leave(group: number, at = this.#below(this.#parties[group]!.members.length)): void {
    const { members } = this.#parties[group]!;
    const [index] = members.splice(at, 1);
    if (index === undefined) return;
    const { groups } = this.#people[index]!;
    groups.splice(groups.indexOf(group), 1);
    this.#append("group", group, GroupMembersRemoved({ members: [userId(index)] }));
  }

  #rename(group: number): void {
    const party = this.#parties[group]!;
    const name = (number: number) => `Group ${group}${number === 0 ? "" : ` (${number})`}`;
    const change = { path: "displayName", before: name(party.name), after: name(++party.name) };
    this.#append(
      "group",
      group,
      GroupAttributesChanged({ paths: ["displayName"], cleared: [] }, { changes: [change] }),
    );
  }

  /** As the process after a deletion does: the groups are left, each by an event of its own. Members of large groups live on. */
  #die(index: number): void {
    const person = this.#people[index]!;
    if (index < LARGE_MEMBERS) return;
    person.live = false;
    this.#append("user", index, UserDeleted({}));
    for (const group of person.groups) {
      const { members } = this.#parties[group]!;
      members.splice(members.indexOf(index), 1);
      this.#append("group", group, GroupMembersRemoved({ members: [userId(index)], cause: "userDeleted" }));
    }
  }

  /** Something happens to the busy user. */
  #trouble(): void {
    const person = this.#people[BUSY_USER]!;
    const draw = this.#random();
    const elsewhere = person.groups.find((group) => group >= SPECIAL);
    if (draw < 0.5) this.#changeTitle(BUSY_USER);
    else if (draw < 0.6) this.#switch(BUSY_USER);
    else if (elsewhere !== undefined && draw < 0.8)
      this.#leave(elsewhere, this.#parties[elsewhere]!.members.indexOf(BUSY_USER));
    else this.#join(this.#anyParty(), BUSY_USER);
  }

  /** Somebody comes into a group, or leaves it. */
  #churn(group: number): void {
    if (this.#random() < 0.5) this.#leave(group, 1 + this.#below(this.#parties[group]!.members.length - 1));
    else this.#join(group, this.#anyone());
  }
}
