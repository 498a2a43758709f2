// A request that reads audit data: answered under inspection, and told when to come back where it cannot be.
import type { Inspections, Tally, Underway } from "../../audit/answers/inspections.ts";
import { ScimError } from "../../scim/errors.ts";
import type { Exchange } from "../exchange.ts";
import { Refusal, retryLater } from "../refusal.ts";

const TRY_AGAIN_AFTER = 5;

/** `answer` resolves when the last byte has left. 503 with Retry-After where the reading cannot be recorded, or the data is behind. */
export async function inspecting(
  exchange: Exchange,
  inspections: Inspections,
  question: string,
  parameters: Readonly<Record<string, string>>,
  answer: (tally: Tally, underway: Underway) => Promise<void>,
): Promise<void> {
  const { tenant, actor, profile } = exchange.admitted;
  const { requestId, rules } = exchange;
  await exchange.recognising;
  const client = exchange.client === undefined ? {} : { client: exchange.client };
  const reading = rules.length === 0 ? {} : { profile, rules };
  try {
    await inspections.hold({ tenant, actor, requestId, ...client, ...reading, question, parameters }, answer);
  } catch (error) {
    const isLater = error instanceof ScimError && error.status === 503 && !(error instanceof Refusal);
    throw isLater ? retryLater(error.message, TRY_AGAIN_AFTER) : error;
  }
}
