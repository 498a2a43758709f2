// What every aggregate that is a SCIM resource keeps beside its attributes.
import { type AttributeSet, nextElementOf, noAttributes } from "./attributes.ts";
import type { Fact } from "./event.ts";

export interface ResourceState extends AttributeSet {
  readonly status: "absent" | "live" | "deleted";
  /** The stream's last revision; -1: none. */
  readonly revision: number;
  /** Revision of the last event that changed the resource's own attributes or members. */
  readonly version: number;
  /** Microseconds since 1970 UTC. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** Id of the data key that seals the resource's values. */
  readonly key?: string;
  /** Some values could not be opened because their key is destroyed. */
  readonly erased: boolean;
}

/** A resource that may bear unique values. */
export interface ClaimingState extends ResourceState {
  /** Path of a unique value → the claim that reserves it. */
  readonly claims: Readonly<Record<string, string>>;
  /** Claims that a contender fenced off: a pending creation or rename that rests on one must fail. */
  readonly revoked: readonly string[];
}

/** The claims after a change: with new ones, without those of values that are unassigned now. */
export function claimsAfter(
  before: ClaimingState["claims"],
  { claims, cleared }: { readonly claims?: ClaimingState["claims"] | undefined; readonly cleared: readonly string[] },
): ClaimingState["claims"] {
  const gone = cleared.filter((path) => Object.hasOwn(before, path));
  if (claims === undefined && gone.length === 0) return before;
  const after = { ...before, ...claims };
  for (const path of gone) delete after[path];
  return after;
}

export const absentResource: ResourceState = {
  ...noAttributes,
  status: "absent",
  revision: -1,
  version: -1,
  createdAt: 0,
  modifiedAt: 0,
  erased: false,
};

/** What a creation makes of a state: alive, its values under this key. */
export const bornBy = (fact: Fact) =>
  ({
    ...movedBy(fact),
    status: "live",
    createdAt: fact.at,
    ...(fact.key === undefined ? {} : { key: fact.key }),
  }) as const;

/** The attributes that a creation holds, where they can be read. */
export const createdWith = ({ attributes, elements }: Omit<AttributeSet, "nextElement">): AttributeSet => ({
  attributes,
  elements,
  nextElement: nextElementOf(elements),
});

/** The part of the state that moves when a fact changes the resource itself. */
export const movedBy = (fact: Fact): Pick<ResourceState, "revision" | "version" | "modifiedAt"> => ({
  revision: fact.revision,
  version: fact.revision,
  modifiedAt: fact.at,
});
