// Who read audit data is itself part of the history: it is durable before the first byte leaves.
import { randomUUID } from "node:crypto";
import type { DomainEvent } from "../../domain/event.ts";
import { InspectionBegun, InspectionEnded, KeysDisclosed, MOST_DISCLOSED } from "../../domain/record-events.ts";
import type { Actor } from "../../eventlog/provisioning.ts";
import { ScimError } from "../../scim/errors.ts";

/** Where inspections are written down; resolves once they are durable. */
export interface InspectionRecorder {
  record(
    tenant: string,
    kind: "inspection",
    recordings: readonly {
      readonly event: DomainEvent;
      readonly actor: Actor;
      readonly requestId: string;
      readonly client?: string;
    }[],
  ): Promise<void>;
}

/** Who asks what. */
export interface Inspection {
  readonly tenant: string;
  readonly actor: Actor;
  readonly requestId: string;
  readonly client?: string;
  /** How a SCIM read's filter was read, where it took normalisation rules. */
  readonly profile?: string;
  readonly rules?: readonly string[];
  /** Id of an audit question, or what a SCIM read as of an instant is. */
  readonly question: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What has left so far; whoever answers keeps count. */
export interface Tally {
  rows: number;
  bytes: number;
}

/** An inspection that is under way. */
export interface Underway {
  readonly id: string;
  /** Records that the keys of these events leave, by their ids; nothing of them may leave before it resolves. 503 where it cannot. */
  disclose(events: readonly string[]): Promise<void>;
}

/**
 * Answers under inspection: `answer` runs once the beginning is durable, and resolves when the last byte has left. What it
 * throws is passed on; a ScimError is an answer too. 503, and no answer, where the beginning cannot be recorded.
 */
export async function inspected<T>(
  recorder: InspectionRecorder,
  inspection: Inspection,
  answer: (tally: Tally, underway: Underway) => Promise<T>,
): Promise<T> {
  const { tenant, question, parameters, ...caller } = inspection;
  const id = randomUUID();
  const record = (event: DomainEvent) => recorder.record(tenant, "inspection", [{ event, ...caller }]);
  await record(InspectionBegun({ inspection: id, question }, { parameters: { ...parameters } })).catch(refuse);
  const tally: Tally = { rows: 0, bytes: 0 };
  const end = (outcome: "complete" | "aborted") => record(InspectionEnded({ inspection: id, ...tally, outcome }));
  const disclose = async (events: readonly string[]) => {
    for (let start = 0; start < events.length; start += MOST_DISCLOSED)
      await record(KeysDisclosed({ inspection: id, events: events.slice(start, start + MOST_DISCLOSED) })).catch(
        refuse,
      );
  };
  let result: T;
  try {
    result = await answer(tally, { id, disclose });
  } catch (error) {
    // Where this end cannot be recorded either, what broke the answer says more.
    await end(error instanceof ScimError ? "complete" : "aborted").catch(() => {});
    throw error;
  }
  await end("complete");
  return result;
}

/** Inspections of a running service, which ends only after the last word of each. */
export class Inspections {
  readonly #recorder: InspectionRecorder;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(recorder: InspectionRecorder) {
    this.#recorder = recorder;
  }

  /** See `inspected`. */
  async hold<T>(inspection: Inspection, answer: (tally: Tally, underway: Underway) => Promise<T>): Promise<T> {
    const run = inspected(this.#recorder, inspection, answer);
    this.#underWay.add(run);
    try {
      return await run;
    } finally {
      this.#underWay.delete(run);
    }
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}

function refuse(cause: unknown): never {
  const refusal = new ScimError(
    503,
    undefined,
    "audit data is not read unless the reading is recorded, and it cannot be recorded now",
  );
  throw Object.assign(refusal, { cause });
}
