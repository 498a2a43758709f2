// Which streams an answer rests on, for the questions that rest on some streams alone: whatever is looked at by its id, and
// for a group everything that was ever added to it, as its own events say: a store that lacks somebody's events would not know.
// The store is narrowed to that, so that nothing else can show in the answer.
import { GroupMembersAdded } from "../../domain/events.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import { formatStreamName, type StreamName } from "../../eventlog/stream-name.ts";
import type { Grant, ReadResource } from "../../readstore/read-store.ts";
import type { History } from "../sources.ts";
import type { CarriedHistory } from "./history.ts";

export class Scope {
  readonly #history: CarriedHistory;
  readonly #ids = new Set<string>();
  readonly #groups = new Set<string>();
  readonly #streams = new Set<string>();

  constructor(history: CarriedHistory) {
    this.#history = history;
    const { tenant } = history;
    this.#add({ category: "tenant", tenant });
  }

  /** Streams that are there, in no order. */
  get streams(): ReadonlySet<string> {
    return this.#streams;
  }

  /** A user or group. */
  resource(id: string): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    const { tenant } = this.#history;
    this.#add({ category: "user", tenant, id });
    this.#add({ category: "group", tenant, id });
  }

  /** A group, and everything that was ever added to it. */
  group(id: string): void {
    this.resource(id);
    if (this.#groups.has(id)) return;
    this.#groups.add(id);
    const history = this.#history;
    for (const index of history.leaves.ofStream(
      this.#nameOf({ category: "group", tenant: history.tenant, id }) ?? "",
    )) {
      if (!history.isCarried(index)) continue;
      const event = history.event(index);
      if (event.type !== GroupMembersAdded.type) continue;
      for (const member of GroupMembersAdded.data.parse(readEnvelope(event).data).members) this.resource(member);
    }
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  stream(name: string): void {
    if (this.#history.leaves.ofStream(name).length > 0) this.#streams.add(name);
  }

  #add(name: StreamName): void {
    const stream = this.#nameOf(name);
    if (stream !== undefined) this.stream(stream);
  }

  /** Undefined where a part of it is an id that nobody can have. */
  #nameOf(name: StreamName): string | undefined {
    try {
      return formatStreamName(this.#history.namespace, name);
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }
}

/**
 * The store as far as the scope goes, which grows with every look. Of grants, those of groups that were looked at before. Each
 * method is here by name: a new one has to say what it rests on.
 */
export function scoped(store: History, scope: Scope): History {
  const beyond = (what: string) => (): never => {
    throw new Error(`this question rests on more than some streams: ${what}`);
  };
  return {
    // Leaves alone say these.
    position: () => store.position(),
    positionAt: (instant) => store.positionAt(instant),
    effectiveAt: (position) => store.effectiveAt(position),
    eventsSeen: (after, until) => store.eventsSeen(after, until),
    eventsUpTo: (until) => store.eventsUpTo(until),
    // Events are looked at where the log is read.
    activityAt: (positions) => store.activityAt(positions),
    get: async (tenant, type, id, asOf) => {
      scope.resource(id);
      const found = await store.get(tenant, type, id, asOf);
      return found && ownOf(found, beyond);
    },
    lifetime: (tenant, id) => {
      scope.resource(id);
      return store.lifetime(tenant, id);
    },
    namedLives: (tenant, ids, asOf) => {
      for (const id of ids) scope.resource(id);
      return store.namedLives(tenant, ids, asOf);
    },
    lastHeld: (tenant, ids, asOf) => {
      for (const id of ids) scope.resource(id);
      return store.lastHeld(tenant, ids, asOf);
    },
    members: (tenant, group, ...page) => {
      scope.group(group);
      return store.members(tenant, group, ...page);
    },
    standingMembers: (tenant, group, among, ...page) => {
      for (const one of [group, ...among]) scope.group(one);
      return store.standingMembers(tenant, group, among, ...page);
    },
    lastMemberships: (tenant, keys, asOf) => {
      for (const { group, member } of keys) {
        scope.group(group);
        scope.resource(member);
      }
      return store.lastMemberships(tenant, keys, asOf);
    },
    nestedGroups: (tenant, group, asOf) => {
      scope.group(group);
      return store.nestedGroups(tenant, group, asOf);
    },
    everMembers: (tenant, group, ...page) => {
      scope.group(group);
      return store.everMembers(tenant, group, ...page);
    },
    grantsOf: async (tenant, subject, from, to) => {
      scope.resource(subject);
      const grants = await store.grantsOf(tenant, subject, from, to);
      return grants.filter((grant: Grant) => grant.kind !== "group" || scope.has(grant.target));
    },
    activityOf: beyond("activity"),
    activityBefore: beyond("activity"),
    activityIn: beyond("activity"),
    lastChanges: beyond("activity"),
    livesOf: beyond("everybody"),
    recordsOf: beyond("records"),
  };
}

/** Without what other streams say of it. */
function ownOf(resource: ReadResource, beyond: (what: string) => () => never): ReadResource {
  const own = { ...Object.getOwnPropertyDescriptors(resource) };
  return Object.defineProperties({} as ReadResource, {
    ...own,
    groups: { get: beyond("memberships of a resource") },
    managerDisplayName: { get: beyond("a manager") },
  });
}
