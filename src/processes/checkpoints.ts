// Signs the heads of the tenants' trees. A head is kept outside the log before it is appended and handed out: whoever sets the
// log back later is found out at the next start, and the tenant is not written until somebody answers for it.
import { CheckpointSigned, RestoreAccepted } from "../domain/ledger-events.ts";
import { Unavailable } from "../eventlog/event-log.ts";
import { toBase64 } from "../ledger/base64.ts";
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from "../ledger/checkpoint.ts";
import { sameBytes } from "../ledger/hash.ts";
import { epochIn, type HeadKeeper, type LedgerKeys, originOf } from "../ledger/keys.ts";
import { proveConsistency, rootAt, type TileSource, TreeIncomplete } from "../ledger/prove.ts";
import { formatNote, type NoteSignature, parseNote, verifyNote } from "../ledger/signed-note.ts";
import { verifyConsistency } from "../ledger/verify.ts";
import type { LedgerStore } from "../readstore/ledger-store.ts";
import type { LedgerLog } from "./ledger-log.ts";

export interface CheckpointsOptions {
  readonly ledgers: LedgerStore;
  readonly ledgerLog: Pick<LedgerLog, "append">;
  readonly keys: LedgerKeys;
  readonly heads: HeadKeeper;
  /** Told of each new head. */
  readonly onSigned?: (tenant: string, note: string) => void;
  /** Told why a tenant's log is not to be written. */
  readonly onFailed?: (tenant: string, reason: string) => void;
}

interface Head extends Checkpoint {
  readonly epoch: number;
  /** As it was signed. */
  readonly note: string;
  /** With what witnesses have added. */
  readonly cosigned?: string;
}

/** What is known of a tenant's heads. */
interface Known {
  /** The last that was signed. */
  head: Head | undefined;
  /** Revision of the last event of the ledger's stream. */
  revision: number;
  /** Of the log's last word on the tree. */
  epoch: number;
  /** The note that the log has. */
  logged: string | undefined;
}

export class Checkpoints {
  readonly #options: CheckpointsOptions;
  readonly #known = new Map<string, Known>();
  readonly #failed = new Map<string, string>();
  /** One at a time, for all tenants: a head must see the one before it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /** Holds every tenant's log to the last head that was signed of it. Call it once, before anything is written. */
  async inspect(): Promise<void> {
    const { ledgers, heads } = this.#options;
    for (const tenant of new Set([...(await ledgers.ledgerTenants()), ...heads.tenants()])) await this.#load(tenant);
  }

  /** Why a tenant's log is not to be written; undefined where all is well. */
  failure(tenant: string): string | undefined {
    return this.#failed.get(tenant);
  }

  get failures(): ReadonlyMap<string, string> {
    return this.#failed;
  }

  /** Throws Unavailable where a tenant's log is behind its last signed head. */
  admit(tenant: string): void {
    const reason = this.#failed.get(tenant);
    if (reason !== undefined)
      throw new Unavailable(
        `the ledger of “${tenant}” is FAILED, ${reason}; see “scim-ledger ledger accept-restore”`,
        "no",
      );
  }

  /** The last head of a tenant's tree, a signed note; undefined before the first. */
  latest(tenant: string): string | undefined {
    const head = this.#known.get(tenant)?.head;
    return head?.cosigned ?? head?.note;
  }

  /** Adds a witness's signature to the head of this text, while that is the last one. */
  addCosignature(tenant: string, text: string, cosignature: NoteSignature): void {
    const known = this.#known.get(tenant);
    if (known?.head === undefined) return;
    const note = parseNote(known.head.cosigned ?? known.head.note);
    if (note.text !== text) return;
    const others = note.signatures.filter(({ name, id }) => name !== cosignature.name || id !== cosignature.id);
    known.head = { ...known.head, cosigned: formatNote({ text, signatures: [...others, cosignature] }) };
  }

  /** The last head of every tenant, as it was signed. */
  heads(): readonly (readonly [tenant: string, note: string])[] {
    return [...this.#known].flatMap(([tenant, { head }]) => (head === undefined ? [] : [[tenant, head.note] as const]));
  }

  /** Signs the head of every tree that has grown. Whatever goes wrong with one leaves the others alone, and is thrown at the end. */
  async signAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const tenant of await this.#options.ledgers.ledgerTenants()) {
      await this.sign(tenant).catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Signs the head of a tenant's tree, where it has grown. */
  sign(tenant: string): Promise<void> {
    const signed = this.#turn.then(() => this.#sign(tenant));
    this.#turn = signed.catch(() => undefined);
    return signed;
  }

  /**
   * Takes the log of a tenant as it is, though it is behind its last signed head: recorded, under the ledger's key, and the
   * tree goes on under another name. Throws an Error where there is nothing to accept.
   */
  async acceptRestore(tenant: string, reason: string): Promise<string> {
    const { keys, heads, ledgers, ledgerLog } = this.#options;
    const failure = this.failure(tenant);
    if (failure === undefined) throw new Error(`the log of “${tenant}” is not behind its last signed head`);
    const known = this.#known.get(tenant)!;
    const behind = heads.last(tenant);
    const epoch = 1 + Math.max(known.epoch, (behind && epochOf(behind, keys.name, tenant)) || 1);
    const origin = originOf(keys.name, tenant, epoch);
    const text = `scim-ledger/restore-accepted/v1\n${origin}\n${await ledgers.ledgerSize(tenant)}\n${JSON.stringify(reason)}\n`;
    const note = formatNote({ text, signatures: keys.signers(origin).map((signer) => signer.sign(text)) });
    const event = RestoreAccepted({ epoch, reason, note, ...(behind === undefined ? {} : { behind }) });
    const revision = await ledgerLog.append(tenant, event, known.revision);
    this.#known.set(tenant, { head: undefined, revision, epoch, logged: undefined });
    this.#failed.delete(tenant);
    await this.sign(tenant);
    return this.latest(tenant) ?? "";
  }

  async #load(tenant: string): Promise<void> {
    const { ledgers, heads } = this.#options;
    const logged = await ledgers.ledgerHead(tenant);
    const known: Known = {
      head: undefined,
      revision: logged?.revision ?? -1,
      epoch: logged?.epoch ?? 1,
      logged: logged?.note,
    };
    this.#known.set(tenant, known);
    const note = heads.last(tenant) ?? logged?.note;
    if (note === undefined) return;
    const head = this.#read(tenant, note);
    const reason = typeof head === "string" ? head : await this.#whyBehind(tenant, head);
    if (reason === undefined) known.head = head as Head;
    else this.#fail(tenant, reason);
  }

