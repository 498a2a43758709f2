// Copies a log into another, event by event in the order of the first: streams, revisions, ids, times and bytes are the
// same there, positions are the other log's own. What stands there already tells where to go on, so that a copy which broke
// off needs nothing but to be started again.
import { type Append, Fatal, MAX_APPEND_BYTES, type Position, type RecordedEvent, START } from "./event-log.ts";

/** A log as a copy reads it. */
export interface CopySource {
  readAll(after: Position, limit: number): Promise<readonly RecordedEvent[]>;
  head(): Promise<Position>;
}

export interface CopyTarget extends CopySource {
  /** Appends in this order, each all or nothing; resolves once all are durable. */
  appendInOrder(appends: readonly Append[]): Promise<void>;
}

export interface CopyOptions {
  /** Told how far the copy is, in positions of the first log. */
  readonly onProgress?: (position: Position, head: Position) => void;
  /** Ends the copy between two batches. */
  readonly signal?: AbortSignal;
}

export interface Copied {
  /** Events that were there before. */
  readonly found: number;
  /** Events that were added now. */
  readonly added: number;
}

/** Events read at once. */
const BATCH = 1_024;
/** Events of one append, far below what any log takes. */
const APPEND_EVENTS = 256;

/**
 * Holds what the second log has against the first, then copies the rest until the first has no more. Throws a sentence where
 * the second is not the beginning of the first: nothing is added then.
 */
export async function copyLog(from: CopySource, to: CopyTarget, options: CopyOptions = {}): Promise<Copied> {
  const { signal, onProgress = () => {} } = options;
  const { position, found } = await compared(from, to, options);
  let added = 0;
  let head = await from.head();
  for (let after = position; signal?.aborted !== true; ) {
    const events = await from.readAll(after, BATCH);
    if (events.length === 0) break;
    await to.appendInOrder(appendsOf(events));
    added += events.length;
    after = events.at(-1)!.position;
    if (after > head) head = await from.head();
    onProgress(after, head);
  }
  return { found, added };
}

/** Reads both logs side by side; the position up to which the first has everything of the second, event for event. */
export async function compared(
  from: CopySource,
  to: CopySource,
  { onProgress, signal }: CopyOptions = {},
): Promise<{ readonly position: Position; readonly found: number }> {
  const head = await to.head();
  let [here, there, found]: [Position, Position, number] = [START, START, 0];
  while (there < head && signal?.aborted !== true) {
    const copies = await to.readAll(there, BATCH);
    const originals = await from.readAll(here, copies.length);
    copies.forEach((copy, index) => {
      if (!isSame(originals[index], copy))
        throw new Error(
          `event ${found + index + 1} differs: ${sayEvent(copy)} in the log copied to, ${sayEvent(originals[index])} in the log copied from`,
        );
    });
    found += copies.length;
    here = originals.at(-1)?.position ?? here;
    there = copies.at(-1)?.position ?? head;
    onProgress?.(there, head);
  }
  return { position: here, found };
}

/** Events that follow each other in one stream go together. */
export function appendsOf(events: readonly RecordedEvent[]): readonly Append[] {
  const appends: { stream: string; expected: Append["expected"]; events: RecordedEvent[]; bytes: number }[] = [];
  for (const event of events) {
    const bytes = Buffer.byteLength(event.envelope) + (event.ciphertext?.length ?? 0);
    const last = appends.at(-1);
    const fits = last?.stream === event.stream && last.events.length < APPEND_EVENTS;
    if (fits && last.bytes + bytes <= MAX_APPEND_BYTES) {
      if (last.events.at(-1)!.revision + 1 !== event.revision)
        throw new Fatal(`revisions of ${event.stream} do not follow each other at ${event.revision}`);
      last.events.push(event);
      last.bytes += bytes;
    } else {
      const expected = event.revision === 0 ? ("none" as const) : event.revision - 1;
      appends.push({ stream: event.stream, expected, events: [event], bytes });
    }
  }
  return appends;
}

function isSame(original: RecordedEvent | undefined, copy: RecordedEvent): boolean {
  return (
    original !== undefined &&
    original.id === copy.id &&
    original.type === copy.type &&
    original.stream === copy.stream &&
    original.revision === copy.revision &&
    original.envelope === copy.envelope &&
    sameBytes(original.ciphertext, copy.ciphertext)
  );
}

const sameBytes = (one: Uint8Array | null, other: Uint8Array | null): boolean =>
  one === null || other === null ? one === other : Buffer.compare(one, other) === 0;

const sayEvent = (event: RecordedEvent | undefined): string =>
  event === undefined ? "none" : `${event.type} ${event.id} at revision ${event.revision} of ${event.stream}`;
