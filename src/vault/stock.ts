// A tenant's unassigned data keys, in memory and durable already. What a process did not assign before it ended is abandoned:
// an event may name it, so it is never handed out again.
import { keyIn, STOCKED_BYTES } from "./key-id.ts";
import type { DataKey } from "./key-vault.ts";

/** Keys made at once, and how many are left when the next are asked for. */
const BATCH = 1024;
const LOW_WATER = 256;

export class KeyStock {
  readonly #make: (count: number) => Promise<Uint8Array>;
  #keys: Uint8Array = new Uint8Array(0);
  #next = 0;
  #following: Uint8Array | undefined;
  #filling: Promise<void> | undefined;

  /** `make` resolves with so many stocked keys, end to end. */
  constructor(make: (count: number) => Promise<Uint8Array>) {
    this.#make = make;
  }

  /** A key that nobody had before: at once while there is stock. Rejects where none can be made. */
  take(): DataKey | Promise<DataKey> {
    if (this.#left() <= LOW_WATER) this.#refill();
    return this.#takeNow() ?? this.#takeLater();
  }

  /** Resolves once there is stock. */
  async fill(): Promise<void> {
    if (this.#left() === 0) await this.#refill();
  }

  async #takeLater(): Promise<DataKey> {
    for (;;) {
      await this.#refill();
      const key = this.#takeNow();
      if (key !== undefined) return key;
    }
  }

  #takeNow(): DataKey | undefined {
    if (this.#next === this.#keys.length) {
      if (this.#following === undefined) return undefined;
      this.#keys = this.#following;
      this.#following = undefined;
      this.#next = 0;
    }
    const at = this.#next;
    this.#next += STOCKED_BYTES;
    return keyIn(this.#keys.subarray(at, this.#next));
  }

  #left(): number {
    return (this.#keys.length - this.#next + (this.#following?.length ?? 0)) / STOCKED_BYTES;
  }

  /** One batch at a time. A failure in the background is thrown to whoever next finds the stock empty. */
  #refill(): Promise<void> {
    if (this.#filling === undefined) {
      this.#filling = this.#make(BATCH)
        .then((keys) => {
          this.#following = keys;
        })
        .finally(() => {
          this.#filling = undefined;
        });
      this.#filling.catch(() => {});
    }
    return this.#filling;
  }
}
