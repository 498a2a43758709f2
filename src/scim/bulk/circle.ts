// What a creation in a circle of references begins with (RFC 7644 §3.7.1).
import { isObject, type Json } from "../json.ts";
import { namesResources } from "../resource/element.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { resolvePath } from "../schema/lookup.ts";
import { forEachText } from "./references.ts";

/**
 * The data without those elements of lists such as `members` that name a resource which is yet to be created: they must exist
 * when they are written. All other references may run ahead of their resource. The same object where nothing is left out.
 */
export function withoutAbsent(type: ResourceType, data: Json | undefined, absent: ReadonlySet<string>) {
  if (!isObject(data)) return data;
  let begun = data;
  for (const name of Object.keys(data)) {
    const elements = data[name];
    const attribute = resolvePath(type, name)?.attribute;
    if (attribute === undefined || !namesResources(attribute) || !Array.isArray(elements)) continue;
    const kept = elements.filter((element) => !mentions(element, absent));
    if (kept.length < elements.length) begun = { ...begun, [name]: kept };
  }
  return begun;
}

function mentions(value: Json, ids: ReadonlySet<string>): boolean {
  let found = false;
  forEachText(value, (text) => {
    found ||= ids.has(text);
  });
  return found;
}
