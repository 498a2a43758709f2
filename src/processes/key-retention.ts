// Destroys keys that are found by their names: of months that are over, as the settings say, and of a credential's clients, as
// an administrator asks. The log says so first: a key that lives on because of a crash is found by its name again.
import { setTimeout as pause } from "node:timers/promises";
import { type Recorder, type Recording, recordMonth, systemActor } from "../access/recorder.ts";
import { KeysDestroyed } from "../domain/record-events.ts";
import type { Clock } from "../eventlog/clock.ts";
import type { KeyVault, NamedKey } from "../vault/key-vault.ts";

export interface KeyRetentionOptions {
  readonly vault: KeyVault;
  readonly recorder: Recorder;
  readonly clock: Clock;
}

/** Who asked for it. */
export type AskedBy = Omit<Recording, "event">;

const itself: AskedBy = { actor: systemActor, requestId: "" };
const DAY_MS = 86_400_000;

export class KeyRetention {
  readonly #options: KeyRetentionOptions;

  constructor(options: KeyRetentionOptions) {
    this.#options = options;
  }

  /** Destroys the key of this name; a name without a living key is done already. Throws Unavailable, VaultUnavailable. */
  async destroyNamed(tenant: string, name: string, by: AskedBy): Promise<void> {
    const named = await this.#options.vault.names(tenant);
    await this.#destroy(
      tenant,
      named.filter((key) => key.name === name),
      by,
    );
  }

  /** Destroys the keys of months before the last `months` that are over; resolves with how many. */
  async sweep(tenants: Iterable<string>, months: number): Promise<number> {
    const first = monthsBefore(this.#options.clock(), months);
    let destroyed = 0;
    for (const tenant of tenants) {
      const named = await this.#options.vault.names(tenant);
      const over = named.filter(({ name }) => (recordMonth(name) ?? first) < first);
      await this.#destroy(tenant, over, itself);
      destroyed += over.length;
    }
    return destroyed;
  }

  /** Sweeps at once and daily until the signal; a failure is told, and tried again the next day. */
  async sweepDaily(
    tenants: () => Iterable<string>,
    months: number,
    { signal, onFailure }: { readonly signal: AbortSignal; readonly onFailure?: (error: unknown) => void },
  ): Promise<void> {
    while (!signal.aborted) {
      await this.sweep(tenants(), months).catch((error: unknown) => onFailure?.(error));
      await pause(DAY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #destroy(tenant: string, named: readonly NamedKey[], by: AskedBy): Promise<void> {
    if (named.length === 0) return;
    const keys = named.map(({ keyId }) => keyId);
    const event = KeysDestroyed({ names: named.map(({ name }) => name), keys });
    await this.#options.recorder.record(tenant, "attempt", [{ event, ...by }]);
    await this.#options.vault.destroy(tenant, keys);
  }
}

/** The month so many before that of an instant (microseconds): “2026-11”. */
function monthsBefore(instant: number, months: number): string {
  const now = new Date(instant / 1_000);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months)).toISOString().slice(0, 7);
}
