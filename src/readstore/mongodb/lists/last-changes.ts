// When resources that a search looks at changed last, as `meta` says it.

import type { ResourceDocument } from "../documents.ts";
import { changesBefore, inSlices } from "../reading/past.ts";
import type { Candidate } from "./candidate.ts";
import type { Asker } from "./others.ts";

/** Version and time of the last change, of candidates as of the asker's place. */
export async function changesOf(
  { reading, place }: Asker,
  candidates: readonly Candidate[],
): Promise<ReadonlyMap<number, { readonly revision: number; readonly at: number }>> {
  const moved = candidates.flatMap((one) => (place !== undefined && one.place > place ? [one._id] : []));
  const moves = new Set(moved);
  const found = new Map(place === undefined ? [] : await changesBefore(reading, moved, place));
  const others = candidates.flatMap(({ _id }) => (moves.has(_id) ? [] : [_id]));
  for (const { _id, version, modifiedAt } of await inSlices(others, (slice) =>
    reading.all<ResourceDocument>(
      reading.views.resources,
      { _id: { $in: slice } },
      { projection: { version: 1, modifiedAt: 1 } },
    ),
  ))
    found.set(_id, { revision: version, at: modifiedAt });
  return found;
}

/** `meta` as it is compared. */
export const metaOf = ({ revision, at }: { readonly revision: number; readonly at: number }) => ({
  version: `W/"${revision}"`,
  lastModified: at,
});
