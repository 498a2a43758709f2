// A domain event gets its place, its metadata and its id, and is sealed.
import type { DomainEvent } from "../domain/event.ts";
import type { DataKey } from "../vault/key-vault.ts";
import { sealEvent } from "./codec.ts";
import { derivedId } from "./event-id.ts";
import type { Revision, SealedEvent } from "./event-log.ts";
import type { CommandContext } from "./provisioning.ts";

/** Where and when an event is to stand. */
export interface Place {
  readonly stream: string;
  readonly revision: Revision;
  /** Microseconds since 1970 UTC. */
  readonly at: number;
  /** Names the event among those of its command and stream. */
  readonly name: string | number;
}

/** `key` seals the personal values, and is named by the event where it is given. */
export const sealed = (event: DomainEvent, place: Place, context: CommandContext, key?: DataKey): SealedEvent =>
  sealEvent({
    at: place.at,
    data: event.data as never,
    id: derivedId(context.commandId, `${place.stream}:${place.name}`),
    metadata: metadataOf(context),
    revision: place.revision,
    stream: place.stream,
    tenant: context.tenant,
    type: event.type,
    version: event.version,
    ...(event.personal === undefined ? {} : { personal: event.personal as never }),
    ...(key === undefined ? {} : { key }),
  });

/** In sorted order, so that writing it is one call. Flat strings, as every log and every later protocol takes them. */
export function metadataOf(context: CommandContext): Record<string, string> {
  const { actor, requestId, commandId, profile, rules, approval, traceparent, causationId, client } = context;
  const metadata: Record<string, string> = {
    $causationId: causationId ?? commandId,
    $correlationId: requestId,
    actor: actor.credential,
    actorKind: actor.kind,
    actorName: actor.name,
  };
  if (approval !== undefined) metadata["approval"] = approval;
  if (client !== undefined) metadata["client"] = client;
  metadata["commandId"] = commandId;
  if (profile !== undefined) metadata["profile"] = profile;
  if (rules !== undefined && rules.length > 0) metadata["rules"] = rules.join(" ");
  if (traceparent !== undefined) metadata["traceparent"] = traceparent;
  return metadata;
}
