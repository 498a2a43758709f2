// `grants`: who held what, from when to when. Half-open intervals; the end of a life ends them too, which readers take from
// the resource itself.
import type { Fact } from "../../domain/event.ts";
import type { GrantedValue, GroupEvent, UserEvent } from "../../domain/events.ts";
import type { EndCause } from "../../readstore/read-store.ts";
import type { GrantChange } from "../../readstore/view-writer.ts";
import type { Step } from "../open-changes.ts";

const NONE: readonly GrantChange[] = [];

/** The intervals that a step begins and ends. */
export const grantChanges = (step: Step): readonly GrantChange[] =>
  step.key.type === "Tenant"
    ? NONE
    : step.effects.flatMap((fact) => changesOf(fact as Fact<UserEvent | GroupEvent>, step));

function changesOf({ event }: Fact<UserEvent | GroupEvent>, step: Step): readonly GrantChange[] {
  switch (event.type) {
    case "UserCreated":
      return [...(event.data.active === false ? [] : [account(step, true)]), ...held(step, true, event.data.granted)];
    case "UserAttributesChanged":
      return regranted(step, event.data.revoked, event.data.granted);
    case "UserDeactivated":
      return [account(step, false)];
    case "UserReactivated":
      return [account(step, true)];
    case "GroupMembersAdded":
      return event.data.members.map((subject) => membership(step, true, subject));
    case "GroupMembersRemoved":
      return event.data.members.map((subject) => membership(step, false, subject, event.data.cause));
    default:
      return NONE;
  }
}

/** A value that an element keeps, as when only its display changes, stays granted without a break. */
function regranted(step: Step, revoked: readonly GrantedValue[], granted: readonly GrantedValue[]): GrantChange[] {
  const without = (values: readonly GrantedValue[], others: readonly GrantedValue[]) =>
    values.filter((one) => !others.some((other) => isSame(one, other)));
  return [...held(step, false, without(revoked, granted)), ...held(step, true, without(granted, revoked))];
}

const isSame = (a: GrantedValue, b: GrantedValue): boolean =>
  a.attribute === b.attribute && a.element === b.element && a.value === b.value;

const account = ({ key: { tenant, id }, place }: Step, open: boolean): GrantChange => ({
  open,
  tenant,
  kind: "account",
  subject: id,
  target: id,
  place,
  ...(open ? {} : { cause: "userDeactivated" as const }),
});

const held = ({ key: { tenant, id }, place }: Step, open: boolean, values: readonly GrantedValue[]): GrantChange[] =>
  values.map(({ attribute, element, value }) => ({
    open,
    tenant,
    kind: attribute === "roles" ? "role" : "entitlement",
    subject: id,
    target: value,
    element,
    place,
    ...(open ? {} : { cause: "revoked" as const }),
  }));

const membership = (
  { key, place }: Step,
  open: boolean,
  subject: string,
  cause: EndCause = "removed",
): GrantChange => ({
  open,
  tenant: key.tenant,
  kind: "group",
  subject,
  target: key.id,
  place,
  ...(open ? {} : { cause }),
});
