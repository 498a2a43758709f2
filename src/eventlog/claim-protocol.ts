// One name, one owner: a value is claimed on a stream of its own before its owner bears it. Right with
// appends to single streams; a log that appends atomically to several saves the wait.
import { createHmac } from "node:crypto";
import { type ClaimState, claimed, evolve, released, unclaimed, verdict } from "../domain/claim.ts";
import type { Fact } from "../domain/event.ts";
import type { ClaimEvent, ResourceEvent, UserEvent } from "../domain/events.ts";
import { ClaimRevoked } from "../domain/events.ts";
import type { ClaimingState } from "../domain/resource-state.ts";
import type { UniqueValue } from "../domain/unique-values.ts";
import { uniqueness } from "../scim/errors.ts";
import type { DataKey, KeyVault } from "../vault/key-vault.ts";
import type { CommandLoop } from "./command-loop.ts";
import type { Target } from "./decision.ts";
import { derivedId } from "./event-id.ts";
import { type Append, Conflict, type Position } from "./event-log.ts";
import { factsOf } from "./facts.ts";
import { KeyedLock } from "./keyed-lock.ts";
import type { CommandContext } from "./provisioning.ts";
import { sealed } from "./sealing.ts";
import { formatStreamName } from "./stream-name.ts";

/** What a command wants to do with unique values. */
export interface Wanted {
  /** As `ownerTarget` reads it. */
  readonly owner: string;
  /** Seals the claims; needed where there are any. */
  readonly key?: DataKey;
  readonly claim: readonly (UniqueValue & { readonly claimId: string })[];
  readonly release: readonly (UniqueValue & { readonly claimId: string })[];
}

interface ClaimedValue extends UniqueValue {
  readonly stream: string;
  readonly claimId: string;
}

interface Claiming {
  readonly value: ClaimedValue;
  readonly state: ClaimState;
}

export interface Reservation {
  /** When the claims were written, where they were written ahead; the owner's events share it. */
  readonly at?: number;
  /** Appends the owner's events; with them, or around them, the claims. Ends the reservation. */
  commit(appends: readonly Append[], at: number): Promise<Position>;
  /** Ends the reservation without a commit. */
  abandon(): void;
}

export interface ClaimProtocolOptions {
  readonly loop: CommandLoop;
  readonly vault: KeyVault;
  readonly namespace: string;
  /** The resource that an owner's name stands for. */
  readonly ownerTarget: (tenant: string, owner: string) => Target<ClaimingState, UserEvent | ResourceEvent>;
  /** Off: the log's `appendAtomically` is not used, though it is there. */
  readonly atomic: boolean;
}

/** How often and how long a contender looks at a pending claim again. */
const LOOK_AGAIN_MS = 100;
const LOOKS = 10;

export class ClaimProtocol {
  readonly #options: ClaimProtocolOptions;
  readonly #locks = new KeyedLock();

  constructor(options: ClaimProtocolOptions) {
    this.#options = options;
  }

