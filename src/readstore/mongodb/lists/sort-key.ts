// What a sort compares (RFC 7644 §3.4.2.3): of a multi-valued attribute the primary element's value, else the first one's.
import type { Document } from "mongodb";
import type { AttributePath } from "../../../scim/attribute-path.ts";
import type { Attribute } from "../../../scim/schema/characteristics.ts";
import { isManagerName } from "../../manager.ts";
import { membershipsOf } from "../../memberships-asked.ts";
import { storedName } from "../shadow-names.ts";
import { fieldOf } from "./filter-query.ts";
import { type Asking, TAG } from "./resource-condition.ts";

/** Where the keys come from. */
export type KeySource =
  /** None has a key. */
  | { readonly from: "nothing" }
  /** An expression on a reading: a document of `resources` or of `versions`. */
  | { readonly from: "reading"; readonly key: unknown }
  /** An expression on the document of a resource, the same for all time. */
  | { readonly from: "resource"; readonly key: unknown }
  | { readonly from: "change"; readonly name: "version" | "lastModified" }
  /** The first of the elements that others make; `name` is what is compared of it. */
  | { readonly from: "groups" | "members"; readonly name: string }
  | { readonly from: "manager" };

export const isOfDocument = (source: KeySource): boolean =>
  source.from === "nothing" || source.from === "reading" || source.from === "resource";

/** Where the values to sort by stand (RFC 7644 §3.4.2.3); “nothing” where there is nothing to compare. */
export function keySourceOf(path: AttributePath | undefined, asking: Asking): KeySource {
  if (path === undefined) return { from: "nothing" };
  const { attribute, extension } = path;
  const sub = path.sub ?? attribute.subAttributes?.find(({ name }) => name === "value");
  if (attribute.type === "complex" && sub === undefined) return { from: "nothing" };
  const on = membershipsOf(path, asking.type);
  if (on !== undefined) return { from: on, name: sub!.name };
  if (isManagerName(path)) return { from: "manager" };
  if (extension === undefined)
    switch (attribute.name) {
      case "id":
        return { from: "resource", key: "$id" };
      case "schemas":
        return { from: "resource", key: { $literal: asking.type.schema.id.toLowerCase() } };
      case "meta":
        return metaKey(sub!.name, asking);
    }
  return { from: "reading", key: compared(valueIn(path, sub), sub ?? attribute) };
}

function metaKey(name: string, { type, baseUrl, isPast }: Asking): KeySource {
  switch (name) {
    case "resourceType":
      return { from: "resource", key: { $literal: type.name } };
    case "created":
      return { from: "resource", key: "$createdAt" };
    case "location":
      return { from: "resource", key: { $concat: [{ $literal: `${baseUrl}${type.endpoint}/` }, "$id"] } };
    case "lastModified":
      return isPast ? { from: "change", name } : { from: "resource", key: "$modifiedAt" };
    case "version":
      return isPast ? { from: "change", name } : { from: "resource", key: TAG };
    default:
      return { from: "nothing" };
  }
}

function valueIn(path: AttributePath, sub: Attribute | undefined): unknown {
  const field = `$${fieldOf(path)}`;
  const { attribute } = path;
  if (!attribute.multiValued) return sub === undefined ? field : `${field}.${storedName(sub.name)}`;
  if (sub === undefined) return { $arrayElemAt: [field, 0] };
  const name = storedName(sub.name);
  const having = (more: readonly Document[]): Document => ({
    $filter: {
      input: { $ifNull: [field, []] },
      as: "one",
      cond: { $and: [{ $ne: [{ $type: `$$one.${name}` }, "missing"] }, ...more] },
    },
  });
  const first = (elements: Document): Document => ({
    $let: { vars: { first: { $arrayElemAt: [elements, 0] } }, in: `$$first.${name}` },
  });
  return { $ifNull: [first(having([{ $eq: ["$$one.primary", true] }])), first(having([]))] };
}

/** Truth values are compared as numbers. */
const compared = (value: unknown, { type }: Attribute): unknown =>
  type === "boolean" ? { $cond: [{ $eq: [value, true] }, 1, { $cond: [{ $eq: [value, false] }, 0, null] }] } : value;
