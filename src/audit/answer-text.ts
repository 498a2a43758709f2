// Every answer in one envelope: what was asked, as of which position, how complete, then the rows and how many there were.
import { START } from "../eventlog/event-log.ts";
import { formatInstant } from "./instant.ts";
import type { Answer, Asked } from "./question.ts";
import type { Sources } from "./sources.ts";

export type Format = "json" | "ndjson";

/** How an envelope is cut into text. */
interface Frame {
  /** From the head, an object, to the first row or the resource. */
  readonly open: (head: string, kind: "rows" | "resource") => string;
  readonly row: (row: string, index: number) => string;
  /** From the last row or the resource, with the tail, an object, to the end. */
  readonly close: (tail: string, kind: "rows" | "resource") => string;
}

const inner = (object: string): string => object.slice(1, -1);

const frames: Readonly<Record<Format, Frame>> = {
  json: {
    open: (head, kind) => `{${inner(head)},"${kind}":${kind === "rows" ? "[" : ""}`,
    row: (row, index) => (index === 0 ? row : `,${row}`),
    close: (tail, kind) => `${kind === "rows" ? "]" : ""},${inner(tail)}}`,
  },
  // A line for the head, one for each row, one for the tail: whoever has no tail does not have the whole answer.
  ndjson: {
    open: (head, kind) => `{"answer":${head}}\n${kind === "rows" ? "" : '{"resource":'}`,
    row: (row) => `{"row":${row}}\n`,
    close: (tail, kind) => `${kind === "rows" ? "" : "}\n"}{"end":${tail}}\n`,
  },
};

/** The text of an answer, piece by piece, as it comes; `count` is told of each row. */
export async function* answerText(
  asked: Asked,
  tenant: string,
  answer: Answer,
  sources: Pick<Sources, "store">,
  format: Format,
  count: (rows: number) => void = () => {},
): AsyncGenerator<string> {
  const frame = frames[format];
  const { content } = answer;
  const kind = "rows" in content ? "rows" : "resource";
  yield frame.open(JSON.stringify(await headOf(asked, tenant, answer, sources)), kind);
  let rows = 0;
  let next: string | undefined;
  if ("rows" in content) {
    for await (const row of content.rows) {
      yield frame.row(JSON.stringify(row), rows);
      rows += 1;
      count(1);
    }
    next = content.next();
  } else {
    yield* content.resource;
    rows = 1;
    count(1);
  }
  yield frame.close(JSON.stringify({ count: rows, ...(next === undefined ? {} : { next }) }), kind);
}

async function headOf(
  { question, parameters }: Asked,
  tenant: string,
  answer: Answer,
  { store }: Pick<Sources, "store">,
) {
  const { asOf, window, position, through, subject } = answer;
  return {
    question: question.id,
    parameters,
    tenant,
    ...(asOf === undefined ? {} : { asOf: formatInstant(asOf) }),
    ...(window === undefined ? {} : { window: { from: instantOrNull(window.from), to: instantOrNull(window.to) } }),
    position,
    effectiveAt: position === START ? null : formatInstant(await store.effectiveAt(position)),
    completeness: { through, behind: 0 },
    ...(subject === undefined ? {} : { subject }),
  };
}

const instantOrNull = (instant: number | undefined): string | null =>
  instant === undefined ? null : formatInstant(instant);
