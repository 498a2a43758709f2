// Events to append, sealed before the clock runs: a change of one attribute of one user each, as the service writes it.
import { randomBytes, randomUUID } from "node:crypto";
import { UserAttributesChanged } from "../../src/domain/events.ts";
import { sealEvent } from "../../src/eventlog/codec.ts";
import type { SealedEvent } from "../../src/eventlog/event-log.ts";
import { metadataOf } from "../../src/eventlog/sealing.ts";
import { userId } from "../data/identity.ts";

const ACTOR = { credential: "bench", name: "bench", kind: "provisioning" };

export const streamOf = (index: number): string => `scim.user-default:${userId(index)}`;

/** One event a stream, for streams 0 to `count` - 1. */
export const sealedEvents = (count: number): readonly SealedEvent[] =>
  Array.from({ length: count }, (_, index) => {
    const commandId = randomUUID();
    const change = { path: "title", before: "Engineer", after: `Engineer ${index}` };
    const { type, version, data } = UserAttributesChanged(
      { paths: ["title"], cleared: [], granted: [], revoked: [] },
      { changes: [change] },
    );
    return sealEvent({
      at: Date.now() * 1_000,
      data: data as never,
      id: commandId,
      metadata: metadataOf({ tenant: "default", actor: ACTOR, requestId: commandId, commandId }),
      revision: 0,
      stream: streamOf(index),
      tenant: "default",
      type,
      version,
      personal: { changes: [change] },
      key: { id: randomUUID(), secret: randomBytes(32) },
    });
  });
