// Where a credential was used from, as far as it can still be told: described by one event for each client.
import { z } from "zod";
import { MANY_CLIENTS } from "../../access/clients.ts";
import { DEFAULT_TENANT } from "../../access/tenant-name.ts";
import { ERASED } from "../../domain/event.ts";
import { ClientSeen } from "../../domain/record-events.ts";
import { type FindKey, type OpenedEvent, openEvents } from "../../eventlog/codec.ts";
import type { EventLog } from "../../eventlog/event-log.ts";
import { formatStreamName } from "../../eventlog/stream-name.ts";

/** `[erased]` once the credential's key is destroyed; null where it is not told: many clients, or a description that is missing. */
export const client = z.strictObject({
  id: z.string(),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
});
export type Client = z.output<typeof client>;

/** The client that an event of a tenant names. */
export type ClientOf = (tenant: string, id: string) => Promise<Client>;

/** Reads clients from the log. A tenant's events may have been caused by a credential of `default`, whose clients stand there. */
export function clientsFrom(log: Pick<EventLog, "read">, namespace: string, findKey: FindKey): ClientOf {
  return async (tenant, id) => {
    const unknown = { id, address: null, userAgent: null };
    if (id === MANY_CLIENTS) return unknown;
    for (const owner of new Set([tenant, DEFAULT_TENANT])) {
      const [seen] = await log.read(
        formatStreamName(namespace, { category: "client", tenant: owner, client: id }),
        -1,
        1,
      );
      if (seen === undefined) continue;
      const [{ personal }] = (await openEvents([seen], findKey)) as [OpenedEvent];
      if (personal === "erased") return { id, address: ERASED, userAgent: ERASED };
      return { id, ...ClientSeen.personal.parse(personal) };
    }
    return unknown;
  };
}

/** Looks each client up once. */
export function remembering(clientOf: ClientOf): ClientOf {
  const known = new Map<string, Promise<Client>>();
  return (tenant, id) => {
    const found = known.get(id) ?? clientOf(tenant, id);
    known.set(id, found);
    return found;
  };
}
