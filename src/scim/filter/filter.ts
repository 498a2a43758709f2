// The filter of RFC 7644 §3.4.2.2 after parsing and resolving: typed against the schema, ready to evaluate or compile.
import type { AttributePath } from "../attribute-path.ts";
import type { Attribute } from "../schema/characteristics.ts";

export type Ordering = "gt" | "ge" | "lt" | "le";
export type Substring = "co" | "sw" | "ew";
export type Operator = "eq" | "ne" | Ordering | Substring;

/**
 * A literal prepared for comparison by `comparable()`: strings through `comparisonKey` where `caseExact` is false,
 * dateTimes as integer microseconds since 1970 UTC, booleans and numbers as they are; null is “unassigned”.
 */
export type Comparable = string | number | boolean | null;

export type Filter =
  | { readonly kind: "and" | "or"; readonly terms: readonly Filter[] }
  | { readonly kind: "not"; readonly term: Filter }
  /** `pr`: has a non-empty value; a complex attribute: any sub-attribute has. */
  | { readonly kind: "present"; readonly path: AttributePath }
  /** A complex attribute without sub-attribute has been resolved to its `value` sub-attribute. True if any value matches. */
  | {
      readonly kind: "compare";
      readonly operator: Operator;
      readonly path: AttributePath;
      /** The attribute that is compared: the path's sub-attribute, else its attribute. */
      readonly operand: Attribute;
      readonly value: Comparable;
      /** The literal as the client wrote it, which an element created from the filter holds. */
      readonly literal?: string | number | boolean | null;
    }
  /** `emails[type eq "work"]`: all terms of `filter` hold of one and the same element; their paths are relative: `attribute` is the sub-attribute, `sub` absent, `text` its name. */
  | { readonly kind: "element"; readonly path: AttributePath; readonly filter: Filter };

export type Comparison = Extract<Filter, { kind: "compare" }>;
