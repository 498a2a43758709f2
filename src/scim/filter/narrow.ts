// A filter over several resource types (RFC 7644 §3.4.2.1), for one of them at a time: an attribute that the type does not
// define has no value there, and `meta.resourceType` is known before anything is looked at.
import type { AttributePath } from "../attribute-path.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { resolvePath } from "../schema/lookup.ts";
import { matches } from "./evaluate.ts";
import type { Filter } from "./filter.ts";

/** What a filter over several types means for one of them: true of all its resources, or false of all, where nothing is left to ask. */
export interface Narrowed {
  readonly type: ResourceType;
  readonly filter: Filter | boolean;
}

/** The filter without what is the same for every resource of the type; true or false where nothing is left. */
export function narrow(filter: Filter, type: ResourceType): Filter | boolean {
  switch (filter.kind) {
    case "and":
      return joined(filter, type, false);
    case "or":
      return joined(filter, type, true);
    case "not": {
      const term = narrow(filter.term, type);
      return typeof term === "boolean" ? !term : { kind: "not", term };
    }
    case "present":
    case "compare":
    case "element":
      if (isForeign(filter.path, type)) return matches(filter, {});
      return isTypeName(filter.path) ? matches(filter, { meta: { resourceType: type.name } }) : filter;
    default:
      return filter satisfies never;
  }
}

/** `deciding`: the value of a term that decides for all. */
function joined(
  { kind, terms }: Extract<Filter, { kind: "and" | "or" }>,
  type: ResourceType,
  deciding: boolean,
): Filter | boolean {
  const left: Filter[] = [];
  for (const each of terms) {
    const term = narrow(each, type);
    if (term === deciding) return deciding;
    if (typeof term !== "boolean") left.push(term);
  }
  const [first, ...others] = left;
  if (first === undefined) return !deciding;
  return others.length === 0 ? first : { kind, terms: left };
}

/** A path of another type: that of the type itself is always the very same object. */
const isForeign = (path: AttributePath, type: ResourceType): boolean => resolvePath(type, path.text) !== path;

const isTypeName = ({ extension, attribute, sub }: AttributePath): boolean =>
  extension === undefined && attribute.name === "meta" && sub?.name === "resourceType";
