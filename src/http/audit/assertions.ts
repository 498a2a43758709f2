// POST /audit/v1/assertions: what others assert, with its source, all of a request or nothing.
import { z } from "zod";
import type { Recorder } from "../../access/recorder.ts";
import { NOT_AN_INSTANT, parseInstant } from "../../audit/answers/instant.ts";
import type { Sources } from "../../audit/sources.ts";
import { ApprovalAsserted, DateAsserted } from "../../domain/assertion-events.ts";
import type { DomainEvent } from "../../domain/event.ts";
import { invalidValue } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import { checked } from "../admin/fields.ts";
import { type BodyLimits, readJson } from "../body.ts";
import { eventInstant } from "../event-instant.ts";
import type { Exchange } from "../exchange.ts";
import type { Route } from "../route.ts";

/** Assertions in one request: one append. */
const MOST_ASSERTIONS = 1_000;
const LONGEST_TEXT = 200;

const text = z
  .string()
  .trim()
  .min(1)
  .max(LONGEST_TEXT)
  .refine((value) => value.isWellFormed(), "must be Unicode text");
/** A date without an offset is a different instant in every office; null takes back what was asserted. */
const at = eventInstant(parseInstant, {
  otherwise: NOT_AN_INSTANT,
  without: "null says that there is no such date",
}).nullable();

const assertion = z.union(
  [z.strictObject({ user: text, kind: z.enum(["joins", "leaves"]), at }), z.strictObject({ approval: text, at })],
  {
    error:
      "must be {user, kind: joins or leaves, at} or {approval, at}; at is an RFC 3339 instant with its offset, or null",
  },
);
const assertionsBody = z.strictObject({
  source: text,
  assertions: z.array(assertion).min(1).max(MOST_ASSERTIONS),
});
type Body = z.output<typeof assertionsBody>;

export interface AssertionOptions {
  readonly sources: Pick<Sources, "store">;
  readonly recorder: Pick<Recorder, "record">;
  readonly bodies: BodyLimits;
}

export const assertionRoute = (path: string, options: AssertionOptions): Route => ({
  method: "POST",
  path,
  scope: "audit:assert",
  writes: "Assertion",
  handle: (exchange) => assert(exchange, options),
});

/** Answers once the assertions are durable. */
async function assert(exchange: Exchange, { sources, recorder, bodies }: AssertionOptions): Promise<void> {
  const body = checked(assertionsBody, await readJson(exchange.request, bodies));
  const { tenant, actor, requestId, client } = exchange.context();
  await refuseUnknown(sources, tenant, body);
  const caller = { actor, requestId, ...(client === undefined ? {} : { client }) };
  await recorder.record(
    tenant,
    "assertion",
    eventsOf(body).map((event) => ({ event, ...caller })),
  );
  exchange.answer(201, JSON.stringify({ source: body.source, recorded: body.assertions.length }));
}

async function refuseUnknown({ store }: AssertionOptions["sources"], tenant: string, { assertions }: Body) {
  for (const [index, one] of assertions.entries())
    if ("user" in one && (await store.lifetime(tenant, one.user))?.type !== "User")
      throw invalidValue(`assertions.${index}.user: there never was a User with id ${quote(one.user)}`);
}

const eventsOf = ({ source, assertions }: Body): readonly DomainEvent[] =>
  assertions.map((one) =>
    "user" in one
      ? DateAsserted({ user: one.user, kind: one.kind, at: one.at, source })
      : ApprovalAsserted({ approval: one.approval, at: one.at, source }),
  );
