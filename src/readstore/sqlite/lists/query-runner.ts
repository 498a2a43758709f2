// Answers what is asked of lists: what an index serves at once, all else on a thread of its own, up to a deadline.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ordinalOf } from "../../../eventlog/event-log.ts";
import { comparisonsOf } from "../../../scim/filter/terms.ts";
import type { Listed, Query, QueryAnswer, Walk, WalkPage } from "../../read-store.ts";
import type { ActivityReader } from "../reading/activity-reader.ts";
import type { Inputs } from "./bindings.ts";
import { directAnswer } from "./direct.ts";
import { Plans } from "./plans.ts";
import { type HEAVY, Question, type QuestionParts } from "./question.ts";
import { OutOfTime, Search } from "./search.ts";
import { pageOf } from "./walking.ts";
import { windowOf } from "./window.ts";

const ASKED_BETWEEN_LOOKS = 256;

export interface RunnerParts extends QuestionParts {
  readonly database: DatabaseSync;
  readonly activity: ActivityReader;
  readonly baseUrl: string;
  /** Whether statements are watched by the clock, as a thread wants it that answers whatever it takes. */
  readonly isTimed?: boolean;
}

export class QueryRunner {
  readonly #parts: RunnerParts;
  readonly #plans: Plans;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  /** Of the question that is answered, `performance.now()`; how often its statements asked for the time, and still may. */
  #deadline = Number.POSITIVE_INFINITY;
  #looks = 0;
  #looksLeft = Number.POSITIVE_INFINITY;

  constructor(parts: RunnerParts) {
    const { database, baseUrl, isTimed = false } = parts;
    this.#parts = parts;
    this.#plans = new Plans({ baseUrl, isTimed });
    database.function("in_time", { directOnly: true, varargs: true }, () => this.#inTime());
    this.#begin = database.prepare("BEGIN");
    this.#commit = database.prepare("COMMIT");
  }

  /** At once, or HEAVY. */
  query(query: Query): QueryAnswer | typeof HEAVY {
    const question = this.#question(query);
    return directAnswer(question.searches, query) ?? this.inSnapshot(() => windowOf(question, query));
  }

  /** Whatever it takes, up to a time (`performance.now()`). Throws ScimError tooMany after that. */
  queryUntil(query: Query, deadline: number): QueryAnswer {
    return this.inTime(deadline, () => windowOf(this.#question(query, deadline), query)) as QueryAnswer;
  }

  /** At once, or HEAVY. */
  walk(walk: Walk): WalkPage | typeof HEAVY {
    return this.inSnapshot(() => pageOf(this.#question(walk), walk, this.head()));
  }

  /** Whatever it takes, up to a time. Throws ScimError tooMany where it came nowhere by then. */
  walkUntil(walk: Walk, deadline: number): WalkPage {
    return this.inTime(deadline, () => pageOf(this.#question(walk, deadline), walk, this.head())) as WalkPage;
  }

  /** Reads in one snapshot with statements that ask `in_time()`. Throws OutOfTime. */
  inTime<Result>(deadline: number, read: () => Result): Result {
    [this.#deadline, this.#looksLeft] = [deadline, Number.POSITIVE_INFINITY];
    return this.inSnapshot(read);
  }

  /** Reads in one snapshot with statements that ask `in_time()` at each row: at so many at most. Throws OutOfTime. */
  inLooks<Result>(most: number, read: () => Result): Result {
    [this.#deadline, this.#looksLeft] = [Number.POSITIVE_INFINITY, most];
    return this.inSnapshot(read);
  }

  /** 1 while there is time, as SQL has it. A look at the clock costs more than most comparisons: not each asks for one. */
  #inTime(): number {
    if (--this.#looksLeft < 0) throw new OutOfTime();
    if (++this.#looks % ASKED_BETWEEN_LOOKS === 0 && performance.now() > this.#deadline) throw new OutOfTime();
    return 1;
  }

  /** All statements of one answer see the same state. */
  inSnapshot<Result>(read: () => Result): Result {
    this.#begin.run();
    try {
      return read();
    } finally {
      this.#commit.run();
    }
  }

  /** The place of the last event that the read models show. */
  head(): number {
    const row = this.#parts.statements.get("SELECT place FROM checkpoint").get() as unknown as [number];
    return row[0];
  }

  #question(listed: Listed & { readonly after?: Walk["after"] }, deadline?: number): Question {
    const place = listed.asOf === undefined ? undefined : ordinalOf(listed.asOf);
    return new Question(listed, this.#searches(listed, place), this.#parts, place, deadline);
  }

  #searches({ tenant, of, after }: Listed & { readonly after?: Walk["after"] }, place: number | undefined): Search[] {
    const { names, activity, statements } = this.#parts;
    const tenantNumber = names.find(tenant);
    if (tenantNumber === undefined) return [];
    const searches: Search[] = [];
    for (const asked of of) {
      const type = names.find(asked.type.name);
      if (type === undefined) continue;
      const inputs: Inputs = {
        tenantName: tenant,
        tenant: tenantNumber,
        type,
        ...(place === undefined ? {} : { place }),
        ...(after === undefined ? {} : { began: ordinalOf(after.began) }),
        comparisons: asked.filter === undefined ? [] : comparisonsOf(asked.filter),
        number: (name) => names.find(name),
        placeAt: (instant) => activity.placeAt(instant),
      };
      searches.push(new Search(asked.type.name, this.#plans.get(asked, inputs), inputs, statements));
    }
    return searches;
  }
}
