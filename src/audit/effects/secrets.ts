// What is never returned (RFC 7643 §7 `returned`) is not kept. A log of version 0.2.0 may have it, and it is shown to nobody, an
// auditor included: that it changed, not what it is.
import type { AttributeChange } from "../../domain/events.ts";
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import type { Attribute, ResourceType } from "../../scim/schema/characteristics.ts";
import { findSubAttribute, resolvePath } from "../../scim/schema/lookup.ts";

/** What such a value reads as. */
const NEVER_RETURNED = "[never returned]";

const isNever = ({ returned }: Attribute): boolean => returned === "never";

/** The changes without values that are never returned. */
export const withoutSecrets = (type: ResourceType, changes: readonly AttributeChange[]): AttributeChange[] =>
  changes.map((change) => {
    const path = resolvePath(type, change.path);
    if (path === undefined) return change;
    const { attribute, sub } = path;
    const isWhole = isNever(attribute) || (sub !== undefined && isNever(sub));
    // What is written today of the end of a value that version 0.2.0 kept has no value in it.
    if (isWhole && change.before === undefined && change.after === undefined)
      return { ...change, before: NEVER_RETURNED };
    const shown = (value: Json): Json => (isWhole ? NEVER_RETURNED : masked(attribute, value));
    return {
      ...change,
      ...(change.before === undefined ? {} : { before: shown(change.before) }),
      ...(change.after === undefined ? {} : { after: shown(change.after) }),
    };
  });

/** The same; of the tenant's own events, all. */
export const shownChanges = (
  type: ResourceType | undefined,
  changes: readonly AttributeChange[],
): readonly AttributeChange[] => (type === undefined ? changes : withoutSecrets(type, changes));

/** Whether what stands at a path is never returned. */
export function isSecret(type: ResourceType, path: string): boolean {
  const found = resolvePath(type, path);
  return found !== undefined && (isNever(found.attribute) || (found.sub !== undefined && isNever(found.sub)));
}

/** The attributes of a resource without what is never returned. */
export function withoutSecretAttributes(type: ResourceType, attributes: JsonObject): JsonObject {
  const kept = keptOf(type.schema.attributes, attributes);
  for (const { schema } of type.extensions) {
    const extension = kept[schema.id];
    if (isObject(extension)) kept[schema.id] = keptOf(schema.attributes, extension);
  }
  return kept;
}

/** What is not of the schema stays. */
function keptOf(attributes: readonly Attribute[], values: JsonObject): JsonObject {
  const kept: Record<string, Json> = {};
  for (const [name, value] of Object.entries(values)) {
    const attribute = attributes.find((one) => one.name === name);
    if (attribute !== undefined && isNever(attribute)) continue;
    const subs = attribute?.subAttributes;
    if (subs?.some(isNever) !== true) kept[name] = value;
    else if (Array.isArray(value)) kept[name] = value.map((one) => (isObject(one) ? keptOf(subs, one) : one));
    else kept[name] = isObject(value) ? keptOf(subs, value) : value;
  }
  return kept;
}

function masked(attribute: Attribute, value: Json): Json {
  if (!isObject(value) || attribute.subAttributes?.some(isNever) !== true) return value;
  const members = Object.entries(value).map(([name, one]) => {
    const sub = findSubAttribute(attribute, name);
    return [name, sub !== undefined && isNever(sub) ? NEVER_RETURNED : one];
  });
  return Object.fromEntries(members);
}
