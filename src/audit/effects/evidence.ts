// Which event did it, when, and through which credential: what stands behind every fact of an answer.
import { z } from "zod";
import { type Envelope, readEnvelope } from "../../eventlog/envelope.ts";
import type { Position } from "../../eventlog/event-log.ts";
import type { Activity } from "../../readstore/read-store.ts";
import { formatInstant } from "../answers/instant.ts";
import type { Sources } from "../sources.ts";
import { type Client, type ClientOf, client, remembering } from "./clients.ts";

export const actor = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  /** How the credential's requests were read. */
  profile: z.string().optional(),
});

export const evidence = z.strictObject({
  position: z.string(),
  /** Effective time, by which instants are resolved. */
  time: z.string(),
  event: z.string(),
  type: z.string(),
  actor,
  /** Absent where no request stands behind the event, or its client could not be described. */
  client: client.optional(),
  requestId: z.string(),
});
export type Evidence = z.output<typeof evidence>;

export const actorOf = ({ metadata }: Envelope): z.output<typeof actor> => ({
  id: metadata["actor"] ?? "",
  name: metadata["actorName"] ?? "",
  kind: metadata["actorKind"] ?? "",
  ...(metadata["profile"] === undefined ? {} : { profile: metadata["profile"] }),
});

export const requestOf = ({ metadata }: Envelope): string => metadata["$correlationId"] ?? "";

/** The member `client` of an event that names one. */
export async function clientNamed({ tenant, metadata }: Envelope, clientOf: ClientOf): Promise<{ client?: Client }> {
  const id = metadata["client"];
  return id === undefined ? {} : { client: await clientOf(tenant, id) };
}

/** Evidence, and all that the event says of how it came about. */
export const provenance = evidence.extend({
  commandId: z.string(),
  profile: z.string().optional(),
  rules: z.array(z.string()),
  /** The reference of an approval, where the caller sent one. */
  approval: z.string().optional(),
});
export type Provenance = z.output<typeof provenance>;

/** The evidence of each of these positions: from the read models, and from the log where they show no event. */
export async function evidenceAt(
  sources: Sources,
  positions: Iterable<Position>,
): Promise<ReadonlyMap<Position, Evidence>> {
  const asked = [...new Set(positions)].sort();
  const found = new Map<Position, Evidence>();
  const lookUp = remembering(sources.clientOf);
  for (let start = 0; start < asked.length; start += AT_ONCE) {
    const batch = asked.slice(start, start + AT_ONCE);
    const activities = await sources.store.activityAt(batch);
    for (const activity of activities) found.set(activity.position, await evidenceIn(activity, lookUp));
    if (activities.length === batch.length) continue;
    for (const event of await sources.log.readAt(batch.filter((position) => !found.has(position)))) {
      const envelope = readEnvelope(event);
      found.set(event.position, await evidenceOf(envelope, event.position, envelope.at, lookUp));
    }
  }
  return found;
}

const AT_ONCE = 500;

/** The evidence that a row of activity gives. */
export async function evidenceIn(activity: Activity, clientOf: ClientOf): Promise<Evidence> {
  const { position, effectiveAt, eventId, eventType, actor: of, client: used, requestId } = activity;
  const { name, kind, profile } = activity.credential;
  return {
    position,
    time: formatInstant(effectiveAt),
    event: eventId,
    type: eventType,
    actor: { id: of, name, kind, ...(profile === undefined ? {} : { profile }) },
    ...(used === undefined ? {} : { client: await clientOf(activity.tenant, used) }),
    requestId,
  };
}

/** The same, with provenance, which the log alone has. */
export const provenanceAt = (
  sources: Sources,
  positions: Iterable<Position>,
): Promise<ReadonlyMap<Position, Provenance>> => at(sources, positions, provenanceOf);

export function provenanceOf({ metadata }: Envelope, found: Evidence): Provenance {
  const { commandId = "", profile, rules, approval } = metadata;
  return {
    ...found,
    commandId,
    ...(profile === undefined ? {} : { profile }),
    rules: rules?.split(" ") ?? [],
    ...(approval === undefined ? {} : { approval }),
  };
}

/** What stands behind an event at a position with an effective time. */
export async function evidenceOf(
  envelope: Envelope,
  position: Position,
  effectiveAt: number,
  clientOf: ClientOf,
): Promise<Evidence> {
  return {
    position,
    time: formatInstant(effectiveAt),
    event: envelope.id,
    type: envelope.type,
    actor: actorOf(envelope),
    ...(await clientNamed(envelope, clientOf)),
    requestId: requestOf(envelope),
  };
}

async function at<T>(
  { store, log, clientOf }: Sources,
  positions: Iterable<Position>,
  make: (envelope: Envelope, found: Evidence) => T,
): Promise<ReadonlyMap<Position, T>> {
  const sorted = [...new Set(positions)].sort();
  const [recorded, activity] = await Promise.all([log.readAt(sorted), store.activityAt(sorted)]);
  const times = new Map(activity.map(({ position, effectiveAt }) => [position, effectiveAt]));
  const lookUp = remembering(clientOf);
  const found = new Map<Position, T>();
  for (const event of recorded) {
    const envelope = readEnvelope(event);
    const time = times.get(event.position) ?? envelope.at;
    found.set(event.position, make(envelope, await evidenceOf(envelope, event.position, time, lookUp)));
  }
  return found;
}
