// Rows of a walk, cut into pages.
import type { Position } from "../eventlog/event-log.ts";
import { type Cursor, foreignCursor, readCursor, writeCursor } from "./cursor.ts";
import { positionAt } from "./moment.ts";
import type { Rows } from "./question.ts";
import type { Sources } from "./sources.ts";

/** A row, and what a cursor needs to go on after it. */
export interface Placed {
  readonly row: object;
  readonly place: readonly string[];
}

/** At most `limit` rows; without a limit, all, one after the other. */
export function pageOf(rows: AsyncIterable<Placed>, position: Position, limit = Number.POSITIVE_INFINITY): Rows {
  let next: string | undefined;
  async function* cut() {
    let last: Placed | undefined;
    let count = 0;
    for await (const placed of rows) {
      if (count === limit) {
        next = writeCursor({ position, parts: last!.place });
        return;
      }
      count += 1;
      last = placed;
      yield placed.row;
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
