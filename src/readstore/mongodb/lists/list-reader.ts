// A window on a list (RFC 7644 §3.4.2.4).
import type { Document } from "mongodb";
import { type Match, orderOf } from "../../matches.ts";
import { PAGE_LENGTH, type Query, type QueryAnswer } from "../../read-store.ts";
import { tooManyFor } from "../../too-many.ts";
import type { Views } from "../collections.ts";
import {
  asksApart,
  isJoined,
  type Joined,
  joinedResourceOf,
  joinedStages,
  ONE_INSTANT,
} from "../reading/joined-resource.ts";
import { OutOfTime, type Reads } from "../reading/reading.ts";
import { countId } from "../state-ids.ts";
import { Question } from "./question.ts";
import type { Search } from "./search.ts";

/** Where a value finds more, it is a question like others. */
const FEW = 8;

/** Where no more can match, all are found at once: whoever counts them would find them again. */
const FOUND_AT_ONCE = 5_000;

/** So many are counted off an index in the order of a list; a window behind them is sorted out of all. */
const COUNTED_OFF = 2_000;

export interface ListReaderParts {
  readonly reads: Reads;
  /** Before `/Users/…` in `$ref` and `meta.location`. */
  readonly baseUrl: string;
  /** Milliseconds. */
  readonly deadline: number;
}

export class ListReader {
  readonly #parts: ListReaderParts;

  constructor(parts: ListReaderParts) {
    this.#parts = parts;
  }

  /** Throws ScimError: tooMany. */
  async query(query: Query): Promise<QueryAnswer> {
    const { reads, baseUrl, deadline } = this.#parts;
    try {
      const direct = await this.#direct(query);
      if (direct !== undefined) return direct;
      return await reads.snapshot((reading) => windowOf(new Question(query, reading, baseUrl), query), deadline);
    } catch (error) {
      throw error instanceof OutOfTime ? tooManyFor(query) : error;
    }
  }

  /** The commonest question of provisioning clients, “who bears this value?”; undefined where it is one like others. */
  async #direct(query: Query): Promise<QueryAnswer | undefined> {
    const { reads, baseUrl, deadline } = this.#parts;
    const question = new Question(query, reads.now(deadline), baseUrl);
    const [search, ...others] = question.searches;
    if (search === undefined || others.length > 0 || query.sort !== undefined || !search.isDirect) return undefined;
    const asked = search.served();
    if (asked === false) return undefined;
    const { reading } = question;
    const { views } = reading;
    const few = [{ $match: asked }, { $limit: FEW + 1 }, ...joinedStages(views, query.tenant)];
    const untested = search.isPersonal ? [untestedOf(views, query.tenant, search.type)] : [];
    try {
      const rows = await reading.aggregate<Direct>(views.resources, [...few, ...untested], ONE_INSTANT);
      return directAnswer(query, rows, search.isPersonal);
    } catch (error) {
      if (!asksApart(error)) throw error;
      return undefined;
    }
  }
}

/** A resource that was found, or how many erased ones there are. */
type Direct = Joined | { readonly untested: number };

const isFound = (row: Direct): row is Joined => "_id" in row;

/** Undefined where they are not few, one command does not join all of them, or the window is too large for one answer. */
function directAnswer(
  { startIndex, count }: Query,
  rows: readonly Direct[],
  isPersonal: boolean,
): QueryAnswer | undefined {
  const found = rows.filter(isFound).sort((a, b) => a._id - b._id);
  if (found.length > FEW || !found.every(isJoined)) return undefined;
  const window = found.slice(startIndex - 1, startIndex - 1 + count);
  if (window.length > 1 && window.reduce((length, { body }) => length + body.length, 0) > PAGE_LENGTH) return undefined;
  const answer = { total: found.length, resources: window.map(joinedResourceOf) };
  if (!isPersonal) return answer;
  const untested = rows.reduce((counted, row) => ("untested" in row ? row.untested : counted), 0);
  return { ...answer, untested };
}

/** Adds how many erased ones there are, by the same command. */
const untestedOf = ({ counts }: Views, tenant: string, type: string): Document => ({
  $unionWith: {
    coll: counts.collectionName,
    pipeline: [{ $match: { _id: countId({ tenant, type }) } }, { $project: { _id: 0, untested: "$erased" } }],
  },
});

async function windowOf(question: Question, query: Query): Promise<QueryAnswer> {
  const { startIndex, count } = query;
  const skip = startIndex - 1;
  for (const search of question.searches) await search.narrow();
  const ordered = orderedSearch(question, skip + count);
  if (ordered !== undefined) {
    const { matches } = await ordered.inOrder(query.sort ?? "ascending", undefined, skip + count);
    return answerOf(question, await question.count(), matches.slice(skip));
  }
  if (question.searches.every(({ isServed }) => isServed)) {
    if (question.most <= FOUND_AT_ONCE) {
      const all = await question.window(0, FOUND_AT_ONCE);
      return answerOf(question, all.length, all.slice(skip, skip + count));
    }
    const window = await question.window(skip, count);
    const isEnd = window.length < count && (window.length > 0 || skip === 0) && question.isFiltered;
    return answerOf(question, isEnd ? skip + window.length : await question.count(), window);
  }
  const matches = (await question.everything()).sort(orderOf(query));
  return answerOf(question, matches.length, matches.slice(skip, skip + count));
}

/** The search that finds the window in the order of an index. */
function orderedSearch({ searches, listed }: Question, reach: number): Search | undefined {
  const [search, ...others] = searches;
  const isAlone = search !== undefined && others.length === 0 && listed.sort !== undefined;
  return isAlone && search.isOrdered && search.isServed && reach <= COUNTED_OFF ? search : undefined;
}

async function answerOf(question: Question, total: number, window: readonly Match<string>[]): Promise<QueryAnswer> {
  const resources = await question.read(window.map(([rid]) => rid));
  return { total, resources, ...(await question.untested()) };
}
