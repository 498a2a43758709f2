// Attempts and inspections on their way into the log: one stream a tenant, day and process, so that each has one writer.
import { randomBytes } from "node:crypto";
import type { Clock } from "../eventlog/clock.ts";
import type { EventLog } from "../eventlog/event-log.ts";
import { sealed } from "../eventlog/sealing.ts";
import { formatStreamName } from "../eventlog/stream-name.ts";
import type { DataKey, KeyVault } from "../vault/key-vault.ts";
import { type Recorder, type Recording, recordsOf } from "./recorder.ts";

export interface StreamRecorderOptions {
  readonly log: EventLog;
  readonly vault: KeyVault;
  readonly namespace: string;
  readonly clock: Clock;
}

export class StreamRecorder implements Recorder {
  readonly #options: StreamRecorderOptions;
  /** Names this process among the writers of a day; a new process begins streams of its own. */
  readonly #node = randomBytes(8).toString("hex");
  /** Stream → its last revision, once the append before is durable. */
  readonly #streams = new Map<string, Promise<number>>();

  constructor(options: StreamRecorderOptions) {
    this.#options = options;
  }

  /** Resolves once all are durable; throws Unavailable when the log cannot take them. */
  async record(
    tenant: string,
    kind: "attempt" | "inspection" | "assertion",
    recordings: readonly Recording[],
  ): Promise<void> {
    const at = this.#options.clock();
    const day = new Date(at / 1_000).toISOString().slice(0, 10);
    const stream = formatStreamName(this.#options.namespace, { category: kind, tenant, day, node: this.#node });
    const key = await this.#options.vault.named(tenant, recordsOf(day.slice(0, 7)));
    const last = (this.#streams.get(stream) ?? Promise.resolve(-1)).then(async (revision) => {
      await this.#append(tenant, stream, revision, at, key, recordings);
      return revision + recordings.length;
    });
    // After a failure the next writer begins where the stream really ends.
    this.#streams.set(
      stream,
      last.catch(() => this.#revisionOf(stream)),
    );
    await last;
  }

  async #append(
    tenant: string,
    stream: string,
    revision: number,
    at: number,
    key: DataKey,
    recordings: readonly Recording[],
  ): Promise<void> {
    const commandId = randomBytes(16).toString("hex");
    const events = recordings.map(({ event, ...caller }, index) =>
      sealed(event, { stream, revision: revision + 1 + index, at, name: index }, { tenant, ...caller, commandId }, key),
    );
    await this.#options.log.append({ stream, expected: revision === -1 ? "none" : revision, events });
  }

  async #revisionOf(stream: string): Promise<number> {
    let revision = -1;
    for (;;) {
      const events = await this.#options.log.read(stream, revision, 1_000);
      if (events.length === 0) return revision;
      revision = events.at(-1)!.revision;
    }
  }
}
