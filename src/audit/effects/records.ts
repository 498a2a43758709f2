// Events of attempts, inspections and assertions: found by their place, read from the log.
import type { DomainEvent } from "../../domain/event.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import type { Position } from "../../eventlog/event-log.ts";
import { factsOf } from "../../eventlog/facts.ts";
import type { RecordKind } from "../../readstore/walks.ts";
import type { Stretch } from "../answers/window.ts";
import type { Sources } from "../sources.ts";
import { remembering } from "./clients.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";

export interface Recorded<E extends DomainEvent = DomainEvent> {
  readonly position: Position;
  readonly event: E;
  readonly evidence: Evidence;
}

const AT_ONCE = 500;

/** `E` is what streams of the kind hold. */
export async function* recordsIn<E extends DomainEvent>(
  sources: Sources,
  tenant: string,
  kind: RecordKind,
  { after, until }: Stretch,
): AsyncGenerator<Recorded<E>> {
  const clientOf = remembering(sources.clientOf);
  for (let last: Position = after; ; ) {
    const places = await sources.store.recordsOf(tenant, kind, last, until, AT_ONCE);
    for (const recorded of await sources.log.readAt(places)) {
      const time = await sources.store.effectiveAt(recorded.position);
      const evidence = await evidenceOf(readEnvelope(recorded), recorded.position, time, clientOf);
      // One by one: whoever has seen enough opens no more of them.
      const [fact] = await factsOf([recorded], sources.findKey);
      yield { position: recorded.position, event: fact!.event as E, evidence };
    }
    if (places.length < AT_ONCE) return;
    last = places.at(-1)!;
  }
}
