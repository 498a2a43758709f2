// The aggregates of SCIM resources, one a type: what the command loop folds their streams with.
import type { GroupEvent, ResourceEvent, UserEvent } from "../domain/events.ts";
import { absentGroup, evolve as evolveGroup, type GroupState } from "../domain/group.ts";
import { absentCustom, type CustomState, evolve as evolveCustom } from "../domain/resource.ts";
import type { ResourceState } from "../domain/resource-state.ts";
import { absentUser, evolve as evolveUser, type UserState } from "../domain/user.ts";
import { once } from "../scim/once.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import { weightOf } from "../scim/work.ts";
import type { Aggregate } from "./aggregate.ts";

/** A resource with more text than this is loaded again for its next command: thousands of them would fill the memory. */
const HEAVY_ATTRIBUTES = 50_000;

const hasHeavyAttributes = (state: ResourceState | undefined): boolean =>
  state !== undefined && weightOf(state.attributes) > HEAVY_ATTRIBUTES;

export const userAggregate = once(
  (type: ResourceType): Aggregate<UserState, UserEvent> => ({
    initial: absentUser,
    evolve: (user, fact) => evolveUser(user, fact, type),
    isHeavy: hasHeavyAttributes,
  }),
);

export const customAggregate = once(
  (type: ResourceType): Aggregate<CustomState, ResourceEvent> => ({
    initial: absentCustom,
    evolve: (resource, fact) => evolveCustom(resource, fact, type),
    isHeavy: hasHeavyAttributes,
  }),
);

/** A group whose known members take more than about two megabytes is loaded again for its next command. */
const HEAVY_MEMBERS = 20_000;

export const groupAggregate = once(
  (type: ResourceType): Aggregate<GroupState, GroupEvent> => ({
    initial: absentGroup,
    evolve: (group, fact) => evolveGroup(group, fact, type),
    isHeavy: (group) => (group?.members.weight ?? 0) > HEAVY_MEMBERS || hasHeavyAttributes(group),
  }),
);