  /** A head that was signed for the tenant; or why it is none. */
  #read(tenant: string, note: string): Head | string {
    const { keys } = this.#options;
    try {
      const parsed = parseNote(note);
      const checkpoint = parseCheckpoint(parsed.text);
      const epoch = epochIn(checkpoint.origin, keys.name, tenant);
      if (epoch === undefined) return `its last head is of another tree, ${checkpoint.origin}`;
      verifyNote(parsed, keys.verifiers(checkpoint.origin));
      return { ...checkpoint, epoch, note };
    } catch (error) {
      return `its last head cannot be read: ${error instanceof Error ? error.message : error}`;
    }
  }

  async #whyBehind(tenant: string, head: Head): Promise<string | undefined> {
    const size = await this.#options.ledgers.ledgerSize(tenant);
    if (size < head.size) return `its log has ${size} events and a head over ${head.size} was signed`;
    const root = await rootAt(head.size, this.#tiles(tenant)).catch((error: unknown) => {
      if (error instanceof TreeIncomplete) return undefined;
      throw error;
    });
    if (root === undefined) return "the tiles of its tree are damaged: stop the service and delete views.db";
    if (sameBytes(root, head.root)) return undefined;
    return `its first ${head.size} events are not those over which a head was signed`;
  }

  #fail(tenant: string, reason: string): void {
    this.#failed.set(tenant, reason);
    this.#options.onFailed?.(tenant, reason);
  }

  #tiles(tenant: string): TileSource {
    return ({ level, n }) => this.#options.ledgers.ledgerTile(tenant, level, n);
  }

  async #sign(tenant: string): Promise<void> {
    if (this.#failed.has(tenant)) return;
    const known = this.#known.get(tenant) ?? { head: undefined, revision: -1, epoch: 1, logged: undefined };
    this.#known.set(tenant, known);
    const size = await this.#options.ledgers.ledgerSize(tenant);
    // Only after a restore is there anything to be said of an empty tree: that it follows a larger one.
    if (size === 0 && known.head === undefined && known.epoch === 1) return;
    if (known.head === undefined || size !== known.head.size) {
      const head = await this.#next(tenant, size, known);
      if (head === undefined) return;
      this.#options.heads.keep(tenant, head.note);
      known.head = head;
      this.#options.onSigned?.(tenant, head.note);
    }
    await this.#append(tenant, known, known.head);
  }

  /** A head over `size` leaves, where it continues the last one. */
  async #next(tenant: string, size: number, known: Known): Promise<Head | undefined> {
    const { keys } = this.#options;
    const tiles = this.#tiles(tenant);
    const root = await rootAt(size, tiles);
    const last = known.head;
    if (last !== undefined && !(await this.#continues(last, size, root, tiles))) {
      this.#fail(tenant, `its tree of ${size} events does not continue the head over ${last.size}`);
      return undefined;
    }
    const epoch = last?.epoch ?? known.epoch;
    const origin = originOf(keys.name, tenant, epoch);
    const text = formatCheckpoint({ origin, size, root });
    const note = formatNote({ text, signatures: keys.signers(origin).map((signer) => signer.sign(text)) });
    return { origin, size, root, epoch, note };
  }

  async #continues(last: Head, size: number, root: Uint8Array, tiles: TileSource): Promise<boolean> {
    if (size < last.size) return false;
    const path = await proveConsistency(last.size, size, tiles);
    return verifyConsistency({ from: last.size, to: size, fromRoot: last.root, toRoot: root, path });
  }

  /** Also what a failure kept from the log before. */
  async #append(tenant: string, known: Known, { size, root, epoch, note }: Head): Promise<void> {
    if (known.logged === note) return;
    const event = CheckpointSigned({ size, root: toBase64(root), epoch, note });
    known.revision = await this.#options.ledgerLog.append(tenant, event, known.revision);
    known.logged = note;
  }
}

/** The epoch of a note that may be anything. */
function epochOf(note: string, name: string, tenant: string): number | undefined {
  const [origin = ""] = note.split("\n");
  return epochIn(origin, name, tenant);
}
