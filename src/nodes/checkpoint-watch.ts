// How a node learns how far the read models are: it looks at their checkpoint, often while somebody waits for an answer, seldom
// otherwise, and seldom while it projects itself. One look serves all who wait.
import type { Position } from "../eventlog/event-log.ts";
import type { Visibility } from "../eventlog/visibility.ts";

export interface CheckpointWatchOptions {
  /** The checkpoint as every node may rely on it. */
  readonly position: () => Promise<Position>;
  readonly visibility: Visibility;
  readonly signal: AbortSignal;
  /** Whether the projector of this very node says how far they are: then they are looked at seldom, whoever waits. */
  readonly isTold?: () => boolean;
  /** Told once of each outage. */
  readonly onFailure?: (error: unknown) => void;
  /** Milliseconds between looks: the first while somebody waits, the longest of these, and while nobody does. */
  readonly every?: { readonly first: number; readonly most: number; readonly idle: number };
}

const EVERY = { first: 2, most: 16, idle: 500 };
/** Looks that fail one after the other before nothing new is taken. */
const FAILURES = 3;

/** Looks until the signal. */
export async function watchCheckpoint(options: CheckpointWatchOptions): Promise<void> {
  const { position, visibility, signal, isTold = () => false, onFailure, every = EVERY } = options;
  const bell = new Bell(signal);
  visibility.onWaiting = () => bell.ring();
  let failures = 0;
  for (let delay = every.first; !signal.aborted; ) {
    try {
      const before = visibility.position;
      visibility.advance(await position());
      failures = 0;
      delay = visibility.position === before ? Math.min(every.most, delay * 1.5) : every.first;
    } catch (error) {
      delay = every.idle;
      failures += 1;
      if (failures === FAILURES) {
        visibility.stall("they cannot be reached");
        onFailure?.(error);
      }
    }
    // While nobody waits, the first who does rings the bell: that ends the pause, and the looks begin at the shortest one.
    if (isTold()) await bell.pause(every.idle, false);
    else if (visibility.isAwaited) await bell.pause(delay, false);
    else if (await bell.pause(every.idle, true)) delay = every.first;
  }
  visibility.onWaiting = undefined;
}

/** A pause that can be cut short. */
class Bell {
  #end: ((rung: boolean) => void) | undefined;
  #listens = false;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#end?.(false), { once: true });
  }

  ring(): void {
    if (this.#listens) this.#end?.(true);
  }

  /** Resolves after the time, with the signal or, where it listens, once it rings: then with true. */
  pause(milliseconds: number, listens: boolean): Promise<boolean> {
    if (this.#signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end?.(false), milliseconds);
      timer.unref();
      this.#listens = listens;
      this.#end = (rung) => {
        clearTimeout(timer);
        this.#end = undefined;
        resolve(rung);
      };
    });
  }
}
