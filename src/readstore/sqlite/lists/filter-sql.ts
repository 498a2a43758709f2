// A filter as one SQL condition. It means what `scim/filter/evaluate.ts` says: two truth values, so every condition is
// either 0 or 1, also where values are missing.
import type { AttributePath } from "../../../scim/attribute-path.ts";
import type { Comparison, Filter, Operator } from "../../../scim/filter/filter.ts";
import type { Attribute } from "../../../scim/schema/characteristics.ts";
import { elementPath } from "../../../scim/schema/lookup.ts";
import { idWanted } from "../../memberships-asked.ts";
import { type Context, type Elements, type Holder, subAttributesOf } from "./holder-sql.ts";
import { joinedConditions } from "./joined-sql.ts";

/** SQL that is 1 for the resources or elements of which the filter is true, else 0. */
export function conditionOf(filter: Filter, holder: Holder, context: Context): string {
  switch (filter.kind) {
    case "and":
    case "or":
      return joinedConditions(
        filter.kind === "and" ? "AND" : "OR",
        filter.terms.map((term) => conditionOf(term, holder, context)),
      );
    case "not":
      return `NOT ${conditionOf(filter.term, holder, context)}`;
    case "present":
      return present(filter.path, holder, context);
    case "compare":
      return comparison(filter, holder, context);
    case "element": {
      const elements = elementsOf(filter, holder, context);
      return elements.any(conditionOf(filter.filter, elements.holder, context));
    }
    default:
      return filter satisfies never;
  }
}

function present(path: AttributePath, holder: Holder, context: Context): string {
  const { attribute, sub } = path;
  if (attribute.multiValued) {
    const elements = holder.elements(path);
    if (sub !== undefined) return elements.any(present(elementPath(sub), elements.holder, context));
    return elements.any("1");
  }
  if (sub === undefined && attribute.type === "complex") {
    const elements = holder.elements(path);
    const any = subAttributesOf(attribute).map((each) => present(elementPath(each), elements.holder, context));
    return any.length === 0 ? "0" : joinedConditions("OR", any);
  }
  return `(${holder.value(path)} IS NOT NULL)`;
}

function comparison(filter: Comparison, holder: Holder, context: Context): string {
  const { operator, path, value } = filter;
  if (value === null)
    return operator === "ne" ? present(path, holder, context) : `NOT ${present(path, holder, context)}`;
  if (idWanted(filter, context.type) !== undefined) return elementsOf(filter, holder, context).any("1");
  const any = anyValue(path, holder, testOf(filter, context));
  return operator === "ne" ? `(${any} OR NOT ${present(path, holder, context)})` : any;
}

/** The elements of which a filter may be true: those of an id alone, where it asks for one. */
function elementsOf(filter: Filter & { readonly path: AttributePath }, holder: Holder, context: Context): Elements {
  const elements = holder.elements(filter.path);
  const wanted = idWanted(filter, context.type);
  if (wanted === undefined) return elements;
  return elements.withId?.(context.bindings.valueOf(wanted)) ?? elements;
}

/** Whether any value of a path passes a test. */
function anyValue(path: AttributePath, holder: Holder, test: (value: string) => string): string {
  const { attribute, sub } = path;
  if (!attribute.multiValued) {
    if (sub?.multiValued !== true) return test(holder.value(path));
    const elements = holder.elements(path);
    return elements.any(anyValue(elementPath(sub), elements.holder, test));
  }
  const elements = holder.elements(path);
  return elements.any(sub === undefined ? test(elements.self) : anyValue(elementPath(sub), elements.holder, test));
}

/** A test that is 0 of a missing value. Text is searched in bytes: no wildcards, and U+0000 is a character like others. */
function testOf(filter: Comparison, { bindings }: Context): (value: string) => string {
  const { operator, value } = filter;
  if (value === "" && isSubstring(operator)) return (stored) => `(${stored} IS NOT NULL)`;
  const bound = bindings.valueOf(filter);
  switch (operator) {
    case "eq":
      return (stored) => `(${stored} IS ${bound})`;
    case "ne":
      return (stored) => `ifnull(${stored} <> ${bound}, 0)`;
    case "gt":
    case "ge":
    case "lt":
    case "le":
      return (stored) => `ifnull(${stored} ${ORDER[operator]} ${bound}, 0)`;
    case "co":
      return (stored) => `ifnull(instr(${stored}, ${bound}) > 0, 0)`;
    case "sw":
      return (stored) => `ifnull(instr(${stored}, ${bound}) = 1, 0)`;
    case "ew": {
      const bytes = bindings.valueOf(filter, (text) => -Buffer.byteLength(String(text)));
      return (stored) => `ifnull(substr(CAST(${stored} AS BLOB), ${bytes}) = CAST(${bound} AS BLOB), 0)`;
    }
    default:
      return operator satisfies never;
  }
}

const ORDER = { gt: ">", ge: ">=", lt: "<", le: "<=" } as const;
const isSubstring = (operator: Operator): boolean => operator === "co" || operator === "sw" || operator === "ew";

/** What a sort compares (RFC 7644 §3.4.2.3): of a multi-valued attribute the primary element's value, else the first one's. */
export function sortKeyOf(path: AttributePath, holder: Holder): string {
  const { attribute } = path;
  const sub = path.sub ?? valueSub(attribute);
  if (attribute.type === "complex" && sub === undefined) return "NULL";
  const key = firstValue(path, sub, holder);
  // As doubles, which is what they were made of: an integer of 64 bits may be none that JavaScript can hold.
  return isNumber(sub ?? attribute) ? `CAST(${key} AS REAL)` : key;
}

function firstValue(path: AttributePath, sub: Attribute | undefined, holder: Holder): string {
  if (!path.attribute.multiValued) return holder.value(sub === undefined ? path : { ...path, sub });
  const elements = holder.elements(path);
  return elements.first(sub === undefined ? elements.self : elements.holder.value(elementPath(sub)));
}

const isNumber = ({ type }: Attribute): boolean => type === "integer" || type === "decimal" || type === "dateTime";

const valueSub = (attribute: Attribute): Attribute | undefined =>
  subAttributesOf(attribute).find(({ name }) => name === "value");
