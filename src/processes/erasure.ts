// What the log says of a person's erasure: read from the person's own stream, so that every question about it has one answer.
import { setImmediate as nextTurn } from "node:timers/promises";
import { UserErased, UserErasureCompleted } from "../domain/events.ts";
import type { ErasureOutcome } from "../domain/user.ts";
import { type Envelope, readEnvelope } from "../eventlog/envelope.ts";
import type { EventLog, RecordedEvent } from "../eventlog/event-log.ts";
import type { Actor } from "../eventlog/provisioning.ts";

/** An erasure that the log has; what is not there yet is undefined. */
export interface Erasure {
  readonly tenant: string;
  readonly id: string;
  /** Ids of the data keys that are to be destroyed, or were. */
  readonly keys: readonly string[];
  readonly actor: Actor;
  readonly requestId: string;
  readonly reason?: string;
  readonly approval?: string;
  /** Microseconds. */
  readonly erasedAt: number;
  readonly completedAt?: number;
  readonly outcome?: ErasureOutcome;
}

/** A person's stream, counted. */
export interface PersonStream {
  readonly erasure: Erasure | undefined;
  readonly events: number;
  /** Those of them with values that only the person's key opens. */
  readonly sealedEvents: number;
  /** Unique values that the person ever claimed. */
  readonly claims: number;
}

const PAGE = 1_000;

/** Reads a person's stream, without opening anything. A stream that is missing has no events. */
export async function personStream(log: Pick<EventLog, "read">, stream: string, id: string): Promise<PersonStream> {
  const claims = new Set<string>();
  let sealedEvents = 0;
  let events = 0;
  let erasure: Erasure | undefined;
  for (let revision = -1; ; ) {
    const page = await log.read(stream, revision, PAGE);
    for (const recorded of page) {
      const envelope = readEnvelope(recorded);
      for (const claim of claimsIn(envelope)) claims.add(claim);
      if (recorded.ciphertext !== null) sealedEvents += 1;
      if (recorded.type !== UserErasureCompleted.type) events += 1;
      erasure = follow(erasure, recorded, envelope, id);
    }
    if (page.length < PAGE) return { erasure, events, sealedEvents, claims: claims.size };
    revision = page.at(-1)!.revision;
    await nextTurn();
  }
}

const claimsIn = ({ data }: Envelope): readonly string[] =>
  Object.values((data as { readonly claims?: Readonly<Record<string, string>> }).claims ?? {});

/** The first of each kind counts: whoever erased first is answered for ever. */
function follow(before: Erasure | undefined, { type }: RecordedEvent, envelope: Envelope, id: string) {
  if (type === UserErased.type && before === undefined) return begun(envelope, id);
  if (type !== UserErasureCompleted.type || before === undefined || before.outcome !== undefined) return before;
  return { ...before, completedAt: envelope.at, outcome: UserErasureCompleted.data.parse(envelope.data) };
}

function begun({ tenant, at, data, metadata }: Envelope, id: string): Erasure {
  const { keys, reason } = UserErased.data.parse(data);
  const { actor = "", actorName = "", actorKind = "", approval, $correlationId = "" } = metadata;
  return {
    tenant,
    id,
    keys,
    actor: { credential: actor, name: actorName, kind: actorKind },
    requestId: $correlationId,
    ...(reason === undefined ? {} : { reason }),
    ...(approval === undefined ? {} : { approval }),
    erasedAt: at,
  };
}
