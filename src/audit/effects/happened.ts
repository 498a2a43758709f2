// Events with what took effect at their place: mostly themselves; nothing for a part of a change too large for one append; all
// parts for its completion.
import { setImmediate as turn } from "node:timers/promises";
import type { DomainEvent } from "../../domain/event.ts";
import type { GroupEvent, ResourceEvent, UserEvent } from "../../domain/events.ts";
import { type Envelope, readEnvelope } from "../../eventlog/envelope.ts";
import type { Position, RecordedEvent } from "../../eventlog/event-log.ts";
import { factsOf } from "../../eventlog/facts.ts";
import type { Activity } from "../../readstore/read-store.ts";
import type { TenantStretch } from "../../readstore/walks.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import type { Sources } from "../sources.ts";
import { type Told, tell } from "./changes.ts";
import { remembering } from "./clients.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";

export interface Happened {
  readonly activity: Activity;
  readonly envelope: Envelope;
  /** The event itself, opened. */
  readonly event: DomainEvent;
  readonly effects: readonly DomainEvent[];
  readonly evidence: Evidence;
  /** Of the resource, as the tenant last defined it; undefined for the tenant's own events. */
  readonly type: ResourceType | undefined;
}

const AT_ONCE = 500;
/** Opening an event takes longer than finding it. */
const OPENED_AT_ONCE = 50;

/** For whoever needs no value of a person: nothing is decrypted, and every value reads as erased. */
export const withoutPersonal = (sources: Sources): Sources => ({ ...sources, findKey: () => undefined });

/** A tenant's events in order, whole streams or those of one actor. */
export async function* happenedIn(
  sources: Sources,
  tenant: string,
  stretch: Omit<TenantStretch, "limit">,
  asked: (activity: Activity) => boolean = () => true,
): AsyncGenerator<Happened> {
  for await (const batch of activityIn(sources, tenant, stretch)) {
    const all = batch.filter(asked);
    for (let start = 0; start < all.length; start += OPENED_AT_ONCE) {
      if (start > 0) await turn();
      yield* await happened(sources, all.slice(start, start + OPENED_AT_ONCE));
    }
  }
}

/** The same without opening events, batch by batch. */
export async function* activityIn(
  { store }: Pick<Sources, "store">,
  tenant: string,
  stretch: Omit<TenantStretch, "limit">,
): AsyncGenerator<readonly Activity[]> {
  const { resourceType, ...walked } = stretch;
  // A tenant's own are one stream. Those of other types are picked here: where there are few, one read would go through all.
  const read = resourceType === "Tenant" ? stretch : walked;
  for (let after: Position = stretch.after; ; ) {
    const batch = await store.activityIn(tenant, { ...read, after, limit: AT_ONCE });
    const asked = resourceType === undefined ? batch : batch.filter((one) => one.resourceType === resourceType);
    if (asked.length > 0) yield asked;
    if (batch.length < AT_ONCE) return;
    after = batch.at(-1)!.position;
    // Embedded stores answer at once: whoever else waits has a turn after each batch.
    await turn();
  }
}

/** What an effect says of its resource; nothing, of the tenant's own events. */
export const toldBy = (event: DomainEvent, type: ResourceType | undefined): Told =>
  type === undefined ? { changes: [] } : tell(event as UserEvent | GroupEvent | ResourceEvent, type);

/** What happened at each of these places. */
export async function happened(sources: Sources, activities: readonly Activity[]): Promise<readonly Happened[]> {
  if (activities.length === 0) return [];
  const recorded = await sources.log.readAt(activities.map(({ position }) => position));
  const facts = await factsOf(recorded, sources.findKey);
  const clientOf = remembering(sources.clientOf);
  const found: Happened[] = [];
  for (const [index, activity] of activities.entries()) {
    const { event } = facts[index]!;
    const envelope = readEnvelope(recorded[index]!);
    const effects = await effectsOf(sources, recorded[index]!, event);
    const evidence = await evidenceOf(envelope, activity.position, activity.effectiveAt, clientOf);
    const type = sources.types.typesOf(envelope.tenant).ever(activity.resourceType);
    found.push({ activity, envelope, event, effects, evidence, type });
  }
  return found;
}

const changeIn = (data: unknown): string | undefined =>
  (data as { readonly change?: string } | null | undefined)?.change;

async function effectsOf(
  sources: Sources,
  recorded: RecordedEvent,
  event: DomainEvent,
): Promise<readonly DomainEvent[]> {
  const change = changeIn(event.data);
  if (change === undefined) return [event];
  return event.type === "GroupChangeCompleted" ? partsBefore(sources, recorded, change) : [];
}

const PARTS_AT_ONCE = 200;

/** The parts that a completion brings into effect; none where another event came in between. */
async function partsBefore(
  sources: Sources,
  { stream, revision }: RecordedEvent,
  change: string,
): Promise<readonly DomainEvent[]> {
  const parts: RecordedEvent[] = [];
  for (let end = revision - 1; end >= 0; end -= PARTS_AT_ONCE) {
    const start = Math.max(0, end - PARTS_AT_ONCE + 1);
    const batch = await sources.log.read(stream, start - 1, end - start + 1);
    for (const recorded of batch.toReversed()) {
      if (changeIn(readEnvelope(recorded).data) !== change) return [];
      if (recorded.type === "GroupChangeBegun")
        return (await factsOf(parts.reverse(), sources.findKey)).map(({ event }) => event);
      parts.push(recorded);
    }
  }
  return [];
}
