// Pages by cursor (RFC 9865), whatever is walked: what a cursor is bound to, and where the next page begins.
import type { Position } from "../../eventlog/event-log.ts";
import type { Awaitable, ReadStore, WalkPlace } from "../../readstore/read-store.ts";
import { expiredCursor, invalidCount, invalidValue } from "../../scim/errors.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import type { Past } from "./as-of.ts";
import type { CursorContents, Cursors } from "./cursor.ts";
import { countIn, type ListParameters, type PageLimits } from "./list-parameters.ts";

export interface CursorPagesOptions {
  readonly readStore: ReadStore;
  readonly cursors: Cursors;
  readonly pages: PageLimits;
}

/** What is walked, by whom. */
export interface Walked {
  readonly tenant: string;
  readonly types: readonly ResourceType[];
  readonly parameters: ListParameters;
  /** The instant as the request has it; and what it came to. */
  readonly asOf: string | undefined;
  readonly past: Past | undefined;
  /** The id of the one resource that is asked about. */
  readonly only?: string | undefined;
}

/** Which page is to be read. */
export interface PageAsked {
  readonly count: number;
  readonly asOf?: Position;
  readonly after?: WalkPlace;
}

/** A page as the read store answers it. */
export interface PageRead {
  readonly position: Position;
  readonly next?: WalkPlace;
  readonly total?: number;
}

/** A page, and its fields of a list: `size` says how many resources it has. */
export interface CursorPage<Page extends PageRead> {
  readonly page: Page;
  readonly fields: (size: number) => string;
}

/** The page that a request asks for. 400 invalidCursor, expiredCursor, invalidCount, invalidValue. */
export async function pageByCursor<Page extends PageRead>(
  { readStore, cursors, pages }: CursorPagesOptions,
  walked: Walked,
  read: (asked: PageAsked) => Awaitable<Page>,
): Promise<CursorPage<Page>> {
  const { tenant, parameters, past } = walked;
  const { cursor = "", startIndex = 1 } = parameters;
  if (startIndex > 1) throw invalidValue("startIndex and cursor are two ways to page; send one of them.");
  const count = countIn(parameters, pages);
  const identity = identityOf(walked);
  const before = cursor === "" ? undefined : await cursors.open(tenant, identity, cursor);
  if (before !== undefined) await check(before, count, readStore);
  const asOf = before?.position ?? past?.position;
  const page = await read({
    count,
    ...(asOf === undefined ? {} : { asOf }),
    ...(before === undefined ? {} : { after: before.place }),
  });
  const total = before === undefined ? page.total : before.total;
  const next =
    page.next === undefined ? "" : await cursors.seal(tenant, identity, contentsOf(page, page.next, count, total));
  return { page, fields: (size) => fieldsOf(size, total, next) };
}

async function check(before: CursorContents, count: number, readStore: ReadStore): Promise<void> {
  if (before.count !== count)
    throw invalidCount(`count must stay what it was on the first page, ${before.count}, and is ${count}.`);
  if ((await readStore.position()) < before.position)
    throw expiredCursor("The cursor is of a log that was set back since. Start again with an empty cursor.");
}

/** What must be the same on every page (RFC 9865 §2): where it was asked, and all parameters but the cursor and the count. */
function identityOf({ types, parameters, asOf, only }: Walked): string {
  const { filter, sortBy, sortOrder, attributes, excludedAttributes } = parameters;
  const names = [attributes, excludedAttributes].map((list) => (typeof list === "object" ? list.join(",") : list));
  const asked = [types.map(({ id }) => id), only, filter, sortBy, sortOrder, ...names, asOf];
  return JSON.stringify(asked.map((one) => one ?? null));
}

const contentsOf = (
  { position }: PageRead,
  place: WalkPlace,
  count: number,
  total: number | undefined,
): CursorContents => ({ position, place, count, ...(total === undefined ? {} : { total }) });

/** RFC 9865 §2: a page of a walk has no index, and a total only where it is known. */
function fieldsOf(size: number, total: number | undefined, next: string): string {
  const totalResults = total === undefined ? "" : `"totalResults":${total},`;
  return `${totalResults}"itemsPerPage":${size}${next === "" ? "" : `,"nextCursor":"${next}"`}`;
}
