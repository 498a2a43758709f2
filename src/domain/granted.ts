// Roles and entitlements of a user: the part of them that is an access fact, in clear, and stays after an erasure.
import { isObject, type Json, type JsonObject } from "../scim/json.ts";
import type { AttributeSet } from "./attributes.ts";
import type { AttributeChange, GrantedValue } from "./events.ts";

/** The attributes of a user that grant. */
export const GRANTING = ["roles", "entitlements"] as const;

/** All access facts in the attributes of a user. */
export function grantedIn(attributes: JsonObject, elements: AttributeSet["elements"]): GrantedValue[] {
  return GRANTING.flatMap((path) => {
    const list = attributes[path];
    return Array.isArray(list)
      ? list.flatMap((value, index) => grantedValue({ path, element: elements[path]![index]! }, value))
      : [];
  });
}

/** The access fact in an element of `roles` or `entitlements`, if it is one. */
export function grantedValue(
  step: Pick<AttributeChange, "path" | "element">,
  element: Json | undefined,
): GrantedValue[] {
  const attribute = GRANTING.find((path) => path === step.path);
  if (attribute === undefined || step.element === undefined || !isObject(element)) return [];
  const { value, type } = element;
  if (typeof value !== "string") return [];
  return [{ attribute, element: step.element, ...(typeof type === "string" ? { type } : {}), value }];
}

/** Whether an erasure takes the value at a path away: what is an access fact stays. */
export const isPersonal = (path: string): boolean =>
  path !== "active" && !(GRANTING as readonly string[]).includes(path);
