// How far the read models are behind the log, as a time: positions of a log need not be dense, so that their difference says
// nothing.
import type { Position } from "../eventlog/event-log.ts";

/** The most heads that are kept: a lag of more looks than this is bad enough to be told roughly. */
const KEPT = 600;

export class Lag {
  /** Heads of the log that were not visible when last looked, and when each was first seen, milliseconds. */
  #unseen: { readonly head: Position; readonly at: number }[] = [];

  /** Takes note of the head of the log and of how far the read models are. */
  note(head: Position, visible: Position, now: number): void {
    this.#unseen = this.#unseen.filter((sample) => sample.head > visible);
    const last = this.#unseen.at(-1)?.head ?? visible;
    if (head > last && this.#unseen.length < KEPT) this.#unseen.push({ head, at: now });
  }

  /** Milliseconds for which something that is in the log has not been visible, as far as was noted. */
  at(visible: Position, now: number): number {
    const oldest = this.#unseen.find(({ head }) => head > visible);
    return oldest === undefined ? 0 : Math.max(0, now - oldest.at);
  }
}
