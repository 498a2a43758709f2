// Heads of the ledger where several nodes may sign: what is signed now goes on from the last head, whichever node signed it; and
// what one node finds of a tenant's log every node is told.
import type { Actor } from "../eventlog/provisioning.ts";
import { type HeadKeeper, INSTANCE } from "../ledger/keys.ts";
import { Checkpoints, type CheckpointsOptions } from "./checkpoints.ts";

/** Heads that all nodes know. */
export interface SharedHeads extends HeadKeeper {
  /** Takes in what other nodes wrote. */
  follow(): Promise<void>;
  /** Why a tenant's log is not to be written; undefined where all is well. */
  failure(tenant: string): string | undefined;
  failures(): readonly string[];
  keepFailure(tenant: string, failure: string | undefined): Promise<void>;
}

export interface NodeCheckpointsOptions extends Omit<CheckpointsOptions, "heads"> {
  readonly heads: SharedHeads;
  /** Whether an error says that another node signed meanwhile. */
  readonly isMoved: (error: unknown) => boolean;
}

/** How often a head is signed anew when others sign as well. */
const TRIES = 5;

export class NodeCheckpoints {
  readonly #heads: SharedHeads;
  readonly #isMoved: (error: unknown) => boolean;
  readonly #checkpoints: Checkpoints;

  constructor({ isMoved, ...options }: NodeCheckpointsOptions) {
    this.#heads = options.heads;
    this.#isMoved = isMoved;
    this.#checkpoints = new Checkpoints(options);
  }

  /** Holds every tenant's log to its last head, and tells every node of those that are behind, and of those that are no more. */
  async inspect(): Promise<void> {
    await this.#heads.follow();
    await this.#checkpoints.inspect();
    for (const tenant of new Set([...this.#checkpoints.failures.keys(), ...this.#heads.failures()]))
      await this.#tell(tenant);
  }

  /** The last head of every tenant, as it was signed. */
  heads(): readonly (readonly [tenant: string, note: string])[] {
    return this.#checkpoints.heads();
  }

  addCosignature(...given: Parameters<Checkpoints["addCosignature"]>): void | Promise<void> {
    return this.#checkpoints.addCosignature(...given);
  }

  /** Signs the head of a tenant's tree, where it has grown. */
  async sign(tenant: string): Promise<void> {
    await this.#goingOn(
      () => this.#checkpoints.sign(tenant),
      () => this.#checkpoints.inspectOne(tenant),
    );
    await this.#tell(tenant);
  }

  /** Signs the head of every tree that has grown. */
  async signAll(): Promise<void> {
    await this.#goingOn(
      () => this.#checkpoints.signAll(),
      () => this.#checkpoints.inspect(),
    );
    for (const tenant of this.#checkpoints.failures.keys()) await this.#tell(tenant);
  }

  /** See `Checkpoints.acceptRestore`. Throws NothingToAccept. */
  async acceptRestore(tenant: string, reason: string, by?: Actor): Promise<string> {
    await this.#heads.follow();
    for (const one of [tenant, INSTANCE]) await this.#checkpoints.inspectOne(one);
    const note = await this.#checkpoints.acceptRestore(tenant, reason, by);
    for (const one of [tenant, INSTANCE]) await this.#tell(one);
    return note;
  }

  /** Where another node has signed, from its head. */
  async #goingOn(sign: () => Promise<void>, renew: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await sign();
      } catch (error) {
        if (!this.#isMoved(error) || attempt === TRIES) throw error;
        await this.#heads.follow();
        await renew();
      }
    }
  }

  #tell(tenant: string): Promise<void> {
    return this.#heads.keepFailure(tenant, this.#checkpoints.failure(tenant));
  }
}
