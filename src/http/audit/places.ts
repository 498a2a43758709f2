// Who may have evidence made: a history is replayed for each, and its folder stays until the last byte has left.
import { retryLater } from "../refusal.ts";

/** That wait, are being made or are on their way. */
const MOST = 8;
/** So that one tenant's auditors leave places to the others. */
const MOST_OF_ONE = 2;
const TRY_AGAIN_AFTER = 30;

export class Places {
  readonly #taken = new Map<string, number>();
  #last: Promise<unknown> = Promise.resolve();

  /** Works in a place of the tenant's. 503 with Retry-After where too many are taken. */
  async hold(tenant: string, work: () => Promise<void>): Promise<void> {
    const own = this.#taken.get(tenant) ?? 0;
    const all = [...this.#taken.values()].reduce((sum, one) => sum + one, 0);
    if (own >= MOST_OF_ONE || all >= MOST) throw retryLater("Too much other evidence is being made.", TRY_AGAIN_AFTER);
    this.#taken.set(tenant, own + 1);
    try {
      await work();
    } finally {
      const left = this.#taken.get(tenant)! - 1;
      if (left === 0) this.#taken.delete(tenant);
      else this.#taken.set(tenant, left);
    }
  }

  /** One after the other, which leaves the service to everybody else. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const own = this.#last.then(work);
    this.#last = own.catch(() => undefined);
    return own;
  }
}
