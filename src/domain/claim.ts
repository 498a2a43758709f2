// A claim: one unique value of a tenant, reserved for one owner at a time.
import type { Fact } from "./event.ts";
import { type ClaimEvent, IdentifierClaimed, IdentifierReleased } from "./events.ts";

export interface Holder {
  /** Undefined once the owner's values were erased: nobody bears the value any more. */
  readonly owner: string | undefined;
  readonly claim: string | undefined;
  /** Microseconds. */
  readonly since: number;
}

export interface ClaimState {
  readonly revision: number;
  readonly holder?: Holder;
}

export const unclaimed: ClaimState = { revision: -1 };

/** A claim that nobody made good is left alone for this long, in microseconds. */
export const PENDING_FOR = 5_000_000;

export type ClaimVerdict = "free" | "own" | "taken" | "pending" | "stale";

/** What a claim means for somebody who wants its value; `borne`: its holder lives and bears the value. */
export function verdict(
  state: ClaimState,
  wanted: { owner: string; claim: string },
  borne: boolean,
  now: number,
): ClaimVerdict {
  const { holder } = state;
  if (holder?.owner === undefined) return "free";
  if (holder.owner === wanted.owner) return holder.claim === wanted.claim ? "own" : "free";
  if (borne) return "taken";
  return now - holder.since < PENDING_FOR ? "pending" : "stale";
}

export const claimed = (attribute: string, owner: string, claim: string): ClaimEvent =>
  IdentifierClaimed({ attribute }, { owner, claim });
export const released = (): ClaimEvent => IdentifierReleased({});

/** A claim knows no earlier holder: each event says all of the state after it. */
export function evolve(_state: ClaimState, { event, revision, at }: Fact<ClaimEvent>): ClaimState {
  switch (event.type) {
    case "IdentifierClaimed": {
      const known = event.personal === "erased" ? undefined : event.personal;
      return { revision, holder: { owner: known?.owner, claim: known?.claim, since: at } };
    }
    case "IdentifierReleased":
      return { revision };
    default:
      throw new Error(`unknown claim event ${(event satisfies never as Fact["event"]).type}`);
  }
}
