// What is never returned (RFC 7643 §7 `returned`) is shown to nobody, an auditor included: that it changed, not what it is.
import type { AttributeChange } from "../domain/events.ts";
import { isObject, type Json } from "../scim/json.ts";
import type { Attribute, ResourceType } from "../scim/schema/characteristics.ts";
import { findSubAttribute, resolvePath } from "../scim/schema/lookup.ts";

/** What such a value reads as. */
const NEVER_RETURNED = "[never returned]";

const isNever = ({ returned }: Attribute): boolean => returned === "never";

/** The changes without values that are never returned. */
export const withoutSecrets = (type: ResourceType, changes: readonly AttributeChange[]): AttributeChange[] =>
  changes.map((change) => {
    const path = resolvePath(type, change.path);
    if (path === undefined) return change;
    const { attribute, sub } = path;
    const isSecret = isNever(attribute) || (sub !== undefined && isNever(sub));
    const shown = (value: Json): Json => (isSecret ? NEVER_RETURNED : masked(attribute, value));
    return {
      ...change,
      ...(change.before === undefined ? {} : { before: shown(change.before) }),
      ...(change.after === undefined ? {} : { after: shown(change.after) }),
    };
  });

function masked(attribute: Attribute, value: Json): Json {
  if (!isObject(value) || attribute.subAttributes?.some(isNever) !== true) return value;
  const members = Object.entries(value).map(([name, one]) => {
    const sub = findSubAttribute(attribute, name);
    return [name, sub !== undefined && isNever(sub) ? NEVER_RETURNED : one];
  });
  return Object.fromEntries(members);
}
