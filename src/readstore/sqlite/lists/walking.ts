// A page of a walk. It goes on behind the last resource of the page before, by the key and the number of that resource, and
// never by how many there were: a page costs the same wherever it is.
import { ordinalOf, positionOf } from "../../../eventlog/event-log.ts";
import { type Match, orderOf } from "../../matches.ts";
import type { Walk, WalkPage } from "../../read-store.ts";
import { type Found, isGone, placeAfter } from "../../walk-steps.ts";
import { erasedBy } from "./erased-since.ts";
import { HEAVY, type Question } from "./question.ts";
import { isWhole, OutOfTime, type Search, type Stretch } from "./search.ts";

const END = Number.MAX_SAFE_INTEGER;

/** `position`: the head of what the store shows, at which a walk begins. */
export function pageOf(question: Question, walk: Walk, position: number): WalkPage | typeof HEAVY {
  if (walk.after !== undefined) mustRest(question, ordinalOf(walk.after.began));
  const found = streams(question) ? follow(question, walk) : select(question, walk);
  if (found === HEAVY) return HEAVY;
  const resources = question.read(found.matches.slice(0, walk.count));
  const passed = found.matches.slice(0, resources.length).map(([rid]) => rid);
  const isLast = walk.count === 0 || (passed.length === found.matches.length && found.upTo === END);
  const next = isLast ? {} : { next: placeAfter(walk, found, passed, position) };
  const total = found.total === undefined ? {} : { total: found.total };
  return { position: positionOf(question.place ?? position), resources, ...next, ...total, ...question.untested() };
}

/** A walk that follows names of others would leave some out, or tell some twice, once such a name is gone. */
function mustRest({ searches, statements }: Question, began: number): void {
  const resting = searches.find(({ plan }) => plan.restsOnOthers);
  if (resting === undefined) return;
  const sql = `SELECT 1 FROM resources r INDEXED BY resources_erased WHERE r.tenant = ?1 AND r.erased = 1 AND NOT ${erasedBy("?2")} LIMIT 1`;
  if (statements.get(sql).get(resting.inputs.tenant, began) !== undefined) throw isGone();
}

/** Whether the matches can be found in their order, without a look at all of them. */
function streams(question: Question): boolean {
  const { searches, listed, isFiltered, deadline } = question;
  if (isFiltered && deadline === undefined) return false;
  if (listed.sort === undefined) return true;
  return searches.every(({ plan }) => plan.candidates === undefined && (plan.ordered !== undefined || !plan.isSorted));
}

function follow(question: Question, walk: Walk): Found | typeof HEAVY {
  const { searches, deadline = Number.POSITIVE_INFINITY } = question;
  const total = walk.after === undefined ? totalOf(question) : undefined;
  if (total === HEAVY) return HEAVY;
  const counted = total === undefined ? {} : { total };
  if (walk.count === 0) return { matches: [], upTo: END, ...counted };
  const after = placeOf(question, walk);
  const stretches = question.inTime(() =>
    searches.map((search) => stretchOf(search, walk, after, walk.count + 1, deadline)),
  );
  const upTo = Math.min(END, ...stretches.map((stretch) => stretch.upTo));
  const matches = stretches.flatMap((stretch) => stretch.matches).filter(([rid]) => rid <= upTo);
  return { matches: matches.sort(orderOf(walk)), upTo, ...counted };
}

/** Undefined where the matches could not be counted in time. */
function totalOf(question: Question): number | undefined | typeof HEAVY {
  const { searches, isFiltered, deadline = Number.POSITIVE_INFINITY } = question;
  if (!isFiltered) return question.count();
  try {
    return searches.reduce((total, search) => total + search.everything(deadline).length, 0);
  } catch (error) {
    if (error instanceof OutOfTime) return undefined;
    throw error;
  }
}

/** The first `enough` matches of a type; sorted ones completely or not at all. */
function stretchOf(
  search: Search,
  { sort }: Walk,
  after: Match | undefined,
  enough: number,
  deadline: number,
): Stretch {
  const behind = after?.[0] ?? 0;
  if (sort === undefined) return search.following(behind, enough, deadline);
  if (search.plan.isSorted) return { matches: search.inOrder(sort, after, enough, deadline), upTo: END };
  // None of them has a key: they come all after those that have one, or, descending, all before.
  const isBehindKeys = after !== undefined && after[1] !== null;
  if (isBehindKeys && sort === "descending") return { matches: [], upTo: END };
  const stretch = search.following(isBehindKeys ? 0 : behind, enough, deadline);
  if (stretch.matches.length < enough && !isWhole(stretch)) throw new OutOfTime();
  return { matches: stretch.matches, upTo: END };
}

/** Finds all matches and those of them that come next: what a sort costs that no index serves, on every page alike. */
function select(question: Question, walk: Walk): Found | typeof HEAVY {
  const matches = question.matches();
  if (matches === HEAVY) return HEAVY;
  const total = walk.after === undefined ? { total: matches.length } : {};
  const order = orderOf(walk);
  const after = placeOf(question, walk);
  const left = after === undefined ? matches : matches.filter((match) => order(match, after) > 0);
  return { matches: left.sort(order), upTo: END, ...total };
}

/** Where the page before ended: its last resource, or the one before that where it was erased since. */
function placeOf({ searches, statements }: Question, { after, sort }: Walk): Match | undefined {
  if (after === undefined) return undefined;
  const passed = after.passed.map(ordinalOf).reverse();
  if (sort === undefined) return [passed[0] ?? 0, null, 0];
  const typeOf = statements.get("SELECT type FROM resources WHERE rid = ?");
  for (const rid of passed) {
    const [type] = (typeOf.get(rid) as unknown as [number] | undefined) ?? [];
    const search = searches.find(({ inputs }) => inputs.type === type);
    const place = search?.one(search.plan.keyOf, rid) as Match | undefined;
    if (place !== undefined) return place;
  }
  throw isGone();
}
