// Erases a person: the log says so first, then the key is destroyed, then the log says that it is. Whatever
// is cut off in between is found in the person's stream, and carried on by a repeated request, by this process behind the
// answer, or by the next start.
import { setTimeout as pause } from "node:timers/promises";
import { recordMonth, systemActor } from "../access/recorder.ts";
import { UserErased, UserErasureCompleted } from "../domain/events.ts";
import type { FindKey } from "../eventlog/codec.ts";
import { readEnvelope } from "../eventlog/envelope.ts";
import { derivedId } from "../eventlog/event-id.ts";
import { type EventLog, START } from "../eventlog/event-log.ts";
import { KeyedLock } from "../eventlog/keyed-lock.ts";
import type { CommandContext, Provisioning } from "../eventlog/provisioning.ts";
import { formatStreamName } from "../eventlog/stream-name.ts";
import type { ReadStore } from "../readstore/read-store.ts";
import { notFound, ScimError } from "../scim/errors.ts";
import { quote } from "../scim/quote.ts";
import { type KeyVault, VaultUnavailable } from "../vault/key-vault.ts";
import { type Erasure, type PersonStream, personStream } from "./erasure.ts";

export interface ErasingOptions {
  readonly log: EventLog;
  readonly vault: KeyVault;
  readonly namespace: string;
  readonly provisioning: Provisioning;
  readonly readStore: ReadStore;
  readonly signal: AbortSignal;
  /** Told of a failure; it is tried again. */
  readonly onFailure?: (error: unknown) => void;
}

export interface ErasureRequest {
  readonly id: string;
  /** Kept in clear, for good. */
  readonly reason?: string;
}

/** An erasure of which nothing is left to do. */
export type Erased = Erasure & Required<Pick<Erasure, "completedAt" | "outcome">>;

const RETRY_AFTER = 1_000;
const PERSONS_AT_ONCE = 500;

