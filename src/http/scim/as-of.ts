// `?asOf=`: a SCIM read as of an instant is a question of audit. It needs the scope, it is written down before it is
// answered (DESIGN §10), and the answer names the position that the instant came to.
import { randomUUID } from "node:crypto";
import type { Recorder } from "../../access/recorder.ts";
import type { DomainEvent } from "../../domain/event.ts";
import { InspectionBegun, InspectionEnded } from "../../domain/events.ts";
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
  /** To be called when the answer has ended, however it did. */
  readonly ended: (rows: number, outcome: "complete" | "aborted") => void;
}

export interface AsOfOptions {
  readonly readStore: ReadStore;
  readonly recorder: Recorder;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly onFailure: (error: unknown) => void;
}

/** The instant of a request, in microseconds; undefined if it is about now. 400 for no instant and for the future, 403. */
function instantOf(exchange: Exchange, clock: () => number): number | undefined {
  const asOf = exchange.parameter("asOf");
  if (asOf === undefined) return undefined;
  requireScope(exchange.admitted, "audit:read");
  const instant = parseDateTime(asOf);
  if (instant === undefined || !hasZone(asOf))
    throw invalidValue("asOf must be an RFC 3339 date and time with its offset, such as 2025-01-31T12:00:00Z.");
  if (instant > clock() * 1_000 + 999) throw invalidValue("asOf is in the future, which is not known yet.");
  return instant;
}

const hasZone = (text: string): boolean =>
  text.endsWith("Z") || (text[text.length - 3] === ":" && "+-".includes(text[text.length - 6] as string));

/** The past that a request asks about; undefined if it asks about now. `question` is the route, in clear. */
export async function pastOf(exchange: Exchange, options: AsOfOptions): Promise<Past | undefined> {
  if (!exchange.hasQuery) return undefined;
  const instant = instantOf(exchange, options.clock);
  if (instant === undefined) return undefined;
  const { tenant, actor } = exchange.admitted;
  const { requestId, route } = exchange;
  const inspection = randomUUID();
  const record = (event: DomainEvent) => options.recorder.record(tenant, "inspection", [{ event, actor, requestId }]);
  const parameters = {
    ...Object.fromEntries(exchange.query),
    path: (exchange.request.url as string).split("?")[0] as string,
  };
  await record(InspectionBegun({ inspection, question: `${route.method} ${route.path}` }, { parameters }));
  const position = await options.readStore.positionAt(instant);
  return {
    position,
    headers: [POSITION_HEADER, position],
    ended: (rows, outcome) => {
      const bytes = exchange.bytesSent;
      record(InspectionEnded({ inspection, rows, bytes, outcome })).catch(options.onFailure);
    },
  };
}

/** Answers about a past: whatever `answer` returns is the number of rows. */
export async function inspected(past: Past | undefined, answer: () => Promise<number>): Promise<void> {
  try {
    const rows = await answer();
    past?.ended(rows, "complete");
  } catch (error) {
    past?.ended(0, "aborted");
    throw error;
  }
}
