// The read store as its promises say it, without a single index: every answer folds the history anew.

import type { History } from "../../src/audit/sources.ts";
import type { Fact } from "../../src/domain/event.ts";
import type { GrantedValue, GroupEvent, UserEvent } from "../../src/domain/events.ts";
import { absentGroup, evolve as evolveGroup, type GroupState } from "../../src/domain/group.ts";
import { absentUser, evolve as evolveUser, type UserState } from "../../src/domain/user.ts";
import { readEnvelope } from "../../src/eventlog/envelope.ts";
import { ordinalOf, type Position, START } from "../../src/eventlog/event-log.ts";
import { factOf } from "../../src/eventlog/facts.ts";
import { lastChanges, lastHeld, lastMemberships, namedLives, standingMembers } from "../../src/readstore/one-by-one.ts";
import type {
  Activity,
  EndCause,
  Grant,
  Lifetime,
  Member,
  Query,
  QueryAnswer,
  ReadResource,
} from "../../src/readstore/read-store.ts";
import type { HistoryWalks, RecordKind, TenantStretch } from "../../src/readstore/walks.ts";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { bodyOf } from "../../src/scim/resource/body.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { type Entry, TENANT, type World } from "./world.ts";

const RESOURCES: readonly string[] = ["User", "Group"];
const RECORDS: readonly string[] = ["attempt", "inspection", "assertion"];

type Asked<Name extends keyof HistoryWalks> = Parameters<HistoryWalks[Name]>;
type Step = readonly [Entry, GroupState];

export class FoldStore implements History {
  readonly #world: World;
  /** How far it has read; undefined: as far as there is. */
  paused: Position | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  position(): Position {
    return this.paused ?? this.#world.position;
  }

  positionAt(instant: number): Position {
    return this.#seen().findLast(({ effectiveAt }) => effectiveAt <= instant)?.position ?? START;
  }

  effectiveAt(position: Position): number {
    return this.#seen(position).at(-1)?.effectiveAt ?? 0;
  }

  get(tenant: string, type: string, id: string, asOf?: Position): ReadResource | undefined {
    const entries = this.#stream(tenant, id, asOf);
    if (entries[0]?.type !== type) return undefined;
    const state = type === "User" ? this.#user(entries) : this.#group(entries);
    if (state.status !== "live") return undefined;
    const groups = this.#holding(id, asOf).map((group) => ({ value: group, display: this.#display(group, asOf) }));
    return {
      tenant,
      type,
      id,
      revision: state.revision,
      version: state.version,
      createdAt: state.createdAt,
      modifiedAt: state.modifiedAt,
      body: bodyOf(type === "User" ? userType : groupType, id, state.attributes),
      side: "{}",
      groups: type === "User" ? groups : [],
      managerDisplayName: null,
    };
  }

  query({ tenant, of, asOf, startIndex, count }: Query): QueryAnswer {
    const all = of.flatMap(({ type, filter }) =>
      this.livesOf(tenant, type.name, null, Number.POSITIVE_INFINITY)
        .flatMap(({ id }) => this.get(tenant, type.name, id, asOf) ?? [])
        .filter(({ body }) => filter === undefined || matches(filter, JSON.parse(`${body}}`) as JsonObject)),
    );
    return { total: all.length, resources: all.slice(startIndex - 1).slice(0, count) };
  }