export class Erasing {
  readonly #options: ErasingOptions;
  readonly #locks = new KeyedLock();
  /** Keys that the log says are destroyed and the vault may have: nobody opens them any more. */
  readonly #doomed = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: ErasingOptions) {
    this.#options = options;
  }

  /** Opens a data key, unless it is about to be destroyed. */
  readonly findKey: FindKey = (tenant, keyId) =>
    this.#doomed.has(keyId) ? undefined : this.#options.vault.open(tenant, keyId);

  /**
   * Erases a person, who is deleted with it; whoever is erased already is answered as the first time. Throws ScimError: 404,
   * 400 for a reason that names the person, 503 where it is in the log and carried on behind the answer; NotYetVisible,
   * Unavailable.
   */
  async erase(request: ErasureRequest, context: CommandContext): Promise<Erased> {
    const { tenant } = context;
    const { id } = request;
    const release = await this.#locks.acquire([`${tenant}/${id}`]);
    try {
      const before = await this.#read(tenant, id);
      if (before.events === 0) throw notFound(`there is no User with id ${quote(id)}`);
      if (before.erasure === undefined)
        await this.#options.provisioning.user({ type: "EraseUser", ...request }, context);
      return (await this.#carryOut(tenant, id, context))!;
    } catch (error) {
      // A refusal decided that nothing happens; all else may have left something to do.
      if (!(error instanceof ScimError)) this.#carryOnLater(tenant, id);
      throw error instanceof VaultUnavailable ? unfinished(error) : error;
    } finally {
      release();
    }
  }

  /**
   * Carries out what the log says and the vault does not know: what an earlier process left, or a vault that was put back
   * from before. Resolves when each such key is destroyed or, where that fails, closed to readers and tried again.
   */
  async resume(): Promise<void> {
    for (const tenant of await this.#options.readStore.tenants()) {
      for (let after: string | null = null; ; ) {
        const persons = await this.#options.readStore.erasedUsers(tenant, after, PERSONS_AT_ONCE);
        for (const { id, revision } of persons)
          if (!(await this.#isDone(tenant, id, revision))) await this.#resumeOne(tenant, id);
        if (persons.length < PERSONS_AT_ONCE) break;
        after = persons.at(-1)!.id;
      }
    }
  }

  /** Resolves when nothing is on its way. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** A look at the end of the stream, which is where a finished erasure stands. */
  async #isDone(tenant: string, id: string, revision: number): Promise<boolean> {
    const [erased, completed] = await this.#options.log.read(this.#streamOf(tenant, id), revision - 2, 2);
    if (erased?.type !== UserErased.type || completed?.type !== UserErasureCompleted.type) return false;
    return !(await this.#anyLives(tenant, UserErased.data.parse(readEnvelope(erased).data).keys));
  }

  async #resumeOne(tenant: string, id: string): Promise<void> {
    try {
      await this.#carryOut(tenant, id);
    } catch (error) {
      this.#options.onFailure?.(error);
      this.#carryOnLater(tenant, id);
    }
  }

  #carryOnLater(tenant: string, id: string): void {
    const name = `${tenant}/${id}`;
    if (this.#running.has(name)) return;
    const run = this.#carryOnUntilDone(tenant, id).finally(() => this.#running.delete(name));
    this.#running.set(name, run);
  }

  async #carryOnUntilDone(tenant: string, id: string): Promise<void> {
    const { signal, onFailure } = this.#options;
    for (;;) {
      await pause(RETRY_AFTER, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const release = await this.#locks.acquire([`${tenant}/${id}`]);
      try {
        await this.#carryOut(tenant, id);
        return;
      } catch (error) {
        onFailure?.(error);
      } finally {
        release();
      }
    }
  }

  /** Everything after `UserErased`; whatever is done already is left out. Undefined where the log has no erasure. */
  async #carryOut(tenant: string, id: string, context?: CommandContext): Promise<Erased | undefined> {
    const before = await this.#read(tenant, id);
    const { erasure } = before;
    if (erasure === undefined) return undefined;
    if (erasure.outcome === undefined || (await this.#anyLives(tenant, erasure.keys)))
      await this.#destroy(tenant, erasure.keys);
    if (erasure.outcome === undefined) await this.#complete(before, erasure, context);
    return (await this.#read(tenant, id)).erasure as Erased;
  }

  async #destroy(tenant: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#doomed.add(key);
    await this.#options.vault.destroy(tenant, keys);
    for (const key of keys) this.#doomed.delete(key);
  }

  async #complete(stream: PersonStream, { tenant, id }: Erasure, context?: CommandContext): Promise<void> {
    const { readStore, vault, provisioning, log } = this.#options;
    const intervals = await readStore.grantsOf(tenant, id, START, await log.head());
    const months = (await vault.names(tenant)).flatMap(({ name }) => recordMonth(name) ?? []);
    const outcome = {
      erased: { claims: stream.claims, events: stream.sealedEvents },
      remains: { accessIntervals: intervals.length, events: stream.events, recordMonths: months },
    };
    const commandId = derivedId(id, "erasure completed");
    const behind: CommandContext = { tenant, actor: systemActor, requestId: commandId, commandId };
    const named = context === undefined ? behind : { ...context, commandId: derivedId(context.commandId, "completed") };
    await provisioning.user({ type: "CompleteErasure", id, outcome }, named);
  }

  async #anyLives(tenant: string, keys: readonly string[]): Promise<boolean> {
    const opened = await Promise.all(keys.map((key) => this.#options.vault.open(tenant, key)));
    return opened.some((secret) => secret !== undefined);
  }

  #read(tenant: string, id: string): Promise<PersonStream> {
    return personStream(this.#options.log, this.#streamOf(tenant, id), id);
  }

  #streamOf(tenant: string, id: string): string {
    return formatStreamName(this.#options.namespace, { category: "user", tenant, id });
  }
}

const unfinished = (cause: VaultUnavailable): ScimError =>
  Object.assign(
    new ScimError(
      503,
      undefined,
      `The person is erased in the log and for every reader; destroying their key is not finished (${cause.message}), and is tried again until it is`,
    ),
    { cause },
  );
