// A page of a walk. It goes on behind the last resource of the page before, by the key and the number of that resource, and
// never by how many there were: a page costs the same wherever it is.
import { ordinalOf, positionOf } from "../../../eventlog/event-log.ts";
import { type Match, orderOf } from "../../matches.ts";
import type { Walk, WalkPage } from "../../read-store.ts";
import { tooManyFor } from "../../too-many.ts";
import { type Found, isGone, placeAfter } from "../../walk-steps.ts";
import { ERASED } from "../collections.ts";
import { headOf } from "../reading/clock-reader.ts";
import { erasedBy } from "../reading/past.ts";
import { OutOfTime } from "../reading/reading.ts";
import { END } from "./candidates.ts";
import type { ListReaderParts } from "./list-reader.ts";
import { Question } from "./question.ts";
import type { Search, Stretch } from "./search.ts";

export class WalkReader {
  readonly #parts: ListReaderParts;

  constructor(parts: ListReaderParts) {
    this.#parts = parts;
  }

  /** Throws ScimError: tooMany; expiredCursor. */
  async walk(walk: Walk): Promise<WalkPage> {
    const isCounted = walk.after === undefined;
    try {
      return await this.#page(walk, isCounted);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      if (!isCounted) throw tooManyFor(walk);
    }
    // What cannot be counted in time may still be walked through.
    try {
      return await this.#page(walk, false);
    } catch (error) {
      throw error instanceof OutOfTime ? tooManyFor(walk) : error;
    }
  }

  #page(walk: Walk, isCounted: boolean): Promise<WalkPage> {
    const { reads, baseUrl, deadline } = this.#parts;
    return reads.snapshot(async (reading) => {
      const question = new Question(walk, reading, baseUrl);
      return pageOf(question, walk, await headOf(reading), isCounted);
    }, deadline);
  }
}

async function pageOf(question: Question, walk: Walk, head: number, isCounted: boolean): Promise<WalkPage> {
  for (const search of question.searches) await search.narrow();
  if (walk.after !== undefined) await mustRest(question, ordinalOf(walk.after.began));
  const found = streams(question) ? await follow(question, walk, isCounted) : await select(question, walk);
  const resources = await question.read(found.matches.slice(0, walk.count).map(([rid]) => rid));
  const passed = found.matches.slice(0, resources.length).map(([rid]) => rid);
  const isLast = walk.count === 0 || (passed.length === found.matches.length && found.upTo === END);
  const next = isLast ? {} : { next: placeAfter(walk, found, passed, head) };
  const total = found.total === undefined ? {} : { total: found.total };
  const position = positionOf(question.place ?? head);
  return { position, resources, ...next, ...total, ...(await question.untested()) };
}

/** A walk that follows names of others would leave some out, or tell some twice, once such a name is gone. */
async function mustRest({ searches, reading, listed }: Question, began: number): Promise<void> {
  const resting = searches.find(({ restsOnOthers }) => restsOnOthers);
  if (resting === undefined) return;
  const erased = await reading.all(
    reading.views.resources,
    { tenant: listed.tenant, type: { $in: ["User", "Group"] }, erased: true, place: { $gt: began } },
    { projection: { _id: 1 }, hint: ERASED },
  );
  const before = await erasedBy(
    reading,
    erased.map(({ _id }) => _id),
    began,
  );
  if (erased.some(({ _id }) => !before.has(_id))) throw isGone();
}

/** Whether the matches can be found in their order, without a look at all of them. */
const streams = ({ searches, listed }: Question): boolean =>
  listed.sort === undefined || searches.every(({ isSorted, isOrdered }) => isOrdered || !isSorted);

async function follow(question: Question, walk: Walk, isCounted: boolean): Promise<Found<string>> {
  const { searches } = question;
  const total = isCounted ? { total: await totalOf(question) } : {};
  if (walk.count === 0) return { matches: [], upTo: END, ...total };
  const after = await placeOf(question, walk);
  const stretches = [];
  for (const search of searches) stretches.push(await stretchOf(search, walk, after));
  const upTo = Math.min(END, ...stretches.map((stretch) => stretch.upTo));
  const matches = stretches.flatMap((stretch) => stretch.matches).filter(([rid]) => rid <= upTo);
  return { matches: matches.sort(orderOf(walk)), upTo, ...total };
}

/** More matches of a type than the page takes; sorted ones completely or not at all. */
async function stretchOf(search: Search, { sort, count }: Walk, after: Match<string> | undefined): Promise<Stretch> {
  const enough = count + 1;
  if (sort === undefined) return search.following(after?.[0] ?? 0, enough);
  if (search.isOrdered) return search.inOrder(sort, after, enough);
  // None of them has a key: they come all after those that have one, or, descending, all before.
  const isBehindKeys = after !== undefined && after[1] !== null;
  if (isBehindKeys && sort === "descending") return { matches: [], upTo: END };
  const stretch = await search.following(isBehindKeys ? 0 : (after?.[0] ?? 0), enough);
  if (stretch.matches.length < enough && stretch.upTo !== END) throw new OutOfTime();
  return { matches: stretch.matches, upTo: END };
}

async function totalOf(question: Question): Promise<number> {
  if (!question.isFiltered || question.searches.every(({ isServed }) => isServed)) return question.count();
  return (await question.everything()).length;
}

/** Finds all matches and those of them that come next: what a sort costs, on every page alike. */
async function select(question: Question, walk: Walk): Promise<Found<string>> {
  const matches = await question.everything();
  const total = walk.after === undefined ? { total: matches.length } : {};
  const order = orderOf(walk);
  const after = await placeOf(question, walk);
  const left = after === undefined ? matches : matches.filter((match) => order(match, after) > 0);
  return { matches: left.sort(order), upTo: END, ...total };
}

/** Where the page before ended: its last resource, or the one before that where it was erased since. */
async function placeOf({ searches, reading }: Question, { after, sort }: Walk): Promise<Match<string> | undefined> {
  if (after === undefined) return undefined;
  const passed = after.passed.map(ordinalOf).reverse();
  if (sort === undefined) return [passed[0] ?? 0, null, ""];
  for (const rid of passed) {
    const known = await reading.first(reading.views.resources, { _id: rid }, { projection: { type: 1 } });
    const place = await searches.find(({ type }) => type === known?.type)?.keyed(rid);
    if (place !== undefined) return place;
  }
  throw isGone();
}