  members(tenant: string, group: string, after: string | null, limit: number, asOf?: Position): readonly Member[] {
    const entries = this.#stream(tenant, group, asOf);
    if (entries[0]?.type !== "Group") return [];
    return [...this.#group(entries).members.ids()]
      .filter((id) => (after === null || id > after) && this.#isLive(id, asOf))
      .sort()
      .slice(0, limit)
      .map((value) => ({ value, type: this.#typeOf(value), display: this.#display(value, asOf) }));
  }

  nestedGroups(tenant: string, group: string, asOf?: Position): readonly string[] {
    const all = this.members(tenant, group, null, Number.POSITIVE_INFINITY, asOf);
    return all.filter(({ type }) => type === "Group").map(({ value }) => value);
  }

  lifetime(tenant: string, id: string): Lifetime | undefined {
    const entries = this.#stream(tenant, id);
    const first = entries[0];
    if (first === undefined || !RESOURCES.includes(first.type)) return undefined;
    const end = entries.find(({ fact }) => fact.event.type === "UserDeleted" || fact.event.type === "GroupDeleted");
    return { type: first.type, id, from: first.position, to: end?.position ?? null };
  }

  activityOf(tenant: string, subject: string, after: Position, limit: number, until?: Position): readonly Activity[] {
    return this.#touching(tenant, subject, until)
      .filter(({ position }) => position > after)
      .slice(0, limit)
      .map(activity);
  }

  activityBefore(
    tenant: string,
    subject: string,
    before: Position,
    limit: number,
    after: Position = START,
  ): readonly Activity[] {
    return this.#touching(tenant, subject)
      .filter(({ position }) => position < before && position > after)
      .reverse()
      .slice(0, limit)
      .map(activity);
  }

  activityAt(positions: readonly Position[]): readonly Activity[] {
    return positions.flatMap((position) =>
      this.#seen()
        .filter((entry) => entry.position === position)
        .map(activity),
    );
  }

  grantsOf(tenant: string, subject: string, from: Position, to: Position): readonly Grant[] {
    const own = this.#stream(tenant, subject);
    const raw = [...this.#memberships(subject), ...(own[0]?.type === "User" ? held(subject, own) : [])];
    const all = raw
      .map((grant) => this.#endedByLives(tenant, grant))
      .filter((grant) => grant.to === null || grant.to > grant.from);
    return all.filter((grant) => grant.from < to && (grant.to === null || grant.to > from));
  }

  activityIn(
    tenant: string,
    { after, until, limit, actor, request, resourceType }: TenantStretch,
  ): readonly Activity[] {
    if (tenant !== TENANT) return [];
    return this.#seen(until)
      .filter(({ position, type }) => position > after && !RECORDS.includes(type))
      .map(activity)
      .filter((one) => actor === undefined || one.actor === actor)
      .filter((one) => request === undefined || one.requestId === request)
      .filter((one) => resourceType === undefined || one.resourceType === resourceType)
      .slice(0, limit);
  }

  livesOf(tenant: string, type: string, after: string | null, limit: number): readonly Lifetime[] {
    if (tenant !== TENANT) return [];
    const ids = [...new Set(this.#seen().flatMap((entry) => (entry.type === type ? [entry.id] : [])))];
    return ids
      .flatMap((id) => this.lifetime(tenant, id) ?? [])
      .slice(after === null ? 0 : ids.indexOf(after) + 1)
      .slice(0, limit);
  }

  everMembers(
    tenant: string,
    group: string,
    after: string | null,
    limit: number,
    from: Position,
    to: Position,
    groupsAlone = false,
  ): readonly Pick<Member, "value" | "type">[] {
    if (this.lifetime(tenant, group)?.type !== "Group") return [];
    const all = [...new Set(this.#seen().flatMap(({ type, id }) => (RESOURCES.includes(type) ? [id] : [])))];
    return all
      .slice(after === null ? 0 : all.indexOf(after) + 1)
      .filter((id) =>
        membershipsIn(id, group, this.#steps(group)).some(
          (grant) => grant.from < to && (grant.to === null || grant.to > from),
        ),
      )
      .map((value) => ({ value, type: this.#typeOf(value) }))
      .filter(({ type }) => !groupsAlone || type === "Group")
      .slice(0, limit);
  }

  standingMembers = (...asked: Asked<"standingMembers">) => standingMembers(this, ...asked);
  lastMemberships = (...asked: Asked<"lastMemberships">) => lastMemberships(this, ...asked);
  lastHeld = (...asked: Asked<"lastHeld">) => lastHeld(this, ...asked);
  namedLives = (...asked: Asked<"namedLives">) => namedLives(this, ...asked);
  lastChanges = (...asked: Asked<"lastChanges">) => lastChanges(this, ...asked);

  recordsOf(tenant: string, kind: RecordKind, after: Position, until: Position, limit: number): readonly Position[] {
    if (tenant !== TENANT) return [];
    return this.#seen(until)
      .filter(({ position, type }) => position > after && type === kind)
      .map(({ position }) => position)
      .slice(0, limit);
  }

  eventsSeen(after: Position, until: Position): number {
    return this.#seen(until).filter(({ position }) => position > after).length;
  }

  eventsUpTo(until: Position): number {
    return this.#seen(until).length;
  }

  /** Where lives end, everything does that rests on them. */
  #endedByLives(tenant: string, grant: Grant): Grant {
    const { kind, subject, target } = grant;
    const ids = kind === "group" ? [target, subject] : [subject];
    let ended = grant;
    for (const id of ids) {
      const life = this.lifetime(tenant, id);
      const to = life?.to ?? null;
      if (life === undefined || to === null || (ended.to !== null && ended.to < to)) continue;
      ended = { ...grant, to, cause: life.type === "Group" ? "groupDeleted" : "userDeleted" };
    }
    return ended;
  }

  #seen(asOf: Position = this.position()): readonly Entry[] {
    return this.#world.entries.slice(0, ordinalOf(asOf));
  }

  #stream(tenant: string, id: string, asOf?: Position): readonly Entry[] {
    return tenant === TENANT ? this.#seen(asOf).filter((entry) => entry.id === id) : [];
  }

  /** From the sealed events, so that what is erased reads so. */
  #user(entries: readonly Entry[]): UserState {
    const opened = entries.map(({ recorded }) => factOf(recorded, this.#world.openKey) as Fact<UserEvent>);
    return opened.reduce((user, fact) => evolveUser(user, fact), absentUser);
  }

  #group(entries: readonly Entry[]): GroupState {
    return entries.reduce((state, { fact }) => evolveGroup(state, fact as Fact<GroupEvent>), absentGroup);
  }

  #typeOf(id: string): Member["type"] {
    return this.#stream(TENANT, id)[0]!.type as Member["type"];
  }

  #isLive(id: string, asOf?: Position): boolean {
    return (
      this.#stream(TENANT, id, asOf).length > 0 &&
      !this.#stream(TENANT, id, asOf).some(({ fact }) => fact.event.type.endsWith("Deleted"))
    );
  }

  #display(id: string, asOf?: Position): string | null {
    const entries = this.#stream(TENANT, id, asOf);
    const state = this.#typeOf(id) === "User" ? this.#user(entries) : this.#group(entries);
    return (state.attributes["displayName"] as string | undefined) ?? null;
  }

  #groupIds(): readonly string[] {
    return [...new Set(this.#seen().flatMap(({ type, id }) => (type === "Group" ? [id] : [])))];
  }

  #holding(member: string, asOf?: Position): readonly string[] {
    return this.#groupIds().filter(
      (group) => this.#isLive(group, asOf) && this.#group(this.#stream(TENANT, group, asOf)).members.has(member),
    );
  }

  #memberships(subject: string): readonly Grant[] {
    return this.#groupIds().flatMap((group) => membershipsIn(subject, group, this.#steps(group)));
  }

  #steps(group: string): readonly Step[] {
    let state = absentGroup;
    return this.#stream(TENANT, group).map((entry) => {
      state = evolveGroup(state, entry.fact as Fact<GroupEvent>);
      return [entry, state];
    });
  }

  #touching(tenant: string, subject: string, until?: Position): readonly Entry[] {
    if (tenant !== TENANT) return [];
    const places = new Set(this.#memberships(subject).flatMap(({ from, to }) => [from, to]));
    return this.#seen(until).filter(({ id, position }) => id === subject || places.has(position));
  }
}

function membershipsIn(subject: string, group: string, steps: readonly Step[]): readonly Grant[] {
  const grants: Grant[] = [];
  let open: Position | undefined;
  for (const [{ position, fact }, { members }] of steps) {
    if (members.has(subject) && open === undefined) open = position;
    if (members.has(subject) || open === undefined) continue;
    const cause = (fact.event.data as { cause?: EndCause }).cause ?? "removed";
    grants.push({ kind: "group", subject, target: group, from: open, to: position, cause });
    open = undefined;
  }
  if (open !== undefined) grants.push({ kind: "group", subject, target: group, from: open, to: null, cause: null });
  return grants;
}

/** The account, roles and entitlements of a user. */
function held(subject: string, own: readonly Entry[]): readonly Grant[] {
  const done: Grant[] = [];
  const open = new Map<string, Grant>();
  const begin = (name: string, kind: Grant["kind"], target: string, from: Position) => {
    if (!open.has(name)) open.set(name, { kind, subject, target, from, to: null, cause: null });
  };
  const end = (name: string, to: Position, cause: EndCause) => {
    const grant = open.get(name);
    if (grant !== undefined) done.push({ ...grant, to, cause });
    open.delete(name);
  };
  for (const { fact, position } of own) {
    const { type, data } = fact.event as UserEvent;
    const {
      granted = [],
      revoked = [],
      active,
    } = data as { granted?: GrantedValue[]; revoked?: GrantedValue[]; active?: boolean };
    for (const { attribute, element } of revoked) end(`${attribute} ${element}`, position, "revoked");
    for (const { attribute, element, value } of granted)
      begin(`${attribute} ${element}`, attribute === "roles" ? "role" : "entitlement", value, position);
    if (type === "UserDeactivated") end("account", position, "userDeactivated");
    if (type === "UserReactivated" || (type === "UserCreated" && active !== false))
      begin("account", "account", subject, position);
  }
  return [...done, ...open.values()];
}

const activity = ({ position, recorded, fact, effectiveAt, type, id }: Entry): Activity => {
  const { metadata } = readEnvelope(recorded);
  const { paths, change } = fact.event.data as { paths?: readonly string[]; change?: string };
  // The parts of a large change are told by its completion; the world's are of members alone.
  const ofChange = change === undefined ? undefined : fact.event.type === "GroupChangeCompleted" ? ["members"] : [];
  const derived = /Members/.test(fact.event.type) ? ["members"] : /activated/.test(fact.event.type) ? ["active"] : [];
  return {
    position,
    effectiveAt,
    at: fact.at,
    eventId: recorded.id,
    eventType: fact.event.type,
    tenant: TENANT,
    resourceType: type,
    resourceId: id,
    revision: fact.revision,
    actor: metadata["actor"]!,
    credential: {
      name: metadata["actorName"]!,
      kind: metadata["actorKind"]!,
      ...(metadata["profile"] === undefined ? {} : { profile: metadata["profile"] }),
    },
    ...(metadata["client"] === undefined ? {} : { client: metadata["client"] }),
    requestId: metadata["$correlationId"]!,
    paths: ofChange ?? paths ?? derived,
  };
};