  /** The claim stream of a value: its name is a keyed hash, as names of streams carry no personal data. */
  async streamOf(tenant: string, value: UniqueValue): Promise<string> {
    const key = await this.#options.vault.claimKey(tenant);
    const mac = createHmac("sha256", key).update(value.claim).digest("base64url");
    return formatStreamName(this.#options.namespace, { category: "claim", tenant, mac });
  }

  /**
   * Reserves values for their owner. Throws 409 uniqueness where another bears one of them. The first attempt takes it that
   * a name was never claimed, where the log itself will refuse it atomically if it was.
   */
  async reserve(context: CommandContext, wanted: Wanted, attempt: number): Promise<Reservation> {
    const { loop, atomic } = this.#options;
    const withStream = async (value: Wanted["claim"][number]) => ({
      ...value,
      stream: await this.streamOf(context.tenant, value),
    });
    const claims = await Promise.all(wanted.claim.map(withStream));
    const releases = await Promise.all(wanted.release.map(withStream));
    const unlock = await this.#locks.acquire([...claims, ...releases].map(({ stream }) => stream));
    try {
      const { appendAtomically } = loop.log;
      const isAtomic = atomic && appendAtomically !== undefined;
      const claiming: Claiming[] = [];
      for (const value of claims) {
        const state = isAtomic && attempt === 1 ? unclaimed : await this.#free(context, wanted.owner, value);
        if (state !== "own") claiming.push({ value, state });
      }
      const releasing = await this.#held(wanted.owner, releases);
      const claimAppends = (at: number) =>
        claiming.map(({ value, state }) =>
          this.#append(context, value.stream, state, at, claimed(value.path, wanted.owner, value.claimId), wanted.key),
        );
      const releaseAppends = (at: number) =>
        releasing.map(({ stream, state }) => this.#append(context, stream, state, at, released()));
      if (isAtomic) {
        return once(unlock, (appends, at) =>
          appendAtomically.call(loop.log, [...claimAppends(at), ...appends, ...releaseAppends(at)]),
        );
      }
      const at = loop.clock();
      for (const append of claimAppends(at)) await loop.log.append(append);
      return { at, ...once(unlock, (appends) => this.#commitApart(appends, releaseAppends(at))) };
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Frees a claim whose owner does not bear its value and will not any more; true if it was. */
  async heal(context: CommandContext, stream: string, path: string): Promise<boolean> {
    const unlock = await this.#locks.acquire([stream]);
    try {
      const state = await this.#load(stream);
      const nobody = { owner: "", claim: "" };
      const borne = await this.#isBorne(context.tenant, state, path);
      if (verdict(state, nobody, borne, this.#options.loop.clock()) !== "stale") return false;
      await this.#fence(context, state, path);
      const { log, clock } = this.#options.loop;
      await log.append(this.#append(context, stream, state, clock(), released()));
      return true;
    } catch (error) {
      if (error instanceof Conflict) return false;
      throw error;
    } finally {
      unlock();
    }
  }

  async #commitApart(appends: readonly Append[], releases: readonly Append[]): Promise<Position> {
    const { log } = this.#options.loop;
    let position: Position | undefined;
    for (const append of appends) position = await log.append(append);
    // A release may lag or fail: the claim is dead already, as its owner does not bear the value.
    for (const release of releases) await log.append(release).catch(() => undefined);
    return position!;
  }

  /** The state of a claim that can be taken, or "own" where it is held under this very claim id. */
  async #free(
    context: CommandContext,
    owner: string,
    { path, stream, claimId }: ClaimedValue,
  ): Promise<ClaimState | "own"> {
    for (let look = 1; ; look++) {
      const state = await this.#load(stream);
      const borne = await this.#isBorne(context.tenant, state, path);
      switch (verdict(state, { owner, claim: claimId }, borne, this.#options.loop.clock())) {
        case "free":
          return state;
        case "own":
          return "own";
        case "stale":
          await this.#fence(context, state, path);
          return state;
        case "pending":
          if (look < LOOKS) {
            await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
            break;
          }
          throw taken(path);
        case "taken":
          throw taken(path);
      }
    }
  }

  async #load(stream: string): Promise<ClaimState> {
    const { loop } = this.#options;
    let state = unclaimed;
    for (const fact of await factsOf(await loop.log.read(stream, -1), loop.findKey))
      state = evolve(state, fact as Fact<ClaimEvent>);
    return state;
  }

  async #isBorne(tenant: string, { holder }: ClaimState, path: string): Promise<boolean> {
    if (holder?.owner === undefined) return false;
    const owner = await this.#options.loop.load(this.#options.ownerTarget(tenant, holder.owner));
    return owner.status === "live" && owner.claims[path] === holder.claim;
  }

  /** Makes sure that the holder's pending command can no longer succeed. */
  async #fence(context: CommandContext, { holder }: ClaimState, path: string): Promise<void> {
    if (holder?.owner === undefined || holder.claim === undefined) return;
    const { owner, claim } = holder;
    const target = this.#options.ownerTarget(context.tenant, owner);
    const fencing = { ...context, commandId: derivedId(context.commandId, `fence:${claim}`) };
    await this.#options.loop.execute(target, fencing, (user) => {
      if (user.status === "live" && user.claims[path] === claim) throw taken(path);
      return { events: user.revoked.includes(claim) ? [] : [ClaimRevoked({ attribute: path, claim })] };
    });
  }

  /** Those of the claims that their owner still holds. */
  async #held(
    owner: string,
    releases: readonly { stream: string; claimId: string }[],
  ): Promise<readonly { stream: string; state: ClaimState }[]> {
    const held: { stream: string; state: ClaimState }[] = [];
    for (const { stream, claimId } of releases) {
      const state = await this.#load(stream);
      if (state.holder?.owner === owner && state.holder.claim === claimId) held.push({ stream, state });
    }
    return held;
  }

  #append(
    context: CommandContext,
    stream: string,
    state: ClaimState,
    at: number,
    event: ClaimEvent,
    key?: DataKey,
  ): Append {
    const place = { stream, revision: state.revision + 1, at, name: event.type };
    const events = [sealed(event, place, context, key)];
    return { stream, expected: state.revision === -1 ? "none" : state.revision, events };
  }
}

const taken = (path: string) => uniqueness(`${path}: another resource of the tenant bears this value`);

/** A reservation that gives its locks back when the commit has ended, well or not. */
const once = (unlock: () => void, commit: Reservation["commit"]): Reservation => ({
  abandon: unlock,
  async commit(appends, at) {
    try {
      return await commit(appends, at);
    } finally {
      unlock();
    }
  },
});
