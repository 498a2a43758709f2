// A tenant's `ledger` stream, which this process alone writes.
import { randomUUIDv7 } from "node:crypto";
import { systemActor } from "../access/recorder.ts";
import type { DomainEvent } from "../domain/event.ts";
import type { Clock } from "../eventlog/clock.ts";
import { Conflict, type EventLog, type Position } from "../eventlog/event-log.ts";
import type { Actor } from "../eventlog/provisioning.ts";
import { sealed } from "../eventlog/sealing.ts";
import { formatStreamName } from "../eventlog/stream-name.ts";

export interface LedgerLogOptions {
  readonly log: Pick<EventLog, "append" | "read">;
  readonly namespace: string;
  readonly clock: Clock;
}

export interface Appended {
  readonly revision: number;
  readonly position: Position;
}

const PAGE = 1_000;

export class LedgerLog {
  readonly #options: LedgerLogOptions;

  constructor(options: LedgerLogOptions) {
    this.#options = options;
  }

  /** Appends after a revision (-1: none) that is thought to be the last; resolves with its own place once durable. Throws Unavailable. */
  async append(tenant: string, event: DomainEvent, after: number, actor: Actor = systemActor): Promise<Appended> {
    const { log, namespace, clock } = this.#options;
    const stream = formatStreamName(namespace, { category: "ledger", tenant });
    const commandId = randomUUIDv7();
    const context = { tenant, actor, requestId: commandId, commandId };
    for (let last = after; ; ) {
      const place = { stream, revision: last + 1, at: clock(), name: 0 };
      try {
        const events = [sealed(event, place, context)];
        const position = await log.append({ stream, expected: last < 0 ? "none" : last, events });
        return { revision: last + 1, position };
      } catch (error) {
        const end = error instanceof Conflict ? await this.#lastRevision(stream) : last;
        if (end === last) throw error;
        last = end;
      }
    }
  }

  async #lastRevision(stream: string): Promise<number> {
    for (let last = -1; ; ) {
      const events = await this.#options.log.read(stream, last, PAGE);
      if (events.length === 0) return last;
      last = events.at(-1)!.revision;
    }
  }
}
