// Which unique values a resource begins and ceases to bear by its events, and how claims name it.
import { applyChanges } from "../domain/attributes.ts";
import type { ResourceEvent, UserEvent } from "../domain/events.ts";
import type { ClaimingState } from "../domain/resource-state.ts";
import { newlyBorne } from "../domain/unique-values.ts";
import type { JsonObject } from "../scim/json.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import type { Wanted } from "./claim-protocol.ts";
import { derivedId } from "./event-id.ts";
import type { CommandContext } from "./provisioning.ts";

/** A resource that may bear unique values, and what happens to it. */
export interface Bearing<State, Event> {
  readonly type: ResourceType;
  readonly state: State;
  readonly events: readonly Event[];
}

/** A claim names a user by the id alone, and a resource of a tenant's own type by both. */
export const ownerName = ({ name }: ResourceType, id: string): string => `${name}/${id}`;

/** Type and id; of a user the id alone. */
export function readOwner(owner: string): { readonly type?: string; readonly id: string } {
  const slash = owner.indexOf("/");
  return slash < 0 ? { id: owner } : { type: owner.slice(0, slash), id: owner.slice(slash + 1) };
}

export const claimIdsOf =
  ({ commandId }: CommandContext) =>
  (path: string): string =>
    derivedId(commandId, `claim:${path}`);

/** What is to be claimed and what is to be released. */
export function valuesMoved(
  { type, state, events }: Bearing<ClaimingState, UserEvent | ResourceEvent>,
  claimId: (path: string) => string,
): Pick<Wanted, "claim" | "release"> {
  const after = attributesAfter(state, events);
  const claim = newlyBorne(type, state.attributes, after);
  const release = newlyBorne(type, after, state.attributes);
  return {
    claim: claim.map((value) => ({ ...value, claimId: claimId(value.path) })),
    release: release.flatMap((value) => {
      const held = state.claims[value.path];
      return held === undefined ? [] : [{ ...value, claimId: held }];
    }),
  };
}

/** The attributes that bear unique values once the events have happened; none after a deletion. */
function attributesAfter(state: ClaimingState, events: readonly (UserEvent | ResourceEvent)[]): JsonObject {
  let attributes = state.attributes;
  for (const event of events) {
    if (event.type === "UserDeleted" || event.type === "ResourceDeleted") return {};
    if (event.personal === undefined || event.personal === "erased") continue;
    if ("attributes" in event.personal) attributes = event.personal.attributes;
    else if (event.type === "UserAttributesChanged" || event.type === "ResourceAttributesChanged") {
      const { claims, cleared } = event.data;
      if (claims !== undefined || cleared.some((path) => Object.hasOwn(state.claims, path)))
        attributes = applyChanges(state, event.personal.changes).attributes;
    }
  }
  return attributes;
}
