// Signs the heads of the tenants' trees. A head is kept outside the log before it is appended and handed out: whoever sets the
// log back later is found out at the next start, and the tenant is not written until somebody answers for it.
import type { DomainEvent } from "../domain/event.ts";
import { CheckpointSigned, RestoreAccepted } from "../domain/ledger-events.ts";
import { type Position, Unavailable } from "../eventlog/event-log.ts";
import type { Actor } from "../eventlog/provisioning.ts";
import { toBase64 } from "../ledger/base64.ts";
import { formatCheckpoint } from "../ledger/checkpoint.ts";
import { epochIn, type HeadKeeper, INSTANCE, type LedgerKeys, originOf } from "../ledger/keys.ts";
import { proveConsistency, rootAt, type TileSource } from "../ledger/prove.ts";
import { formatNote, type NoteSignature, parseNote } from "../ledger/signed-note.ts";
import { verifyConsistency } from "../ledger/verify.ts";
import type { LedgerStore } from "../readstore/ledger-store.ts";
import { type Head, type Known, lastHeadOf, tilesOf } from "./last-heads.ts";
import type { LedgerLog } from "./ledger-log.ts";

export interface CheckpointsOptions {
  readonly ledgers: LedgerStore;
  readonly ledgerLog: Pick<LedgerLog, "append">;
  readonly keys: LedgerKeys;
  readonly heads: HeadKeeper;
  /** Resolves once the read models have passed a position. */
  readonly visible?: (position: Position) => Promise<void>;
  /** Told of each new head. */
  readonly onSigned?: (tenant: string, note: string) => void;
  /** Told why a tenant's log is not to be written. */
  readonly onFailed?: (tenant: string, reason: string) => void;
}

/** The log of a tenant is not behind its last signed head. */
export class NothingToAccept extends Error {
  override readonly name = "NothingToAccept";
  constructor(tenant: string) {
    super(`the log of “${tenant}” is not behind its last signed head`);
  }
}

export class Checkpoints {
  readonly #options: CheckpointsOptions;
  readonly #known = new Map<string, Known>();
  readonly #failed = new Map<string, string>();
  /** One at a time, for all tenants: a head must see the one before it. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Where the ledgers' last event stands. */
  #appended: Position | undefined;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  /**
   * Holds every tenant's log to the last head that was signed of it. Call it before anything is written, and again where
   * others may have signed.
   */
  async inspect(): Promise<void> {
    const { ledgers, heads } = this.#options;
    for (const tenant of new Set([...(await ledgers.ledgerTenants()), ...heads.tenants()]))
      await this.inspectOne(tenant);
  }

  /** Holds one tenant's log to its last head, whoever signed it. */
  inspectOne(tenant: string): Promise<void> {
    return this.#inTurn(() => this.#load(tenant));
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
    if (reason !== undefined) throw notAdmitted(tenant, reason);
  }

  /** The last head of a tenant's tree, a signed note; undefined before the first. */
  latest(tenant: string): string | undefined {
    const head = this.#known.get(tenant)?.head;
    return head?.cosigned ?? head?.note;
  }

  /** Adds a witness's signature to the head of this text, while that is the last one; kept once it is over. */
  addCosignature(tenant: string, text: string, cosignature: NoteSignature): void | Promise<void> {
    const known = this.#known.get(tenant);
    if (known?.head === undefined) return;
    const note = parseNote(known.head.cosigned ?? known.head.note);
    if (note.text !== text) return;
    const others = note.signatures.filter(({ name, id }) => name !== cosignature.name || id !== cosignature.id);
    const cosigned = formatNote({ text, signatures: [...others, cosignature] });
    known.head = { ...known.head, cosigned };
    return this.#options.heads.keepCosigned(tenant, cosigned);
  }

