// An audit question is declared once: what it asks, where, with which parameters, and the shape of a row of its answer.
// Routes, checks and docs come from the declaration.
import type { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { invalidValue } from "../../scim/errors.ts";
import type { JsonObject } from "../../scim/json.ts";
import { quote } from "../../scim/quote.ts";
import type { Sources } from "../sources.ts";
import { refuseFuture } from "./instant.ts";
import { type Names, refuseUnknown } from "./known-names.ts";

/** What an answer stands on and what it says. */
export interface Answer {
  /** The instant asked for, microseconds. */
  readonly asOf?: number;
  /** The window asked for, microseconds; an end that was not given is open. */
  readonly window?: { readonly from?: number | undefined; readonly to?: number | undefined };
  /** The last position that the answer looks at. */
  readonly position: Position;
  /** How far the read models were: nothing up to here is missing. */
  readonly through: Position;
  /** What is asked about. */
  readonly subject?: JsonObject;
  /** What was recorded later is not looked at, microseconds; absent: `through` is the limit. */
  readonly knownAt?: number;
  /** Why nothing can be known, where that is so: no rows then mean nothing. */
  readonly noSource?: string;
  readonly content: Rows | { readonly resource: AsyncIterable<string> };
}

export interface Rows {
  /** In batches, as they are read: a turn of the event loop for each row would take longer than the rows. */
  readonly rows: AsyncIterable<readonly object[]>;
  /** The cursor of the next page, once the rows are read; undefined after the last. */
  readonly next: () => string | undefined;
  /** What is known only after the last row, for the end of the answer. */
  readonly summary?: () => object;
}

/** A question with its parameters read: everything but the data. */
export interface Asked {
  readonly question: Question;
  /** As they were given. */
  readonly parameters: Readonly<Record<string, string>>;
  answer(sources: Sources, tenant: string): Promise<Answer>;
}

interface Declaration<P extends z.ZodType> {
  /** Its numbers in the catalogue of audit questions. */
  readonly number: readonly number[];
  readonly asks: string;
  /** Below the base of the audit API, as Express writes it. */
  readonly route: string;
  readonly parameters: P;
  readonly row: z.ZodType;
  /** Which parameters name what may never have been: an answer without rows is then a 404. */
  readonly names?: Names;
  /** What evidence for an answer has to carry: every event of the tenant (absent), or those of some streams alone. */
  readonly rests?: "streams";
  /** The trap that a golden test holds. */
  readonly golden: string;
}

export interface Question extends Declaration<z.ZodType> {
  readonly id: string;
  /** Reads parameters as a request carries them. Throws ScimError (400 invalidValue) for what is unknown, malformed or in the future. */
  read(parameters: Readonly<Record<string, string>>, now: number): Asked;
}

export function question<P extends z.ZodType>(
  id: string,
  declaration: Declaration<P>,
  answer: (parameters: z.output<P>, tenant: string, sources: Sources) => Promise<Answer>,
): Question {
  return {
    id,
    ...declaration,
    read(given, now) {
      const parsed = declaration.parameters.safeParse(given);
      if (!parsed.success) throw invalidValue(sayIssue(parsed.error.issues[0]!));
      checkInstants(parsed.data, now);
      const ask = async (sources: Sources, tenant: string) => {
        const found = await answer(parsed.data, tenant, sources);
        const { names = {} } = declaration;
        return aboutWhatWas(found, () => refuseUnknown(sources, tenant, names, given));
      };
      return { question: this, parameters: given, answer: ask };
    },
  };
}

/** The same answer; before the end of one without rows, `refuse` has its say. */
function aboutWhatWas(answer: Answer, refuse: () => Promise<void>): Answer {
  const { content, noSource } = answer;
  if (!("rows" in content) || noSource !== undefined) return answer;
  async function* rows(all: Rows["rows"]): AsyncGenerator<readonly object[]> {
    let isEmpty = true;
    for await (const batch of all) {
      if (batch.length > 0) isEmpty = false;
      yield batch;
    }
    if (isEmpty) await refuse();
  }
  return { ...answer, content: { ...content, rows: rows(content.rows) } };
}

function sayIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return `there is no parameter ${quote(issue.keys[0] ?? "")}`;
  const name = issue.path.join(".");
  return name === "" ? issue.message : `${name}: ${issue.message}`;
}

const INSTANTS = ["asOf", "from", "to", "knownAt"] as const;

function checkInstants(parameters: unknown, now: number): void {
  const given = parameters as Readonly<Partial<Record<(typeof INSTANTS)[number], number>>>;
  for (const name of INSTANTS) {
    const instant = given[name];
    if (instant !== undefined) refuseFuture(name, instant, now);
  }
  const { from, to } = given;
  if (from !== undefined && to !== undefined && from >= to) throw invalidValue("from: must be before to");
}
