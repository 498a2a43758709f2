// Which keys a reading bears: those that were stored, and what began and ceased to stand since.
import type { IndexChange } from "../../view-writer.ts";
import { keyOf } from "../shadow-names.ts";

/**
 * The keys of readings of one resource that end at these places, in rising order: each has what stood right before its end.
 * `changes` are in order too.
 */
export function keysAt(
  stored: readonly string[],
  changes: readonly Pick<IndexChange, "open" | "path" | "value" | "place">[],
  ends: readonly number[],
): readonly (readonly string[])[] {
  const standing = new Set(stored);
  let next = 0;
  return ends.map((end) => {
    for (; next < changes.length && changes[next]!.place < end; next++) {
      const { open, path, value } = changes[next]!;
      if (open) standing.add(keyOf(path, value));
      else standing.delete(keyOf(path, value));
    }
    return [...standing].sort();
  });
}
