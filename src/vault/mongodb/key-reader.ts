// Opens keys. Opened ones are kept in memory for as long as the count of destructions stands, which is looked at again before
// it is older than a moment: so a key that any node destroyed is served by none soon after.

import { KeptKeys } from "../kept-keys.ts";
import { keyIdBytes, keyIdOf } from "../key-id.ts";
import type { KeyService } from "../key-service.ts";
import type { Opened } from "../key-vault.ts";
import { VaultUnavailable } from "../key-vault.ts";
import { unwrapKey } from "../wrap.ts";
import { bytesOf, READ_TIME, stored, type VaultDocuments } from "./documents.ts";

/** How long an opened key may be served without a look at the database, ms. */
export const STALE_AFTER = 500;
/** How many looks one after the other may take longer than `STALE_AFTER`, and so say nothing. */
const LOOKS = 5;
/** Keys that one query asks for. */
const AT_ONCE = 1_000;

/** What was read, and the era in which it held. */
export interface Steady<Answer> {
  readonly answer: Answer;
  readonly era: number;
}

export interface TenantKeys {
  readonly key: Uint8Array;
  readonly claimKey: Uint8Array;
}

export class KeyReader {
  readonly #documents: VaultDocuments;
  readonly #service: KeyService;
  readonly #kept = new KeptKeys();
  /** Never changed, never destroyed. */
  readonly #tenants = new Map<string, TenantKeys>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #erasures = -1;
  #looking: Promise<void> | undefined;
  /** Keys that are asked for in this turn of the event loop. */
  #asked: Map<string, PromiseWithResolvers<Found | undefined>> | undefined;

  constructor(documents: VaultDocuments, service: KeyService) {
    this.#documents = documents;
    this.#service = service;
  }

  /** The secret of a data key, `undefined` once destroyed (seen within `STALE_AFTER` ms). */
  open(tenant: string, keyId: string): Opened | Promise<Opened> {
    const kept = this.#isFresh() ? this.#kept.get(tenant, keyId) : undefined;
    return kept ?? this.#find(tenant, keyId);
  }

  /** What was read holds for a moment if no key was destroyed meanwhile; if one was, it is read again. */
  async steadily<Answer>(read: () => Promise<Answer>): Promise<Steady<Answer>> {
    for (;;) {
      await this.#look();
      const era = this.#erasures;
      const answer = await read();
      await this.#look();
      if (this.#erasures === era) return { answer, era };
    }
  }

  /** A number that changes once keys were destroyed; undefined where it must be looked at first. */
  get era(): number | undefined {
    return this.#isFresh() ? this.#erasures : undefined;
  }

  /** A tenant's own keys; undefined for one that was not prepared. */
  tenant(tenant: string): TenantKeys | undefined | Promise<TenantKeys | undefined> {
    return this.#tenants.get(tenant) ?? this.#loadTenant(tenant);
  }

  /** The next key is opened after a look at the database. */
  forget(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    this.#kept.clear();
  }

  #isFresh(): boolean {
    return performance.now() - this.#lookedAt < STALE_AFTER;
  }

  async #find(tenant: string, keyId: string): Promise<Opened> {
    const { answer } = await this.steadily(async () => {
      const kept = this.#kept.get(tenant, keyId);
      if (kept !== undefined) return kept;
      const before = this.#erasures;
      const secret = await this.#load(tenant, keyId);
      if (secret !== undefined && before === this.#erasures) this.#kept.keep(tenant, keyId, secret);
      return secret;
    });
    return answer;
  }

  async #load(tenant: string, keyId: string): Promise<Opened> {
    if (keyIdBytes(keyId) === undefined) return undefined;
    const found = await this.#ask(keyId);
    if (found === undefined || found.tenant !== tenant) return undefined;
    const owner = await this.tenant(tenant);
    return owner && unwrapKey(owner.key, found.wrapped, ["data key", tenant, keyId]);
  }

  #ask(keyId: string): Promise<Found | undefined> {
    if (this.#asked === undefined) {
      const asked = new Map<string, PromiseWithResolvers<Found | undefined>>();
      this.#asked = asked;
      setImmediate(() => {
        this.#asked = undefined;
        void this.#answer([...asked]);
      });
    }
    const known = this.#asked.get(keyId);
    if (known !== undefined) return known.promise;
    const asking = Promise.withResolvers<Found | undefined>();
    this.#asked.set(keyId, asking);
    return asking.promise;
  }

  async #answer(asked: readonly [string, PromiseWithResolvers<Found | undefined>][]): Promise<void> {
    for (let at = 0; at < asked.length; at += AT_ONCE) {
      const some = asked.slice(at, at + AT_ONCE);
      try {
        const ids = some.map(([keyId]) => stored(keyIdBytes(keyId)!));
        const rows = await this.#documents.keys.find({ _id: { $in: ids } }, READ_TIME).toArray();
        const found = new Map(
          rows.map(({ _id, tenant, wrapped }) => [keyIdOf(bytesOf(_id)), { tenant, wrapped: bytesOf(wrapped) }]),
        );
        for (const [keyId, { resolve }] of some) resolve(found.get(keyId));
      } catch (error) {
        for (const [, { reject }] of some) reject(error);
      }
    }
  }

  async #loadTenant(tenant: string): Promise<TenantKeys | undefined> {
    const row = await this.#documents.tenants.findOne({ _id: tenant }, READ_TIME);
    if (row === null) return undefined;
    const key = await this.#service.unwrap(bytesOf(row.key), ["tenant key", tenant]);
    const claimKey = unwrapKey(key, bytesOf(row.claimKey), ["claim key", tenant]);
    const keys = { key, claimKey };
    this.#tenants.set(tenant, keys);
    return keys;
  }

  /** Resolves once a look was made that is young enough to count. */
  async #look(): Promise<void> {
    for (let looks = 0; !this.#isFresh(); looks++) {
      if (looks === LOOKS) throw new VaultUnavailable("its database answers too late to say which keys were destroyed");
      this.#looking ??= this.#lookNow().finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
  }

  /** A look at what a majority has: a server that no longer leads must not hide a destruction. */
  async #lookNow(): Promise<void> {
    const began = performance.now();
    const state = await this.#documents.state.findOne(
      { _id: "vault" },
      { ...READ_TIME, readConcern: { level: "linearizable" } },
    );
    if (state === null) throw new VaultUnavailable("its documents are gone from the database");
    if (state.erasures !== this.#erasures) this.#kept.clear();
    this.#erasures = state.erasures;
    this.#lookedAt = began;
  }
}

interface Found {
  readonly tenant: string;
  readonly wrapped: Uint8Array;
}
