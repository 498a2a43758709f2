// Prepared events on their way to another thread, as three flat lists: the structured clone of an object an event costs
// several times as much.
import { identify } from "../eventlog/envelope.ts";
import { ordinalOf, positionOf } from "../eventlog/event-log.ts";
import { HASH_BYTES } from "../ledger/hash.ts";
import type { PreparedEvent } from "../projections/preparing.ts";

export interface PackedEvents {
  /** An event: ordinal, revision, bytes of ciphertext (-1: null), has personal, has leaf. */
  readonly shape: readonly number[];
  /** An event: envelope, personal where it has one. */
  readonly texts: readonly string[];
  /** Ciphertexts and leaves, end to end; memory of its own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function packEvents(events: readonly PreparedEvent[]): PackedEvents {
  const shape: number[] = [];
  const texts: string[] = [];
  const bytes = new Uint8Array(events.reduce((sum, event) => sum + bytesOf(event), 0));
  let at = 0;
  for (const { position, revision, envelope, ciphertext, personal, leaf } of events) {
    const [hasPersonal, hasLeaf] = [personal === undefined ? 0 : 1, leaf === undefined ? 0 : 1];
    shape.push(ordinalOf(position), revision, ciphertext?.length ?? -1, hasPersonal, hasLeaf);
    texts.push(envelope);
    if (personal !== undefined) texts.push(personal);
    for (const part of [ciphertext, leaf]) {
      if (part === null || part === undefined) continue;
      bytes.set(part, at);
      at += part.length;
    }
  }
  return { shape, texts, bytes };
}

const bytesOf = ({ ciphertext, leaf }: PreparedEvent): number => (ciphertext?.length ?? 0) + (leaf?.length ?? 0);

/** The events that `packEvents` was given. */
export function unpackEvents({ shape, texts, bytes }: PackedEvents): PreparedEvent[] {
  const events: PreparedEvent[] = [];
  let [nextNumber, nextText, nextByte] = [0, 0, 0];
  const number = () => shape[nextNumber++]!;
  const text = () => texts[nextText++]!;
  const part = (length: number) => {
    nextByte += length;
    return bytes.subarray(nextByte - length, nextByte);
  };
  while (nextNumber < shape.length) {
    const [place, revision, sealed, hasPersonal, hasLeaf] = [number(), number(), number(), number(), number()];
    const envelope = text();
    events.push({
      ...identify(envelope),
      envelope,
      revision,
      position: positionOf(place),
      ciphertext: sealed < 0 ? null : part(sealed),
      ...(hasPersonal === 1 ? { personal: text() } : {}),
      ...(hasLeaf === 1 ? { leaf: part(HASH_BYTES) } : {}),
    });
  }
  return events;
}
