// Which values an answer rests on: the documents it read, up to which position, and the events it opened. Their keys are
// disclosed, and no others.
import { ordinalOf, type Position } from "../../eventlog/event-log.ts";
import { formatStreamName } from "../../eventlog/stream-name.ts";
import type { Awaitable, Member, ReadResource } from "../../readstore/read-store.ts";
import type { NamedLife } from "../../readstore/walks.ts";
import { isObject, type JsonObject } from "../../scim/json.ts";
import { enterpriseUserSchema } from "../../scim/schema/enterprise-user.ts";
import type { History } from "../sources.ts";
import type { CarriedHistory } from "./history.ts";

export class Trace {
  readonly #history: CarriedHistory;
  readonly #events = new Set<number>();
  /** Stream → leaves of it that were read, from the first. */
  readonly #documents = new Map<string, Position>();

  constructor(history: CarriedHistory) {
    this.#history = history;
  }

  /** The event of a leaf was opened. */
  event(index: number): void {
    this.#events.add(index);
  }

  /** A resource was read as of a position: it is made of all its events up to there. */
  document(type: string, id: string, asOf: Position): void {
    const stream = this.#streamOf(type, id);
    if (stream === undefined) return;
    const known = this.#documents.get(stream);
    if (known === undefined || known < asOf) this.#documents.set(stream, asOf);
  }

  /** Leaves of sealed events whose values were looked at, in order. */
  used(): readonly number[] {
    const { leaves } = this.#history;
    const used = new Set([...this.#events].filter((index) => leaves.isSealed(index)));
    for (const [stream, asOf] of this.#documents)
      for (const index of leaves.ofStream(stream))
        if (index < ordinalOf(asOf) && leaves.isSealed(index)) used.add(index);
    return [...used].sort((a, b) => a - b);
  }

  /** Undefined for what cannot be a resource's id: a manager may be named by any text. */
  #streamOf(type: string, id: string): string | undefined {
    const { namespace, tenant } = this.#history;
    const category = type === "User" ? "user" : type === "Group" ? "group" : undefined;
    try {
      return category === undefined
        ? formatStreamName(namespace, { category: "resource", tenant, type, id })
        : formatStreamName(namespace, { category, tenant, id });
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }
}

/** Each that the questions have, and whether values of persons are in what it answers. */
const SHOWS_VALUES: Readonly<Record<keyof History, boolean>> = {
  position: false,
  positionAt: false,
  effectiveAt: false,
  get: true,
  members: true,
  nestedGroups: false,
  lifetime: false,
  activityOf: false,
  activityBefore: false,
  activityAt: false,
  grantsOf: false,
  activityIn: false,
  livesOf: false,
  everMembers: false,
  recordsOf: false,
  eventsSeen: false,
  eventsUpTo: false,
  standingMembers: true,
  lastMemberships: false,
  lastHeld: false,
  namedLives: true,
  lastChanges: false,
};
const METHODS = Object.keys(SHOWS_VALUES) as (keyof History)[];

/** The same store, which tells of every value that is looked at. Everything else in it is in clear. */
export function traced(store: History, trace: Trace, through: Position): History {
  const same = Object.fromEntries(METHODS.map((name) => [name, (store[name] as () => unknown).bind(store)]));
  return {
    ...(same as unknown as History),
    get: (tenant, type, id, asOf = through) =>
      then(store.get(tenant, type, id, asOf), (found) => found && tracedResource(found, trace, asOf)),
    members: (tenant, group, after, limit, asOf = through) =>
      then(store.members(tenant, group, after, limit, asOf), (found) =>
        found.map((member) => tracedMember(member, trace, asOf)),
      ),
    standingMembers: (tenant, group, among, after, limit, asOf) =>
      then(store.standingMembers(tenant, group, among, after, limit, asOf), (found) =>
        found.map((member) => tracedMember(member, trace, asOf)),
      ),
    namedLives: (tenant, ids, asOf) =>
      then(
        store.namedLives(tenant, ids, asOf),
        (found) => new Map([...found].map(([id, life]) => [id, tracedLife(life, trace, asOf)])),
      ),
  };
}

const then = <A, B>(value: Awaitable<A>, make: (value: A) => B): Awaitable<B> =>
  value instanceof Promise ? value.then(make) : make(value);

function tracedResource(resource: ReadResource, trace: Trace, asOf: Position): ReadResource {
  const { type, id, body, side, groups, managerDisplayName, ...others } = resource;
  const read = <T>(value: T): T => {
    trace.document(type, id, asOf);
    return value;
  };
  return {
    ...others,
    type,
    id,
    get body() {
      return read(body);
    },
    get side() {
      return read(side);
    },
    get groups() {
      for (const { value } of groups) trace.document("Group", value, asOf);
      return groups;
    },
    get managerDisplayName() {
      const manager = managerIn(read(body));
      if (manager !== undefined) trace.document("User", manager, asOf);
      return managerDisplayName;
    },
  };
}

function managerIn(body: string): string | undefined {
  const extension = (JSON.parse(`${body}}`) as JsonObject)[enterpriseUserSchema.id];
  const manager = isObject(extension) ? extension["manager"] : undefined;
  const value = isObject(manager) ? manager["value"] : undefined;
  return typeof value === "string" ? value : undefined;
}

function tracedMember<One extends Member>({ display, ...member }: One, trace: Trace, asOf: Position) {
  return {
    ...member,
    get display() {
      trace.document(member.type, member.value, asOf);
      return display;
    },
  };
}

/** Of what was dead by then, the name that it last had. */
function tracedLife({ display, ...life }: NamedLife, trace: Trace, asOf: Position): NamedLife {
  return {
    ...life,
    get display() {
      trace.document(life.type, life.id, life.to !== null && life.to < asOf ? life.to : asOf);
      return display;
    },
  };
}
