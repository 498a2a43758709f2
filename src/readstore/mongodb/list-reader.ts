// A window on a list (RFC 7644 §3.4.2.4).
import type { Document } from "mongodb";
import { type Match, orderOf } from "../matches.ts";
import { PAGE_LENGTH, type Query, type QueryAnswer } from "../read-store.ts";
import { tooManyFor } from "../too-many.ts";
import { OPEN } from "./collections.ts";
import { Question } from "./question.ts";
import { OutOfTime, type Reads } from "./reading.ts";
import { ANSWERED, type Answered, isComplete, resourceOf } from "./resource-reader.ts";
import type { Search } from "./search.ts";

/** Where a value finds more, it is a question like others. */
const FEW = 8;

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

  /** The commonest question of provisioning clients, “who bears this value?”, in one command; undefined where it takes more. */
  async #direct(query: Query): Promise<QueryAnswer | undefined> {
    const { reads, baseUrl, deadline } = this.#parts;
    const question = new Question(query, reads.now(deadline), baseUrl);
    const [search, ...others] = question.searches;
    if (search === undefined || others.length > 0 || query.sort !== undefined || !search.isDirect) return undefined;
    const asked = search.served();
    if (asked === false) return undefined;
    const { reading } = question;
    const { resources } = reading.views;
    const few = [{ $match: asked }, { $limit: FEW + 1 }, { $project: ANSWERED }];
    const rows = await reading.aggregate<Answered | { readonly untested: number }>(
      resources,
      search.isPersonal ? [...few, erasedUnion(resources.collectionName, query.tenant, search.type)] : few,
    );
    const found = rows.filter((row): row is Answered => "_id" in row).sort((a, b) => a._id - b._id);
    if (found.length > FEW || !found.every(isComplete)) return undefined;
    const window = found.slice(query.startIndex - 1, query.startIndex - 1 + query.count);
    if (window.length > 1 && window.reduce((length, { body }) => length + body.length, 0) > PAGE_LENGTH)
      return undefined;
    const answer = { total: found.length, resources: window.map((document) => resourceOf(document)) };
    if (!search.isPersonal) return answer;
    const counted = rows.find((row) => "untested" in row);
    return { ...answer, untested: counted === undefined ? 0 : (counted as { untested: number }).untested };
  }
}

const erasedUnion = (coll: string, tenant: string, type: string): Document => ({
  $unionWith: {
    coll,
    pipeline: [{ $match: { tenant, type, erased: true, until: OPEN } }, { $count: "untested" }],
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
