// What commands and processes ask of resources: their state now, whether they live, what there is at all.
import type { Population } from "../../../scim/schema/evolution.ts";
import type { ReadResource, ReadStore, StoredResource } from "../../read-store.ts";
import { ERASED } from "../collections.ts";
import { OPEN, type ResourceDocument } from "../documents.ts";
import { isUnheld } from "../lists/unheld.ts";
import { countId, idsOf } from "../state-ids.ts";
import { asksApart, isJoined, type Joined, joinedResourceOf, joinedStages, ONE_INSTANT } from "./joined-resource.ts";
import { livesAt } from "./lives.ts";
import { inSlices, type Place } from "./past.ts";
import type { Reading, Reads } from "./reading.ts";
import { ANSWERED, type Answered, answered, resourceOf } from "./resource-reader.ts";

type Dead = Awaited<ReturnType<ReadStore["deadMembers"]>>[number];

interface Key {
  readonly tenant: string;
  readonly id: string;
  readonly type: string;
}

/** Whether it lives is asked of what was found: the unique index alone is then the way to it, whatever a planner thinks. */
const documentOf = (reading: Reading, key: Key): Promise<Answered | undefined> =>
  reading.first<ResourceDocument, Answered>(reading.views.resources, { ...key }, { projection: ANSWERED });

export class StateReader {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  async get(tenant: string, type: string, id: string, place?: number): Promise<ReadResource | undefined> {
    const key = { tenant, id, type };
    if (place !== undefined) return this.#asOf(key, place);
    return type === "User" ? this.#user(key) : this.#alone(key);
  }

  /** Nothing of others is shown with it. */
  async #alone(key: Key): Promise<ReadResource | undefined> {
    const found = await documentOf(this.#reads.now(), key);
    return found?.until === OPEN ? resourceOf(found) : undefined;
  }

  /** One command, but for those in very many groups. */
  async #user(key: Key): Promise<ReadResource | undefined> {
    const reading = this.#reads.now();
    const stages = [{ $match: key }, ...joinedStages(reading.views, key.tenant)];
    try {
      const [found] = await reading.aggregate<Joined>(reading.views.resources, stages, ONE_INSTANT);
      if (found === undefined || found.until !== OPEN) return undefined;
      if (isJoined(found)) return joinedResourceOf(found);
    } catch (error) {
      if (!asksApart(error)) throw error;
    }
    return this.#asOf(key, undefined);
  }

  async #asOf(key: Key, place: Place): Promise<ReadResource | undefined> {
    return this.#reads.snapshot(async (reading) => {
      const document = await documentOf(reading, key);
      if (document === undefined || !livesAt({ ...document, rid: document._id }, place)) return undefined;
      const [found] = await answered(reading, [document], place);
      return found?.[1];
    });
  }

  async baseline(
    tenant: string,
    type: string,
    id: string,
  ): Promise<(StoredResource & { readonly deleted: boolean }) | undefined> {
    const reading = this.#reads.now();
    const document = await documentOf(reading, { tenant, id, type });
    // Of one that is not held the log alone says what it is.
    if (document === undefined || isUnheld(document)) return undefined;
    const { revision, version, createdAt, modifiedAt, body, side, until } = document;
    return { tenant, type, id, revision, version, createdAt, modifiedAt, body, side, deleted: until !== OPEN };
  }

  async liveAmong(tenant: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const reading = this.#reads.now();
    const found = await inSlices([...new Set(ids)], (slice) =>
      reading.all<ResourceDocument>(
        reading.views.resources,
        { tenant, id: { $in: slice }, type: { $in: ["User", "Group"] }, until: OPEN },
        { projection: { _id: 0, id: 1 } },
      ),
    );
    return new Set(found.map(({ id }) => id));
  }

  async erasedUsers(
    tenant: string,
    after: string | null,
    limit: number,
  ): Promise<readonly { readonly id: string; readonly revision: number }[]> {
    const reading = this.#reads.now();
    const { resources } = reading.views;
    const last =
      after === null ? undefined : await reading.first(resources, { tenant, id: after }, { projection: { _id: 1 } });
    if (limit <= 0) return [];
    const found = await reading.all<ResourceDocument>(
      resources,
      { tenant, type: "User", erased: true, _id: { $gt: last?._id ?? 0 } },
      { sort: { _id: 1 }, limit, projection: { id: 1, revision: 1 }, hint: ERASED },
    );
    return found.map(({ id, revision }) => ({ id, revision }));
  }

  async population(tenant: string, type: string): Promise<Population> {
    const reading = this.#reads.now();
    const count = await reading.first(reading.views.counts, { _id: countId({ tenant, type }) });
    return count === undefined ? "none" : count.live > 0 ? "live" : "past";
  }

  async tenants(): Promise<readonly string[]> {
    const reading = this.#reads.now();
    const counts = await reading.all(reading.views.counts, { _id: idsOf("count") });
    return [...new Set(counts.map(({ tenant }) => tenant))].sort();
  }

  /** The dead that open rows of live groups still name. */
  async deadMembers(): Promise<readonly Dead[]> {
    const tenants = await this.tenants();
    const found: (readonly [rid: number, Dead])[] = [];
    for (const tenant of tenants)
      for (const type of ["User", "Group"] as const)
        for (const { _id, id } of await this.#dead(tenant, type))
          found.push([_id, { tenant, id, cause: type === "Group" ? "groupDeleted" : "userDeleted" }]);
    return found.sort(([a], [b]) => a - b).map(([, dead]) => dead);
  }

  async #dead(tenant: string, type: string): Promise<readonly Pick<ResourceDocument, "_id" | "id">[]> {
    const reading = this.#reads.now();
    const { resources, members } = reading.views;
    const dead = await reading.all<ResourceDocument>(
      resources,
      { tenant, type, until: { $lt: OPEN }, groups: { $gt: 0 } },
      { projection: { id: 1 } },
    );
    const rows = await inSlices(
      dead.map(({ _id }) => _id),
      (slice) => reading.all(members, { member: { $in: slice }, to: OPEN }, { projection: { grp: 1, member: 1 } }),
    );
    const groups = await inSlices([...new Set(rows.map(({ grp }) => grp))], (slice) =>
      reading.all(resources, { _id: { $in: slice }, until: OPEN }, { projection: { _id: 1 } }),
    );
    const live = new Set(groups.map(({ _id }) => _id));
    const held = new Set(rows.filter(({ grp }) => live.has(grp)).map(({ member }) => member));
    return dead.filter(({ _id }) => held.has(_id));
  }
}
