// Does ahead, in another thread than the one that projects, what opening an event takes and what rests on the event alone:
// its personal values are decrypted and its leaf is hashed. That is a quarter of a projection.
import { type OpenKey, personalText } from "../eventlog/codec.ts";
import { type Envelope, readEnvelope } from "../eventlog/envelope.ts";
import type { RecordedEvent } from "../eventlog/event-log.ts";
import { parseStreamName, type StreamCategory } from "../eventlog/stream-name.ts";
import type { Hash } from "../ledger/hash.ts";
import { leafOf } from "./ledger/leaf-of.ts";

/** An event to be projected, with what was done of it ahead. Without `leaf` nothing was; with it the ciphertext is left out where it is not needed any more. */
export interface PreparedEvent extends RecordedEvent {
  readonly leaf?: Hash;
}

/** Streams whose events read models show with their values. */
const SHOWN: ReadonlySet<StreamCategory | undefined> = new Set(["user", "group", "resource", "tenant"]);

/** Never throws: what cannot be done of an event is left to whoever projects it, who then says why. */
export function prepareEvent(event: RecordedEvent, namespace: string, openKey: OpenKey): PreparedEvent {
  const category = parseStreamName(namespace, event.stream)?.category;
  if (category === "ledger") return event;
  try {
    const envelope = readEnvelope(event);
    const leaf = leafOf(event, envelope).hash;
    return { ...event, ...(SHOWN.has(category) ? opened(event, envelope, openKey) : { ciphertext: null }), leaf };
  } catch {
    return event;
  }
}

/** Where the key is destroyed, the event stays as it is. */
function opened(event: RecordedEvent, envelope: Envelope, openKey: OpenKey): Partial<RecordedEvent> {
  const personal = event.ciphertext === null ? undefined : personalText(event, envelope, openKey);
  return personal === undefined ? {} : { personal, ciphertext: null };
}
