// A filter on what a reading holds itself, as one query on its shadow. It means what `scim/filter/evaluate.ts` says: a query
// of MongoDB has two truth values too, and `$nor` is the opposite.
import type { Document } from "mongodb";
import type { AttributePath } from "../../../scim/attribute-path.ts";
import type { Comparison, Filter } from "../../../scim/filter/filter.ts";
import { storedName } from "../shadow-names.ts";
import { type Assigned, testOf } from "./text-query.ts";

/** Where the shadow stands in the documents of resources and versions. */
export const SHADOW = "ix.";

/** `under`: what leads to the attributes, `ix.` of a document, nothing of an element. */
export function queryOf(filter: Filter, under: string = SHADOW): Document {
  switch (filter.kind) {
    case "and":
    case "or":
      return { [`$${filter.kind}`]: filter.terms.map((term) => queryOf(term, under)) };
    case "not":
      return { $nor: [queryOf(filter.term, under)] };
    case "present":
      return presenceOf(filter.path, under);
    case "compare":
      return comparisonOf(filter, under);
    case "element": {
      const field = fieldOf(filter.path, under);
      if (filter.path.attribute.multiValued) return { [field]: { $elemMatch: queryOf(filter.filter, "") } };
      return { $and: [{ [field]: { $exists: true } }, queryOf(filter.filter, `${field}.`)] };
    }
    default:
      return filter satisfies never;
  }
}

/** The name of an attribute's field. */
export const fieldOf = ({ extension, attribute }: AttributePath, under: string = SHADOW): string =>
  `${under}${extension === undefined ? "" : `${storedName(extension)}.`}${storedName(attribute.name)}`;

/** A shadow holds no attribute without a value. */
function presenceOf(path: AttributePath, under: string): Document {
  const { attribute, sub } = path;
  const field = fieldOf(path, under);
  if (sub === undefined) return { [field]: { $exists: true } };
  const name = storedName(sub.name);
  if (!attribute.multiValued) return { [`${field}.${name}`]: { $exists: true } };
  return { [field]: { $elemMatch: { [name]: { $exists: true } } } };
}

function comparisonOf(filter: Comparison, under: string): Document {
  const { operator, path, value } = filter;
  if (value === null) {
    const presence = presenceOf(path, under);
    return operator === "ne" ? presence : { $nor: [presence] };
  }
  if (operator !== "ne") return anyOf(path, under, testOf(operator, value));
  if (isSingle(path)) return anyOf(path, under, { $ne: value });
  return { $or: [anyOf(path, under, differing(value)), { $nor: [presenceOf(path, under)] }] };
}

const isSingle = ({ attribute, sub }: AttributePath): boolean => !attribute.multiValued && sub?.multiValued !== true;

/** Of a value that is there. */
const differing = (value: Assigned): Document => ({ $exists: true, $ne: value });

/** Whether any value of a path passes a test. */
function anyOf(path: AttributePath, under: string, test: Document): Document {
  const { attribute, sub } = path;
  const field = fieldOf(path, under);
  const ofSub = sub === undefined ? undefined : sub.multiValued ? amongElements(test) : test;
  if (ofSub === undefined || sub === undefined) return { [field]: attribute.multiValued ? amongElements(test) : test };
  const name = storedName(sub.name);
  return attribute.multiValued ? { [field]: { $elemMatch: { [name]: ofSub } } } : { [`${field}.${name}`]: ofSub };
}

/** An element that is no document is there, always. */
function amongElements(test: Document): Document {
  const { $exists: _, ...rest } = test;
  return Object.keys(rest).length === 0 ? { $exists: true } : { $elemMatch: rest };
}
