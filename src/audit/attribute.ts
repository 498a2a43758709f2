// Attributes as parameters name them, and as activity does.
import { invalidValue } from "../scim/errors.ts";
import { quote } from "../scim/quote.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import { resolvePath, wholePath } from "../scim/schema/lookup.ts";

/** The attribute path as activity names it. Throws ScimError (400 invalidValue) for what the type does not have. */
export function pathOf(type: ResourceType, text: string): string {
  const path = resolvePath(type, text);
  if (path === undefined) throw invalidValue(`attribute: a ${type.name} has no attribute ${quote(text)}`);
  const whole = wholePath(type, path);
  return whole.attribute.multiValued ? whole.text : path.text;
}

/** Whether a path is another or one of its sub-attributes. */
export const isWithin = (path: string, attribute: string): boolean =>
  path === attribute || path.startsWith(`${attribute}.`);
