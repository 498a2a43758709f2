// What happened, found by a look at each event of a history.
import { ordinalOf, type Position } from "../../src/eventlog/event-log.ts";
import { parseStreamName } from "../../src/eventlog/stream-name.ts";
import type { CredentialTold, HeldTold, Told } from "../../src/readstore/happenings.ts";
import type { Activity, Grant, Lifetime, Member } from "../../src/readstore/read-store.ts";
import type { RecordKind } from "../../src/readstore/walks.ts";
import { ELSEWHERE, type History } from "../projections/history.ts";

interface Envelope {
  readonly at: number;
  readonly data: {
    readonly change?: string;
    readonly members?: readonly string[];
    readonly granted?: readonly HeldTold[];
    readonly revoked?: readonly HeldTold[];
  } | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export const isWithin = (position: Position, after: Position, until: Position): boolean =>
  position > after && position <= until;

const named = ({ events }: History) =>
  events.map((event, index) => ({ event, place: index + 1, name: parseStreamName("scim", event.stream)! }));

const credentialIn = ({ actorName, actorKind, profile }: Envelope["metadata"]): CredentialTold => ({
  name: actorName ?? "",
  kind: actorKind ?? "",
  ...(profile === undefined ? {} : { profile }),
});

const heldOf = (held: readonly HeldTold[]) => held.map(({ attribute, value }) => ({ attribute, value }));

/** What an event tells of who holds what, where it stands alone. */
function toldBy(type: string, data: Envelope["data"]): { readonly told?: Told } {
  const { change, members, granted = [], revoked = [] } = data ?? {};
  if (change !== undefined) return {};
  if (members !== undefined) return { told: { members } };
  if (type === "GroupCreated" || type === "GroupAttributesChanged") return { told: {} };
  return granted.length + revoked.length === 0 ? {} : { told: { granted: heldOf(granted), revoked: heldOf(revoked) } };
}

/** Events of a tenant's resources, and its own; but for their paths. */
export const happenedIn = (history: History, tenant: string): Omit<Activity, "paths">[] =>
  named(history).flatMap(({ event, place, name }) => {
    const { category } = name;
    if (name.tenant !== tenant || (category !== "user" && category !== "group" && category !== "tenant")) return [];
    const { at, metadata, data } = JSON.parse(event.envelope) as Envelope;
    return [
      {
        position: event.position,
        effectiveAt: history.effective[place]!,
        at,
        eventId: event.id,
        eventType: event.type,
        tenant,
        resourceType: { user: "User", group: "Group", tenant: "Tenant" }[category],
        resourceId: "id" in name ? name.id : tenant,
        revision: event.revision,
        actor: metadata["actor"]!,
        credential: credentialIn(metadata),
        ...(metadata["client"] === undefined ? {} : { client: metadata["client"] }),
        requestId: metadata["$correlationId"]!,
        ...toldBy(event.type, data),
      },
    ];
  });

export const recordsIn = (history: History, tenant: string, kind: RecordKind): Position[] =>
  named(history).flatMap(({ event, name }) =>
    name.tenant === tenant && name.category === kind ? [event.position] : [],
  );

/** Lives of one type, in the order in which they began. */
export function lifetimesIn(history: History, tenant: string, type: string): Lifetime[] {
  if (tenant === ELSEWHERE) {
    const created = named(history).filter(({ name }) => name.tenant === tenant && name.category === "user");
    return type !== "User"
      ? []
      : created.map(({ event, name }) => ({ type, id: (name as { id: string }).id, from: event.position, to: null }));
  }
  if (tenant !== history.tenant) return [];
  const lives = new Map<string, { type: string; id: string; from: Position; to: Position | null }>();
  for (const [place, world] of history.worlds.entries())
    for (const [id, { kind, state }] of world) {
      if (kind !== type || state.status === "absent") continue;
      const life = lives.get(id) ?? { type, id, from: history.at(place), to: null };
      lives.set(id, life);
      if (state.status === "deleted") life.to ??= history.at(place);
    }
  return [...lives.values()];
}

/** A type was there once an event of it was: a group whose creation never ended, too. */
export function naivePopulation(history: History, tenant: string, type: string): "live" | "past" | "none" {
  if (lifetimesIn(history, tenant, type).some(({ to }) => to === null)) return "live";
  return happenedIn(history, tenant).some(({ resourceType }) => resourceType === type) ? "past" : "none";
}

export function naiveDeadMembers({ world, tenant }: History) {
  const held = new Set(
    [...world.values()].flatMap(({ kind, state }) =>
      kind === "Group" && state.status === "live" ? [...state.members.ids()] : [],
    ),
  );
  return [...held].flatMap((id) => {
    const known = world.get(id);
    if (known?.state.status !== "deleted") return [];
    return [{ tenant, id, cause: known.kind === "Group" ? ("groupDeleted" as const) : ("userDeleted" as const) }];
  });
}

export interface EverAsked {
  readonly from: Position;
  readonly to: Position;
  readonly groupsAlone: boolean;
}

/** `grants` know of no deaths. */
export function naiveEverMembers(
  history: History,
  grants: readonly Grant[],
  group: string,
  { from, to, groupsAlone }: EverAsked,
): Pick<Member, "value" | "type">[] {
  const types = groupsAlone ? (["Group"] as const) : (["User", "Group"] as const);
  return types
    .flatMap((type) => lifetimesIn(history, history.tenant, type).map((life) => ({ ...life, type })))
    .filter(({ id }) =>
      grants.some(
        ({ kind, subject, target, from: since, to: till }) =>
          kind === "group" && subject === id && target === group && since < to && (till === null || till > from),
      ),
    )
    .sort((a, b) => ordinalOf(a.from) - ordinalOf(b.from))
    .map(({ id, type }) => ({ value: id, type }));
}
