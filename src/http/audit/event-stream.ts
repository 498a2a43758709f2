// GET /audit/v1/stream: a tenant's events after a position, in the words of other systems; waits for the next one where asked.
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { isPosition } from "../../audit/answers/cursor.ts";
import type { Inspections } from "../../audit/answers/inspections.ts";
import { level } from "../../audit/answers/moment.ts";
import { linesAfter, STREAM_FORMATS, type StreamFormat } from "../../audit/formats/formats.ts";
import type { Sources } from "../../audit/sources.ts";
import { type Position, START } from "../../eventlog/event-log.ts";
import { invalidValue } from "../../scim/errors.ts";
import { checked } from "../admin/fields.ts";
import type { Exchange } from "../exchange.ts";
import { POSITION_HEADER } from "../position-header.ts";
import type { Route } from "../route.ts";
import { inspecting } from "./inspecting.ts";

/** Lines in one answer, but for the last event's own. */
const MOST_LINES = 10_000;
const LONGEST_WAIT = 30;
const LOOK_AGAIN_MS = 200;

const whole = (least: number, most: number) =>
  z.string().transform((text, context) => {
    const value = Number(text);
    if (String(value) === text && Number.isInteger(value) && value >= least && value <= most) return value;
    context.addIssue({ code: "custom", message: `must be a whole number from ${least} to ${most}` });
    return z.NEVER;
  });

/** Ten digits hold every number that IANA gives. */
const ENTERPRISE = /^[1-9][0-9]{0,9}$/u;

const streamParameters = z.strictObject({
  format: z.enum(STREAM_FORMATS).default("ocsf"),
  /** For structured data of syslog: the private enterprise number that it stands under. */
  enterprise: z.string().regex(ENTERPRISE, "must be an enterprise number: up to ten digits").optional(),
  /** The `SCIM-Ledger-Position` of the answer before; absent: from the first event. */
  after: z.string().refine(isPosition, "must be a position: 16 digits").optional(),
  limit: whole(1, MOST_LINES).default(1_000),
  /** Seconds to wait where there is nothing yet. */
  wait: whole(0, LONGEST_WAIT).default(0),
});

const TYPES: Readonly<Record<StreamFormat, string>> = {
  ocsf: "application/x-ndjson",
  ecs: "application/x-ndjson",
  syslog: "text/plain",
};

export interface StreamOptions {
  readonly sources: Sources;
  readonly inspections: Inspections;
  readonly version: string;
  /** Ends waiting, when the service stops. */
  readonly stopping?: AbortSignal;
}

export const streamRoute = (path: string, options: StreamOptions): Route => ({
  method: "GET",
  path,
  scope: "audit:read",
  handle: async (exchange) => {
    const names = [...exchange.query.keys()];
    const given = Object.fromEntries(names.map((name) => [name, exchange.parameter(name)!]));
    const parameters = checked(streamParameters, given);
    await inspecting(exchange, options.inspections, "stream", given, async (tally) => {
      const { lines, position } = await answer(exchange, parameters, options);
      const text = lines.map((line) => `${line}\n`).join("");
      exchange.send(200, TYPES[parameters.format], text, [POSITION_HEADER, position]);
      tally.rows = lines.length;
      tally.bytes = exchange.bytesSent;
      if (!exchange.response.writableFinished)
        await Promise.race([once(exchange.response, "finish"), once(exchange.response, "close")]);
    });
  },
});

async function answer(
  exchange: Exchange,
  { format, after = START, limit, wait, enterprise }: z.output<typeof streamParameters>,
  { sources, version, stopping }: StreamOptions,
) {
  const { tenant } = exchange.admitted;
  const deadline = performance.now() + wait * 1_000;
  let until = await level(sources);
  if (after > until)
    throw invalidValue(
      `after: position ${after} lies after the end of the log, ${until}: it is of another log, or this one was set back`,
    );
  for (let from = after as Position; ; ) {
    const found = await linesAfter(
      sources,
      tenant,
      { after: from, until },
      { format, most: limit, version, enterprise },
    );
    from = found.position;
    const isOver = performance.now() >= deadline || exchange.response.destroyed || stopping?.aborted === true;
    if (found.lines.length > 0 || isOver) return { lines: found.lines, position: from };
    await sleep(LOOK_AGAIN_MS);
    until = await sources.store.position();
  }
}
