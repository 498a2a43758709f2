// `?asOf=`: a SCIM read as of an instant is a question of audit. It needs the scope, it is written down before it is
// answered, and the answer names the position that the instant came to.
import type { Inspections } from "../../audit/answers/inspections.ts";
import { readInstant } from "../../audit/answers/instant.ts";
import { level, positionAt } from "../../audit/answers/moment.ts";
import type { Moments } from "../../audit/sources.ts";
import type { Position } from "../../eventlog/event-log.ts";
import { inspecting } from "../audit/inspecting.ts";
import type { Exchange } from "../exchange.ts";
import { requireScope } from "../gate.ts";
import { POSITION_HEADER } from "../position-header.ts";

export interface Past {
  readonly position: Position;
  readonly headers: readonly string[];
}

export interface AsOfOptions {
  readonly moments: Moments;
  readonly inspections: Inspections;
}

/**
 * Answers a read, of now or of the past that it asks for. `asked`: what the request asks beside its URL. `answer` resolves
 * with the number of resources that it sent. 400 for no instant and for the future, 403, 503.
 */
export async function answerAsOf(
  exchange: Exchange,
  { moments, inspections }: AsOfOptions,
  asked: Readonly<Record<string, string>>,
  answer: (past: Past | undefined) => Promise<number>,
): Promise<void> {
  const asOf = exchange.parameter("asOf");
  if (asOf === undefined) {
    await answer(undefined);
    return;
  }
  requireScope(exchange.admitted, "audit:read");
  const instant = readInstant("asOf", asOf, moments.clock());
  const { route, request, query } = exchange;
  const path = (request.url as string).split("?", 1)[0] as string;
  const parameters = { ...asked, ...Object.fromEntries(query), path, ...exchange.bound };
  await inspecting(exchange, inspections, `${route.method} ${route.path}`, parameters, async (tally) => {
    const position = await positionAt(moments, await level(moments), instant);
    tally.rows = await answer({ position, headers: [POSITION_HEADER, position] });
    tally.bytes = exchange.bytesSent;
  });
}
