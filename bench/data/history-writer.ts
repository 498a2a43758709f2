// Writes events straight into the log of a data folder that no service holds, sealed as the command loop seals them.
import { createHmac, randomUUID } from "node:crypto";
import type { DomainEvent } from "../../src/domain/event.ts";
import type { UniqueValue } from "../../src/domain/unique-values.ts";
import { sealEvent } from "../../src/eventlog/codec.ts";
import type { Append, SealedEvent } from "../../src/eventlog/event-log.ts";
import { metadataOf } from "../../src/eventlog/sealing.ts";
import { SqliteLogWriter } from "../../src/eventlog/sqlite/writer.ts";
import { formatStreamName } from "../../src/eventlog/stream-name.ts";
import { KEY_ID_BYTES, keyIdOf, STOCKED_BYTES } from "../../src/vault/key-id.ts";
import type { DataKey } from "../../src/vault/key-vault.ts";
import { VaultKeeper } from "../../src/vault/sqlite/keeper.ts";
import { SqliteKeyReader } from "../../src/vault/sqlite/reader.ts";

export const TENANT = "default";

export const GENERATOR = { credential: "bench-generator", name: "bench", kind: "provisioning" };
/** Groups of appends in one transaction. */
const COMMIT = 2_000;
/** Events in one append: 500 members each stay under the limit of an append. */
const EVENTS_AN_APPEND = 15;
/** Keys made at once. */
const KEYS = 4_096;
/** Microseconds between one command and the next. */
const STEP = 50;

/** Who acts, as the metadata of events name it. */
export interface Actor {
  readonly credential: string;
  readonly name: string;
  readonly kind: string;
}

/** Events of one stream that follow its revision (-1: none). */
export interface StreamEvents {
  readonly stream: string;
  readonly revision: number;
  readonly key: DataKey;
  readonly events: readonly DomainEvent[];
}

export interface HistoryOptions {
  /** Microseconds from one command to the next. */
  readonly step?: number;
  /** Of the log that is made. */
  readonly namespace?: string;
}

export class HistoryWriter implements Disposable {
  readonly #keeper: VaultKeeper;
  readonly #claimKey: Uint8Array;
  readonly #log: SqliteLogWriter;
  #stock: Uint8Array = new Uint8Array(0);
  #nextKey = 0;
  #at: number;
  #groups: Append[][] = [];
  /** Who acts from now on. */
  actor: Actor = GENERATOR;
  /** Microseconds from one command to the next, from now on. */
  step: number;

  /** `commands`: about how many will be written; their times end before now. */
  constructor(folder: string, commands: number, { step = STEP, namespace }: HistoryOptions = {}) {
    this.step = step;
    this.#keeper = new VaultKeeper(folder);
    this.#keeper.prepareTenant(TENANT);
    const keys = new SqliteKeyReader(folder);
    this.#claimKey = keys.claimKey(TENANT);
    keys.close();
    this.#log = new SqliteLogWriter(folder, namespace === undefined ? {} : { namespace });
    this.#at = (Date.now() - 60_000) * 1_000 - Math.round(commands * step);
  }

  /** Of the last command, microseconds since 1970 UTC. */
  get at(): number {
    return this.#at;
  }

  streamOf(category: "user" | "group", id: string): string {
    return formatStreamName(this.#log.namespace, { category, tenant: TENANT, id });
  }

  /** The stream that reserves a unique value. */
  claimStreamOf({ claim }: UniqueValue): string {
    const mac = createHmac("sha256", this.#claimKey).update(claim).digest("base64url");
    return formatStreamName(this.#log.namespace, { category: "claim", tenant: TENANT, mac });
  }

  /** A data key that nobody had before. */
  newKey(): DataKey {
    if (this.#nextKey === this.#stock.length) {
      this.#stock = this.#keeper.stock(TENANT, KEYS);
      this.#nextKey = 0;
    }
    const at = this.#nextKey;
    this.#nextKey += STOCKED_BYTES;
    const secretAt = at + KEY_ID_BYTES;
    return { id: keyIdOf(this.#stock.subarray(at, secretAt)), secret: this.#stock.subarray(secretAt, this.#nextKey) };
  }

  /** Writes the events of one command, which share one time. */
  write(...parts: readonly StreamEvents[]): void {
    this.#at += this.step;
    const commandId = randomUUID();
    const metadata = metadataOf({ tenant: TENANT, actor: this.actor, requestId: commandId, commandId });
    this.#groups.push(parts.flatMap((part) => this.#appendsOf(part, metadata)));
    if (this.#groups.length >= COMMIT) this.#commit();
  }

  [Symbol.dispose](): void {
    this.#commit();
    this.#log.close();
    this.#keeper.close();
  }

  #appendsOf({ stream, revision, key, events }: StreamEvents, metadata: Record<string, string>): Append[] {
    const appends: Append[] = [];
    for (let from = 0; from < events.length; from += EVENTS_AN_APPEND) {
      const expected = revision + from === -1 ? "none" : revision + from;
      const sealed = events
        .slice(from, from + EVENTS_AN_APPEND)
        .map((event, index) => this.#seal(event, stream, revision + from + index + 1, key, metadata));
      appends.push({ stream, expected, events: sealed });
    }
    return appends;
  }

  #seal(
    { type, version, data, personal }: DomainEvent,
    stream: string,
    revision: number,
    key: DataKey,
    metadata: Record<string, string>,
  ): SealedEvent {
    return sealEvent({
      at: this.#at,
      data: data as never,
      id: randomUUID(),
      metadata,
      revision,
      stream,
      tenant: TENANT,
      type,
      version,
      key,
      ...(personal === undefined ? {} : { personal: personal as never }),
    });
  }

  #commit(): void {
    const { outcomes } = this.#log.commit(this.#groups);
    const failure = outcomes.find((outcome) => typeof outcome !== "string");
    if (failure !== undefined) throw failure;
    this.#groups = [];
  }
}
