// Every answer in one envelope: what was asked, as of which position, how complete, then the rows and how many there were.
import { type Position, START } from "../../eventlog/event-log.ts";
import type { Sources } from "../sources.ts";
import { columnsOf, line, nameOf, valueIn } from "./csv.ts";
import { formatInstant } from "./instant.ts";
import type { Answer, Asked, Question } from "./question.ts";

export const FORMATS = ["json", "ndjson", "csv"] as const;
export type Format = (typeof FORMATS)[number];

/** How an envelope is cut into text. */
interface Frame {
  /** From the head, an object, to the first row or the resource. */
  readonly open: (head: string, kind: "rows" | "resource") => string;
  /** `first`: how many rows came before. */
  readonly rows: (batch: readonly object[], first: number) => string;
  /** A piece of the resource's JSON text. */
  readonly piece: (text: string) => string;
  /** From the last row or the resource, with the tail, an object, to the end. */
  readonly close: (tail: string, kind: "rows" | "resource") => string;
}

const inner = (object: string): string => object.slice(1, -1);
const asItIs = (text: string): string => text;

function textOf(batch: readonly object[], lineOf: (row: object) => string): string {
  let text = "";
  for (const row of batch) text += lineOf(row);
  return text;
}

const json: Frame = {
  open: (head, kind) => `{${inner(head)},"${kind}":${kind === "rows" ? "[" : ""}`,
  rows: (batch, first) => (first === 0 || batch.length === 0 ? "" : ",") + JSON.stringify(batch).slice(1, -1),
  piece: asItIs,
  close: (tail, kind) => `${kind === "rows" ? "]" : ""},${inner(tail)}}`,
};

// A line for the head, one for each row, one for the tail: an answer without its tail is incomplete.
const ndjson: Frame = {
  open: (head, kind) => `{"answer":${head}}\n${kind === "rows" ? "" : '{"resource":'}`,
  rows: (batch) => textOf(batch, (row) => `{"row":${JSON.stringify(row)}}\n`),
  piece: asItIs,
  close: (tail, kind) => `${kind === "rows" ? "" : "}\n"}{"end":${tail}}\n`,
};

// The same in two columns around the table: what was asked before the names of the columns, the count after the last row.
function csv({ row }: Question): Frame {
  const columns = columnsOf(row);
  return {
    open: (head, kind) => line(["#answer", head]) + line(columns.map(nameOf)) + (kind === "rows" ? "" : '"'),
    rows: (batch) => textOf(batch, (row) => line(columns.map((column) => valueIn(row, column)))),
    piece: (text) => text.replaceAll('"', '""'),
    close: (tail, kind) => (kind === "rows" ? "" : '"\r\n') + line(["#end", tail]),
  };
}

const frameOf = (format: Format, question: Question): Frame =>
  format === "csv" ? csv(question) : format === "ndjson" ? ndjson : json;

/** The text of an answer, piece by piece, as it comes; `count` is told of each row. */
export async function* answerText(
  asked: Asked,
  tenant: string,
  answer: Answer,
  sources: Pick<Sources, "store">,
  format: Format,
  count: (rows: number) => void = () => {},
): AsyncGenerator<string> {
  const frame = frameOf(format, asked.question);
  const { content } = answer;
  const kind = "rows" in content ? "rows" : "resource";
  yield frame.open(JSON.stringify(await headOf(asked, tenant, answer, sources)), kind);
  let rows = 0;
  let next: string | undefined;
  let summary: object = {};
  if ("rows" in content) {
    for await (const batch of content.rows) {
      const text = frame.rows(batch, rows);
      rows += batch.length;
      count(batch.length);
      yield text;
    }
    next = content.next();
    summary = content.summary?.() ?? {};
  } else {
    for await (const text of content.resource) yield frame.piece(text);
    rows = 1;
    count(1);
  }
  yield frame.close(JSON.stringify({ count: rows, ...summary, ...(next === undefined ? {} : { next }) }), kind);
}

async function headOf(
  { question, parameters }: Asked,
  tenant: string,
  answer: Answer,
  { store }: Pick<Sources, "store">,
) {
  const { asOf, window, position, through, subject, noSource, knownAt } = answer;
  const effectiveAt = instantOrNull(await timeOf(store, position));
  return {
    question: question.id,
    parameters,
    tenant,
    asOf: asOf === undefined ? effectiveAt : formatInstant(asOf),
    ...(window === undefined ? {} : { window: { from: instantOrNull(window.from), to: instantOrNull(window.to) } }),
    position,
    effectiveAt,
    // What was recorded later is not looked at.
    knownAt: knownAt === undefined ? instantOrNull(await timeOf(store, through)) : formatInstant(knownAt),
    completeness: { through, behind: 0, ...(noSource === undefined ? {} : { noSource }) },
    ...(subject === undefined ? {} : { subject }),
  };
}

const timeOf = async (store: Sources["store"], position: Position): Promise<number | undefined> =>
  position === START ? undefined : store.effectiveAt(position);

const instantOrNull = (instant: number | undefined): string | null =>
  instant === undefined ? null : formatInstant(instant);
