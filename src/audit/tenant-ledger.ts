// What can be asked of the tenants' ledgers, by the edge and by the command line.
import type { EventLog } from "../eventlog/event-log.ts";
import { toBase64 } from "../ledger/base64.ts";
import { parseCheckpoint } from "../ledger/checkpoint.ts";
import { HASH_BYTES } from "../ledger/hash.ts";
import { INSTANCE, type LedgerKeys, originOf } from "../ledger/keys.ts";
import { proveConsistency, proveInclusion, type TileSource } from "../ledger/prove.ts";
import { parseNote } from "../ledger/signed-note.ts";
import { TILE_WIDTH, writeBundle } from "../ledger/tiles.ts";
import { formatProof } from "../ledger/tlog-proof.ts";
import type { VerifierKey } from "../ledger/verifier-key.ts";
import { entryOf } from "../projections/ledger/entry-of.ts";
import type { LedgerStore } from "../readstore/ledger-store.ts";
import { loggedHead } from "./logged-heads.ts";

export interface TenantLedgerOptions {
  readonly ledgers: LedgerStore;
  readonly log: Pick<EventLog, "read" | "readAt">;
  readonly namespace: string;
  readonly keys: LedgerKeys;
  /** The last signed head of a tenant, a note. */
  readonly latest: (tenant: string) => string | undefined;
  /** Why a tenant's ledger is FAILED. */
  readonly failure: (tenant: string) => string | undefined;
}

export interface LedgerStatus {
  readonly tenant: string;
  readonly verdict: "UNANCHORED" | "SIGNED" | "FAILED";
  readonly reason?: string;
  /** Leaves, of which those beyond the head are under no signature yet. */
  readonly size: number;
  readonly head?: { readonly origin: string; readonly size: number; readonly root: string };
}

export class TenantLedger {
  readonly #options: TenantLedgerOptions;

  constructor(options: TenantLedgerOptions) {
    this.#options = options;
  }

  async status(tenant: string): Promise<LedgerStatus> {
    const note = this.checkpoint(tenant);
    const reason = this.#options.failure(tenant);
    const size = await this.size(tenant);
    if (note === undefined)
      return { tenant, ...(reason === undefined ? { verdict: "UNANCHORED" } : { verdict: "FAILED", reason }), size };
    const { origin, size: signed, root } = parseCheckpoint(parseNote(note).text);
    const verdict = reason === undefined ? { verdict: "SIGNED" as const } : { verdict: "FAILED" as const, reason };
    return { tenant, ...verdict, size, head: { origin, size: signed, root: toBase64(root) } };
  }

  checkpoint(tenant: string): string | undefined {
    return this.#options.latest(tenant);
  }

  /** The keys under which the tenant's heads are to be verified, those that no longer sign too. */
  keys(tenant: string): readonly VerifierKey[] {
    const { keys } = this.#options;
    const note = this.checkpoint(tenant);
    const origin = note === undefined ? originOf(keys.name, tenant, 1) : parseCheckpoint(parseNote(note).text).origin;
    return keys.verifiers(origin);
  }

  async size(tenant: string): Promise<number> {
    return this.#options.ledgers.ledgerSize(tenant);
  }

  /** The first `width` hashes of a tile; undefined where it has not so many. */
  async tile(tenant: string, level: number, n: number, width: number): Promise<Uint8Array | undefined> {
    const tile = await this.#options.ledgers.ledgerTile(tenant, level, n);
    return tile === undefined || tile.length < width * HASH_BYTES ? undefined : tile.subarray(0, width * HASH_BYTES);
  }

  /** The records of a tile's first `width` leaves, made from the log; undefined where it has not so many. */
  async bundle(tenant: string, n: number, width: number): Promise<Uint8Array | undefined> {
    const { ledgers, log } = this.#options;
    const positions = (await ledgers.ledgerPositions(tenant, n)).slice(0, width);
    if (positions.length < width) return undefined;
    const events = await log.readAt(positions);
    return writeBundle(events.map((event) => entryOf(tenant, event)));
  }

  /** The leaf of an event of this id. */
  async indexOf(tenant: string, eventId: string): Promise<number | undefined> {
    const { ledgers, log } = this.#options;
    for (const { index, position } of await ledgers.ledgerCandidates(tenant, eventId)) {
      const [event] = await log.readAt([position]);
      if (event?.id === eventId) return index;
    }
    return undefined;
  }

  /** A proof that stands alone, against the last signed head; "unsigned" while the leaf is under none. */
  async proof(tenant: string, index: number): Promise<string | "absent" | "unsigned"> {
    const checkpoint = this.checkpoint(tenant);
    const signed = checkpoint === undefined ? 0 : parseCheckpoint(parseNote(checkpoint).text).size;
    if (checkpoint === undefined || index >= signed) return index < (await this.size(tenant)) ? "unsigned" : "absent";
    const { ledgers, log } = this.#options;
    const position = (await ledgers.ledgerPositions(tenant, Math.floor(index / TILE_WIDTH)))[index % TILE_WIDTH]!;
    const [event] = await log.readAt([position]);
    const extra = entryOf(tenant, event!);
    const path = await proveInclusion(index, signed, this.#tiles(tenant));
    return formatProof({ extra, index, path, checkpoint });
  }

  /**
   * A proof that a head of the tenant, the last or the one over so many leaves, is in the instance's tree, against the last
   * head of that; "unsigned" while it is under none.
   */
  async headProof(tenant: string, size?: number): Promise<string | "absent" | "unsigned"> {
    const head = await loggedHead(tenant, size, this.#options);
    const index = head && (await this.#options.ledgers.ledgerIndexAt(INSTANCE, head.position));
    return index === undefined ? "absent" : this.proof(INSTANCE, index);
  }

  /** Base 64. */
  async consistency(tenant: string, from: number, to: number): Promise<readonly string[]> {
    return (await proveConsistency(from, to, this.#tiles(tenant))).map(toBase64);
  }

  #tiles(tenant: string): TileSource {
    return ({ level, n }) => this.#options.ledgers.ledgerTile(tenant, level, n);
  }
}
