// Whom an id means: the number of a resource, and its life.
import { OPEN, type ResourceDocument } from "../documents.ts";
import { inSlices, type Place } from "./past.ts";
import type { Reading } from "./reading.ts";

export interface Life {
  readonly rid: number;
  readonly id: string;
  readonly type: string;
  /** OPEN while it lives. */
  readonly until: number;
}

/** Lives by id, of those ids that a tenant has or had. */
export async function livesByIds(
  reading: Reading,
  tenant: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Life>> {
  const found = await inSlices([...new Set(ids)], (slice) =>
    reading.all<ResourceDocument>(
      reading.views.resources,
      { tenant, id: { $in: slice } },
      { projection: { id: 1, type: 1, until: 1 } },
    ),
  );
  return new Map(found.map(({ _id, id, type, until }) => [id, { rid: _id, id, type, until }]));
}

/** Number and life of a resource, dead or alive; undefined where nothing has the id. */
export async function lifeOf(reading: Reading, tenant: string, id: string): Promise<Life | undefined> {
  return (await livesByIds(reading, tenant, [id])).get(id);
}

/** The number behind which a walk goes on: 0 from the start, or where nothing has the id. */
export const numberAfter = async (reading: Reading, tenant: string, after: string | null): Promise<number> =>
  after === null ? 0 : ((await lifeOf(reading, tenant, after))?.rid ?? 0);

export const livesAt = ({ rid, until }: Pick<Life, "rid" | "until">, place: Place): boolean =>
  place === undefined ? until === OPEN : rid <= place && until > place;
