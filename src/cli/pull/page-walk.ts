// Walking through all pages of a list: by cursor (RFC 9865), by index (RFC 7644 §3.4.2.4), or by index in the body of a
// POST to /.search (§3.4.3), which some servers read where they pass over the parameters of a GET. Pure: where a walk
// stands is plain data, so that it can be kept beside what was read, and goes on from there after a stop.
import { ServerUnusable } from "../scim-client/errors.ts";

export interface Walk {
  /** From 1; a walk that something disturbed is followed by another one. */
  readonly number: number;
  readonly method: "cursor" | "index" | "search";
  /** The startIndex or cursor to ask for; null at the end of the last walk. */
  readonly next: number | string | null;
  /** Index pages overlap by one resource: this one should come first on the next page. */
  readonly overlap: string | null;
  /** The very first resource: on a later page it says that the server passes over the index. */
  readonly head: string | null;
  readonly total: number | null;
  /** Resources that this walk saw. */
  readonly read: number;
  /** Pages one after the other that brought nothing new, and by which nothing new will come. */
  readonly stale: number;
  /** Pages one after the other that had nothing on them (RFC 9865 §2 allows them before the last one). */
  readonly empty: number;
  /** Something moved while this walk was under way: it may have missed a resource. */
  readonly disturbed: boolean;
}

/** What is known of a page once its resources were put away. */
export interface Page {
  readonly ids: readonly string[];
  /** How many of them this walk had not seen. */
  readonly fresh: number;
  readonly total?: number;
  readonly nextCursor?: string;
}

/** Walks until one is undisturbed, at most. */
const MOST_WALKS = 3;
/** Stale pages before a server counts as one that cannot be paged. */
const MOST_STALE = 3;
/** Empty pages before it counts as one that never ends. */
const MOST_EMPTY = 1_000;

export const firstWalk = (method: Walk["method"]): Walk => begin(1, method);

const begin = (number: number, method: Walk["method"]): Walk => ({
  number,
  method,
  next: method === "cursor" ? "" : 1,
  overlap: null,
  head: null,
  total: null,
  read: 0,
  stale: 0,
  empty: 0,
  disturbed: false,
});

/** The parameters of the next page (RFC 9865 §2.1: the first cursor is there and empty). */
export const parametersOf = (walk: Walk, count: number): Readonly<Record<string, string>> =>
  walk.method === "cursor"
    ? { cursor: String(walk.next), count: String(count) }
    : { startIndex: String(walk.next), count: String(count) };

/** Throws ServerUnusable where the server sends the same, or nothing, again and again. */
export function afterPage(walk: Walk, page: Page): Walk {
  const isNew = walk.overlap === null ? page.fresh : page.fresh + (page.ids[0] === walk.overlap ? 1 : 0);
  const moved = walk.total !== null && page.total !== undefined && page.total !== walk.total;
  const seen: Walk = {
    ...walk,
    head: walk.head ?? page.ids[0] ?? null,
    total: page.total ?? walk.total,
    read: walk.read + page.fresh,
    stale: isStale(walk, page) ? walk.stale + 1 : 0,
    empty: page.ids.length === 0 ? walk.empty + 1 : 0,
    disturbed: walk.disturbed || moved || isNew < page.ids.length || isAstray(walk, page),
  };
  if (isPassedOver(walk, page)) return begin(walk.number + 1, "search");
  if (seen.stale >= MOST_STALE)
    throw new ServerUnusable(
      `the source sends the same resources again and again (${walk.method} ${quoteNext(walk)}): its pages cannot be told apart`,
    );
  if (seen.empty >= MOST_EMPTY)
    throw new ServerUnusable(
      `the source sends one empty page after the other, ${MOST_EMPTY} by now, and never the last`,
    );
  return walk.method === "cursor" ? afterCursor(seen, page) : afterIndex(seen, page);
}

/** By index a walk gets on, even where everything moved on before it: unless it is sent to the beginning again. */
const isStale = ({ method, head }: Walk, { ids, fresh }: Page): boolean =>
  fresh === 0 && ids.length > 0 && (method === "cursor" || ids[0] === head);

/**
 * A further page that brings nothing new and begins as the first one did, while more should come. Where the total changed,
 * what came before it may have moved everything on.
 */
const isPassedOver = ({ method, head, read, total }: Walk, page: Page): boolean =>
  method === "index" &&
  head !== null &&
  page.ids[0] === head &&
  page.fresh === 0 &&
  read < (total ?? 0) &&
  page.total === total;

/** The resource that ended the last page is not where it was. */
const isAstray = ({ overlap }: Walk, { ids }: Page): boolean => overlap !== null && ids[0] !== overlap;

function afterCursor(walk: Walk, { ids, nextCursor, total }: Page): Walk {
  if (nextCursor !== undefined) return { ...walk, next: nextCursor };
  // A server that knows no cursors passes the parameter over, and sends a first page by index.
  if (walk.next === "" && total !== undefined && ids.length < total) return begin(walk.number + 1, "index");
  return ended(walk);
}

function afterIndex(walk: Walk, { ids }: Page): Walk {
  const start = walk.next as number;
  const [after, last] = [start + ids.length, ids.at(-1)];
  if (last === undefined) return ended(walk);
  if (walk.total === null ? ids.length === 1 && last === walk.overlap : after > walk.total) return ended(walk);
  // A page of one cannot overlap and go on.
  return ids.length === 1 ? { ...walk, next: after, overlap: null } : { ...walk, next: after - 1, overlap: last };
}

function ended(walk: Walk): Walk {
  const whole: Walk = { ...walk, next: null, disturbed: walk.disturbed || walk.read < (walk.total ?? 0) };
  return whole.disturbed && walk.number < MOST_WALKS ? begin(walk.number + 1, walk.method) : whole;
}

/** A cursor that the server has forgotten (`expiredCursor`, `invalidCursor`): the walk starts over. */
export function afterLostCursor(walk: Walk): Walk {
  if (walk.number >= MOST_WALKS)
    throw new ServerUnusable("the source forgets its cursors before they are used, again and again");
  return begin(walk.number + 1, walk.method);
}

/**
 * The server has no /.search: the page that began as the first one may have been moved there by what came and went, so the
 * index is walked again. Throws ServerUnusable once that is not likely any more.
 */
export function afterNoSearch(walk: Walk, list: string, refusal: string): Walk {
  if (walk.number >= MOST_WALKS)
    throw new ServerUnusable(
      `the source sends the first page of ${list} whatever startIndex says, and has no .search (${refusal})`,
    );
  return begin(walk.number + 1, "index");
}

const quoteNext = ({ next }: Walk): string => (typeof next === "number" ? `from ${next}` : "pages");