  /** The last head of every tenant, as it was signed. */
  heads(): readonly (readonly [tenant: string, note: string])[] {
    return [...this.#known].flatMap(([tenant, { head }]) => (head === undefined ? [] : [[tenant, head.note] as const]));
  }

  /**
   * Signs the head of every tree that has grown, and then that of the instance's tree, over the heads of the others. Whatever
   * goes wrong with one leaves the others alone, and is thrown at the end.
   */
  async signAll(): Promise<void> {
    const errors: unknown[] = [];
    const failing = (error: unknown) => void errors.push(error);
    for (const tenant of await this.#options.ledgers.ledgerTenants())
      if (tenant !== INSTANCE) await this.sign(tenant).catch(failing);
    await this.#signInstance().catch(failing);
    if (errors.length > 0) throw errors[0];
  }

  async #signInstance(): Promise<void> {
    if (this.#appended !== undefined) await this.#options.visible?.(this.#appended);
    await this.sign(INSTANCE);
  }

  /** Signs the head of a tenant's tree, where it has grown. */
  sign(tenant: string): Promise<void> {
    return this.#inTurn(() => this.#sign(tenant));
  }

  /**
   * Takes the log of a tenant as it is, though it is behind its last signed head: recorded, under the ledger's key, and the
   * tree goes on under another name. So does the instance's, where it is behind as well. Throws NothingToAccept.
   */
  async acceptRestore(tenant: string, reason: string, by?: Actor): Promise<string> {
    await this.#inTurn(() => this.#acceptRestore(tenant, reason, by));
    const isInstanceBehind = tenant !== INSTANCE && this.failure(INSTANCE) !== undefined;
    if (isInstanceBehind) await this.#inTurn(() => this.#acceptRestore(INSTANCE, reason, by));
    await this.#signInstance();
    return this.latest(tenant) ?? "";
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #acceptRestore(tenant: string, reason: string, by: Actor | undefined): Promise<void> {
    const { keys, heads, ledgers } = this.#options;
    if (this.failure(tenant) === undefined) throw new NothingToAccept(tenant);
    const known = this.#known.get(tenant)!;
    const behind = heads.last(tenant);
    const epoch = 1 + Math.max(known.epoch, (behind && epochOf(behind, keys.name, tenant)) || 1);
    const origin = originOf(keys.name, tenant, epoch);
    const text = `scim-ledger/restore-accepted/v1\n${origin}\n${await ledgers.ledgerSize(tenant)}\n${JSON.stringify(reason)}\n`;
    const note = formatNote({ text, signatures: keys.signers(origin).map((signer) => signer.sign(text)) });
    const event = RestoreAccepted({ epoch, reason, note, ...(behind === undefined ? {} : { behind }) });
    await this.#log(tenant, event, known, by);
    this.#known.set(tenant, { head: undefined, revision: known.revision, epoch, logged: undefined });
    this.#failed.delete(tenant);
    await this.#sign(tenant);
  }

  async #load(tenant: string): Promise<void> {
    const { known, failure } = await lastHeadOf(tenant, this.#options);
    this.#known.set(tenant, known);
    if (failure === undefined) this.#failed.delete(tenant);
    else this.#fail(tenant, failure);
  }

  #fail(tenant: string, reason: string): void {
    this.#failed.set(tenant, reason);
    this.#options.onFailed?.(tenant, reason);
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
      await this.#options.heads.keep(tenant, head.note);
      known.head = head;
      this.#options.onSigned?.(tenant, head.note);
    }
    await this.#append(tenant, known, known.head);
  }

  /** A head over `size` leaves, where it continues the last one. */
  async #next(tenant: string, size: number, known: Known): Promise<Head | undefined> {
    const { keys } = this.#options;
    const tiles = tilesOf(this.#options.ledgers, tenant);
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
    await this.#log(tenant, event, known);
    known.logged = note;
  }

  async #log(tenant: string, event: DomainEvent, known: Known, by?: Actor): Promise<void> {
    const { revision, position } = await this.#options.ledgerLog.append(tenant, event, known.revision, by);
    known.revision = revision;
    this.#appended = position;
  }
}

/** Why a tenant's log is not written. */
export const notAdmitted = (tenant: string, reason: string): Unavailable =>
  new Unavailable(`the ledger of “${tenant}” is FAILED, ${reason}; see “scim-ledger ledger accept-restore”`, "no");

/** The epoch of a note that may be anything. */
function epochOf(note: string, name: string, tenant: string): number | undefined {
  const [origin = ""] = note.split("\n");
  return epochIn(origin, name, tenant);
}
