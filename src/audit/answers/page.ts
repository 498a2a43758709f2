// Rows of a walk, cut into pages.
import type { Position } from "../../eventlog/event-log.ts";
import type { Sources } from "../sources.ts";
import { type Cursor, foreignCursor, readCursor, writeCursor } from "./cursor.ts";
import { positionAt } from "./moment.ts";
import type { Rows } from "./question.ts";

/** A row, and what a cursor needs to go on after it. */
export interface Placed {
  readonly row: object;
  readonly place: readonly string[];
}

/** Rows one by one, or in batches. */
export type PlacedRows = AsyncIterable<Placed | readonly Placed[]>;

const isBatch = (rows: Placed | readonly Placed[]): rows is readonly Placed[] => Array.isArray(rows);

/** At most `limit` rows; without a limit, all, one after the other. */
export function pageOf(rows: PlacedRows, position: Position, limit = Number.POSITIVE_INFINITY): Rows {
  let next: string | undefined;
  async function* cut(): AsyncGenerator<readonly object[]> {
    let last: Placed | undefined;
    let left = limit;
    for await (const read of rows) {
      const batch = isBatch(read) ? read : [read];
      if (batch.length === 0) continue;
      if (left === 0) {
        next = writeCursor({ position, parts: last!.place });
        return;
      }
      const taken = batch.length > left ? batch.slice(0, left) : batch;
      left -= taken.length;
      last = taken.at(-1)!;
      yield taken.map(({ row }) => row);
      if (taken.length < batch.length) {
        next = writeCursor({ position, parts: last.place });
        return;
      }
    }
  }
  return { rows: cut(), next: () => next };
}

/** The position that a page answers as of, and the cursor that led to it. */
export async function pinned(
  sources: Sources,
  through: Position,
  given: { readonly asOf?: number | undefined; readonly cursor?: string | undefined },
  parts: number,
): Promise<{ position: Position; cursor: Cursor | undefined }> {
  const cursor = given.cursor === undefined ? undefined : readCursor(given.cursor, parts, through);
  const position =
    given.asOf === undefined && cursor !== undefined ? cursor.position : await positionAt(sources, through, given.asOf);
  if (cursor !== undefined && cursor.position !== position) throw foreignCursor();
  return { position, cursor };
}
