// Ends the memberships of whoever ceased to exist. Right however often it runs: each group decides
// from its own state whether there is anything to end.
import { setTimeout as pause } from "node:timers/promises";
import { systemActor } from "../access/recorder.ts";
import { derivedId } from "../eventlog/event-id.ts";
import type { Provisioning } from "../eventlog/provisioning.ts";
import type { ReadStore } from "../readstore/read-store.ts";

export interface Ending {
  readonly tenant: string;
  readonly id: string;
  readonly cause: "userDeleted" | "groupDeleted";
  /** The event that ended the life; absent when it was found by looking. */
  readonly eventId?: string;
}

/**
 * When the memberships of a deleted member are looked up, in ms after its deletion became visible. A membership that was
 * decided before that moment is in the log by the last look.
 */
const LOOKS = [0, 1_000, 16_000];
const RETRY_AFTER = 1_000;

export interface MembershipEndingOptions {
  readonly provisioning: Provisioning;
  readonly readStore: ReadStore;
  readonly signal: AbortSignal;
  /** Told of a failure; it is tried again. */
  readonly onFailure?: (error: unknown) => void;
}

export class MembershipEnding {
  readonly #options: MembershipEndingOptions;
  readonly #running = new Set<Promise<void>>();

  constructor(options: MembershipEndingOptions) {
    this.#options = options;
  }

  /** Takes note of a deletion; never waits. */
  begin(ending: Ending): void {
    const run = this.#run(ending).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Ends what an earlier process left: members that are dead. */
  async sweep(): Promise<void> {
    for (const ending of await this.#options.readStore.deadMembers()) this.begin(ending);
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #run(ending: Ending): Promise<void> {
    let since = 0;
    for (const look of LOOKS) {
      await this.#pause(look - since);
      since = look;
      while (!this.#options.signal.aborted && !(await this.#endAll(ending))) await this.#pause(RETRY_AFTER);
      if (this.#options.signal.aborted) return;
    }
  }

  async #endAll({ tenant, id, cause, eventId }: Ending): Promise<boolean> {
    try {
      for (const group of await this.#options.readStore.groupsHolding(tenant, id)) {
        const commandId = derivedId(id, `ending:${group}:${Date.now()}`);
        await this.#options.provisioning.group(
          { type: "EndMembership", id: group, member: id, cause },
          {
            tenant,
            actor: systemActor,
            requestId: eventId ?? commandId,
            commandId,
            ...(eventId === undefined ? {} : { causationId: eventId }),
          },
        );
      }
      return true;
    } catch (error) {
      this.#options.onFailure?.(error);
      return false;
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    await pause(milliseconds, undefined, { signal: this.#options.signal, ref: false }).catch(() => undefined);
  }
}
