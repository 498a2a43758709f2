// Everything under `/audit/v1`: one route a question.
import { answerText, FORMATS, type Format } from "../../audit/answers/answer-text.ts";
import type { Inspections, Tally } from "../../audit/answers/inspections.ts";
import type { Asked, Question } from "../../audit/answers/question.ts";
import { questions } from "../../audit/questions.ts";
import type { Sources } from "../../audit/sources.ts";
import { invalidValue } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import type { BodyLimits } from "../body.ts";
import type { Exchange } from "../exchange.ts";
import { JSON_TYPE } from "../media-type.ts";
import type { Route } from "../route.ts";
import { type AssertionOptions, assertionRoute } from "./assertions.ts";
import { streamRoute } from "./event-stream.ts";
import { type EvidenceOptions, evidenceRoute } from "./evidence.ts";
import { inspecting } from "./inspecting.ts";
import { send } from "./stream.ts";

const AUDIT_PATH = "/audit/v1";
const NDJSON_TYPE = "application/x-ndjson";
const TYPES: Readonly<Record<Format, string>> = {
  json: JSON_TYPE,
  ndjson: NDJSON_TYPE,
  csv: "text/csv; charset=utf-8; header=present",
};

export interface AuditOptions {
  readonly sources: Sources;
  readonly inspections: Inspections;
  readonly recorder: AssertionOptions["recorder"];
  readonly bodies: BodyLimits;
  /** This program's version, as lines for other systems name it. */
  readonly version: string;
  readonly stopping?: AbortSignal;
  readonly evidence: EvidenceOptions["maker"];
}

export const auditRoutes = (options: AuditOptions): readonly Route[] => [
  ...questions.map(
    (question): Route => ({
      method: "GET",
      path: AUDIT_PATH + question.route,
      scope: "audit:read",
      handle: (exchange) => answer(exchange, question, options),
    }),
  ),
  evidenceRoute(`${AUDIT_PATH}/evidence/:question`, { maker: options.evidence, inspections: options.inspections }),
  streamRoute(`${AUDIT_PATH}/stream`, options),
  assertionRoute(`${AUDIT_PATH}/assertions`, options),
];

async function answer(exchange: Exchange, question: Question, { sources, inspections }: AuditOptions): Promise<void> {
  const { format: named, ...parameters } = parametersOf(exchange, question);
  const format = formatOf(exchange, named);
  const asked = question.read(parameters, sources.clock());
  await inspecting(exchange, inspections, question.id, asked.parameters, (tally) =>
    reply(exchange, asked, sources, format, tally),
  );
}

async function reply(exchange: Exchange, asked: Asked, sources: Sources, format: Format, tally: Tally): Promise<void> {
  const { tenant } = exchange.admitted;
  const found = await asked.answer(sources, tenant);
  const text = answerText(asked, tenant, found, sources, format, (rows) => {
    tally.rows += rows;
  });
  await send(exchange, TYPES[format], text, tally);
}

/** What the parameter says, or else the header `Accept`. */
function formatOf({ request }: Exchange, named: string | undefined): Format {
  if (named !== undefined) {
    const format = FORMATS.find((one) => one === named);
    if (format === undefined) throw invalidValue(`format: must be one of ${FORMATS.join(", ")}`);
    return format;
  }
  const accept = (request.headers.accept ?? "").toLowerCase();
  if (accept.includes(NDJSON_TYPE)) return "ndjson";
  return accept.includes("text/csv") ? "csv" : "json";
}

/** Those of the path and those of the URL, each once. */
function parametersOf(exchange: Exchange, { route }: Question): Readonly<Record<string, string>> {
  const parameters = new Map<string, string>();
  for (const part of route.split("/"))
    if (part.startsWith(":")) parameters.set(part.slice(1), exchange.param(part.slice(1)));
  if (!exchange.hasQuery) return Object.fromEntries(parameters);
  for (const [name, value] of exchange.query) {
    if (parameters.has(name)) throw invalidValue(`the parameter ${quote(name)} is given more than once`);
    parameters.set(name, value);
  }
  return Object.fromEntries(parameters);
}
