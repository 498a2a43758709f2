// `?asOf=`: a SCIM read as of an instant is a question of audit. It needs the scope, it is written down before it is
// answered (DESIGN §10), and the answer names the position that the instant came to.
import type { Recorder } from "../../access/recorder.ts";
import { inspected } from "../../audit/inspections.ts";
import type { Position } from "../../eventlog/event-log.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import { parseDateTime } from "../../scim/date-time.ts";
import { invalidValue } from "../../scim/errors.ts";
import type { Exchange } from "../exchange.ts";
import { requireScope } from "../gate.ts";

/** Names the position that an answer is of. */
export const POSITION_HEADER = "SCIM-Ledger-Position";

export interface Past {
  readonly position: Position;
  readonly headers: readonly string[];
}

export interface AsOfOptions {
  readonly readStore: ReadStore;
  readonly recorder: Recorder;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** The instant of a request, in microseconds; undefined if it is about now. 400 for no instant and for the future, 403. */
function instantOf(exchange: Exchange, clock: () => number): number | undefined {
  const asOf = exchange.parameter("asOf");
  if (asOf === undefined) return undefined;
  requireScope(exchange.admitted, "audit:read");
  const instant = hasOffset(asOf) ? parseDateTime(asOf) : undefined;
  if (instant === undefined)
    throw invalidValue("asOf must be an RFC 3339 date and time with its offset, such as 2025-01-31T12:00:00Z.");
  if (instant > clock() * 1_000 + 999) throw invalidValue("asOf is in the future, which is not known yet.");
  return instant;
}

/** RFC 3339 asks for the offset that xsd:dateTime can do without. */
const hasOffset = (text: string): boolean => text.endsWith("Z") || text.at(-6) === "+" || text.at(-6) === "-";

/** Answers a read, of now or of the past that it asks for. `answer` resolves with the number of resources that it sent. */
export async function answerAsOf(
  exchange: Exchange,
  { readStore, recorder, clock }: AsOfOptions,
  answer: (past: Past | undefined) => Promise<number>,
): Promise<void> {
  const instant = instantOf(exchange, clock);
  if (instant === undefined) {
    await answer(undefined);
    return;
  }
  const { tenant, actor } = exchange.admitted;
  const { requestId, route, request } = exchange;
  const path = (request.url as string).split("?", 1)[0] as string;
  const parameters = { ...Object.fromEntries(exchange.query), path };
  const inspection = { tenant, actor, requestId, question: `${route.method} ${route.path}`, parameters };
  await inspected(recorder, inspection, async (tally) => {
    const position = await readStore.positionAt(instant);
    tally.rows = await answer({ position, headers: [POSITION_HEADER, position] });
    tally.bytes = exchange.bytesSent;
  });
}
