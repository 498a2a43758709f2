// What every aggregate that is a SCIM resource keeps beside its attributes.
import { type AttributeSet, noAttributes } from "./attributes.ts";
import type { Fact } from "./event.ts";

export interface ResourceState extends AttributeSet {
  readonly status: "absent" | "live" | "deleted";
  /** The stream's last revision; -1: none. */
  readonly revision: number;
  /** Revision of the last event that changed the resource's own attributes or members (DESIGN §6). */
  readonly version: number;
  /** Microseconds since 1970 UTC. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** Id of the data key that seals the resource's values. */
  readonly key?: string;
  /** Some values could not be opened because their key is destroyed. */
  readonly erased: boolean;
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

/** The part of the state that moves when a fact changes the resource itself. */
export const movedBy = (fact: Fact): Pick<ResourceState, "revision" | "version" | "modifiedAt"> => ({
  revision: fact.revision,
  version: fact.revision,
  modifiedAt: fact.at,
});
