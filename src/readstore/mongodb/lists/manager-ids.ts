// Whom users that a search looks at name as their manager.
import { MANAGER_ID } from "../../manager.ts";
import type { ResourceDocument, StoredShadow } from "../documents.ts";
import { inSlices, pastReadings } from "../reading/past.ts";
import { storedName } from "../shadow-names.ts";
import type { Candidate } from "./candidate.ts";
import { SHADOW } from "./filter-query.ts";
import type { Asker } from "./others.ts";

const MANAGER_FIELD = `${SHADOW}${MANAGER_ID.map(storedName).join(".")}` as const;

/** The ids of managers by the numbers of those who have one. */
export async function managerIds(
  { reading, place }: Asker,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<number, string>> {
  const isLate = ({ since }: Candidate): boolean => place !== undefined && since > place;
  const early = candidates.flatMap((one) => (isLate(one) ? [] : [one._id]));
  const now = await inSlices(early, (slice) =>
    reading.all<ResourceDocument>(
      reading.views.resources,
      { _id: { $in: slice }, [MANAGER_FIELD]: { $exists: true } },
      { projection: { [MANAGER_FIELD]: 1 } },
    ),
  );
  const found = new Map(now.flatMap(({ _id, ix }) => managerIn(_id, ix)));
  if (place === undefined) return found;
  const late = candidates.filter(isLate).map(({ _id }) => _id);
  for (const { rid, ix } of (await pastReadings(reading, late, place, [
    MANAGER_FIELD as `ix.${string}`,
  ])) as unknown as { rid: number; ix?: StoredShadow }[])
    for (const [, id] of managerIn(rid, ix)) found.set(rid, id);
  return found;
}

function managerIn(rid: number, ix: StoredShadow | undefined): readonly (readonly [number, string])[] {
  const id = MANAGER_ID.reduce<unknown>(
    (held, name) => (held as Record<string, unknown> | undefined)?.[storedName(name)],
    ix,
  );
  return typeof id === "string" ? [[rid, id]] : [];
}
