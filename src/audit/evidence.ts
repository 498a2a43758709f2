// Which event did it, when, and through which credential: what stands behind every fact of an answer.
import { z } from "zod";
import { type Envelope, readEnvelope } from "../eventlog/envelope.ts";
import type { Position } from "../eventlog/event-log.ts";
import { type Client, type ClientOf, client, remembering } from "./clients.ts";
import { formatInstant } from "./instant.ts";
import type { Sources } from "./sources.ts";

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

/** The evidence of each of these positions. */
export async function evidenceAt(
  { store, log, clientOf }: Sources,
  positions: Iterable<Position>,
): Promise<ReadonlyMap<Position, Evidence>> {
  const sorted = [...new Set(positions)].sort();
  const [recorded, activity] = await Promise.all([log.readAt(sorted), store.activityAt(sorted)]);
  const times = new Map(activity.map(({ position, effectiveAt }) => [position, effectiveAt]));
  const lookUp = remembering(clientOf);
  const found = new Map<Position, Evidence>();
  for (const event of recorded) {
    const envelope = readEnvelope(event);
    const { id, type, at } = envelope;
    const time = formatInstant(times.get(event.position) ?? at);
    found.set(event.position, {
      position: event.position,
      time,
      event: id,
      type,
      actor: actorOf(envelope),
      ...(await clientNamed(envelope, lookUp)),
      requestId: requestOf(envelope),
    });
  }
  return found;
}
