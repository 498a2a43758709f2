// Reads what happened.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import type { Activity } from "../../read-store.ts";
import type { TenantStretch } from "../../walks.ts";
import type { ActivityDocument, MemberDocument } from "../documents.ts";
import { lifeOf } from "./lives.ts";
import { inSlices } from "./past.ts";
import type { Reading, Reads } from "./reading.ts";

/** Type of a tenant's own events. */
const TENANT = "Tenant";
const TOUCHES = ["none", "members", "attributes"] as const;

/** Which of a subject's events: those in (after, until]. */
export interface Stretch {
  readonly after: number;
  readonly until: number;
  readonly limit: number;
  readonly newestFirst: boolean;
}

const within = ({ after, until }: Pick<Stretch, "after" | "until">) => ({ $gt: after, $lte: until });
const inOrder = ({ newestFirst }: Stretch): 1 | -1 => (newestFirst ? -1 : 1);

export class ActivityReader {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  /** Events that touched a subject. */
  of(tenant: string, subject: string, stretch: Stretch): Promise<readonly Activity[]> {
    if (stretch.limit <= 0) return Promise.resolve([]);
    return this.#reads.snapshot(async (reading) => {
      const life = await lifeOf(reading, tenant, subject);
      if (life !== undefined) return touching(reading, life.rid, stretch);
      const type = subject === tenant ? TENANT : "Group";
      return this.#found(reading, { tenant, type, id: subject, rid: null }, stretch);
    });
  }

  /** The events at these positions, in that order; a position without one is passed over. */
  async at(positions: readonly Position[]): Promise<readonly Activity[]> {
    const found = await activitiesAt(this.#reads.now(), positions.map(ordinalOf));
    return positions.flatMap((position) => found.get(ordinalOf(position)) ?? []);
  }

  /** A tenant's events. */
  async within(
    tenant: string,
    { after, until, limit, actor, request, resourceType }: TenantStretch,
  ): Promise<readonly Activity[]> {
    if (limit <= 0) return [];
    const of = resourceType === undefined ? {} : { type: resourceType };
    // A tenant's own are one stream, which an index has in order.
    const own =
      resourceType === TENANT && actor === undefined && request === undefined ? { id: tenant, rid: null } : {};
    const by = { ...(actor === undefined ? {} : { actor }), ...(request === undefined ? {} : { requestId: request }) };
    const query = { tenant, ...of, ...own, ...by };
    const stretch = { after: ordinalOf(after), until: ordinalOf(until), limit, newestFirst: false };
    return this.#found(this.#reads.now(), query, stretch);
  }

  async #found(reading: Reading, query: object, stretch: Stretch): Promise<readonly Activity[]> {
    const rows = await reading.all<ActivityDocument>(
      reading.views.activity,
      { ...query, _id: within(stretch) },
      { sort: { _id: inOrder(stretch) }, limit: stretch.limit },
    );
    return rows.map(activityOf);
  }
}

/** A resource's own events, and the beginnings and ends of its memberships. */
async function touching(reading: Reading, rid: number, stretch: Stretch): Promise<readonly Activity[]> {
  const { activity, members } = reading.views;
  const { after, until, limit } = stretch;
  const order = inOrder(stretch);
  const own = await reading.all<ActivityDocument>(
    activity,
    { rid, touch: { $in: TOUCHES }, _id: within(stretch) },
    { sort: { _id: order }, limit, projection: { _id: 1 } },
  );
  const rows = await reading.all<MemberDocument>(
    members,
    { member: rid, to: { $gt: after }, since: { $lte: until } },
    { projection: { _id: 0, since: 1, to: 1 } },
  );
  const joined = rows.flatMap(({ since, to }) => [since, to]).filter((place) => place > after && place <= until);
  const places = [...new Set([...own.map(({ _id }) => _id), ...joined])]
    .sort((a, b) => order * (a - b))
    .slice(0, limit);
  const found = await activitiesAt(reading, places);
  return places.flatMap((place) => found.get(place) ?? []);
}

async function activitiesAt(reading: Reading, places: readonly number[]): Promise<ReadonlyMap<number, Activity>> {
  const rows = await inSlices([...new Set(places)], (slice) =>
    // What no read model shows is nobody's activity.
    reading.all<ActivityDocument>(reading.views.activity, { _id: { $in: slice }, rid: { $exists: true } }),
  );
  return new Map(rows.map((row) => [row._id, activityOf(row)]));
}

const activityOf = (row: ActivityDocument): Activity => {
  const { _id, effectiveAt, at, eventId, eventType, tenant, type, id, revision, actor, credential, client } = row;
  const event = { position: positionOf(_id), effectiveAt, at, eventId, eventType };
  const by = { actor, credential, ...(client === null ? {} : { client }), requestId: row.requestId };
  const told = row.told === undefined ? {} : { told: row.told };
  return { ...event, tenant, resourceType: type, resourceId: id, revision, ...by, paths: row.paths, ...told };
};
