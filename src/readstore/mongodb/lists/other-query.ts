// What is asked of an element of `groups` or `members`, and of a manager's name: of the document of another resource.
import type { Document } from "mongodb";
import { matchesShadow } from "../../../scim/filter/evaluate.ts";
import type { Filter } from "../../../scim/filter/filter.ts";
import type { JsonObject } from "../../../scim/json.ts";
import { resourceTypes } from "../../../scim/schema/resource-types.ts";
import { type Condition, joined, negated, query } from "./condition.ts";
import { SHADOW } from "./filter-query.ts";
import { testOf, testOfExpression } from "./text-query.ts";

export type OtherEnd = "groups" | "members" | "manager";

/** The fields that are compared of others, and their names in the documents. */
export const NAME_FIELD = `${SHADOW}displayName`;
const MEMBER_TYPES = ["User", "Group"] as const;

const endpointOf = (type: string): string => resourceTypes.find(({ name }) => name === type)?.endpoint ?? `/${type}s`;
const typesOf = (on: OtherEnd): readonly string[] => (on === "members" ? MEMBER_TYPES : ["Group"]);

/** What an element's sub-attributes are, of another resource whose name is compared so. */
export const elementOf = (
  on: OtherEnd,
  { id, type, name }: { readonly id: string; readonly type: string; readonly name: string | undefined },
  baseUrl: string,
): JsonObject =>
  on === "manager"
    ? named(name, "displayName")
    : {
        value: id,
        $ref: `${baseUrl}${endpointOf(type)}/${id}`,
        type: on === "groups" ? "direct" : type.toLowerCase(),
        ...named(name, "display"),
      };

const named = (name: string | undefined, as: string): JsonObject => (name === undefined ? {} : { [as]: name });

/** The same as a query on the documents of the others. */
export function otherCondition(on: OtherEnd, filter: Filter | true, baseUrl: string): Condition<never> {
  if (filter === true) return true;
  switch (filter.kind) {
    case "and":
    case "or":
      return joined(
        filter.kind,
        filter.terms.map((term) => otherCondition(on, term, baseUrl)),
      );
    case "not":
      return negated(otherCondition(on, filter.term, baseUrl));
    case "element":
      return false;
    case "present":
    case "compare":
      return leafCondition(on, filter, baseUrl);
    default:
      return filter satisfies never;
  }
}

function leafCondition(
  on: OtherEnd,
  leaf: Extract<Filter, { kind: "present" | "compare" }>,
  baseUrl: string,
): Condition<never> {
  const { name } = leaf.path.attribute;
  if (name === "display" || name === "displayName") return nameCondition(leaf);
  if (name === "type" && on === "members") {
    const types = typesOf(on).filter((type) => matchesShadow(leaf, { type: type.toLowerCase() }));
    return types.length === MEMBER_TYPES.length || (types.length > 0 && query({ type: { $in: types } }));
  }
  const isOfId = name === "value" || name === "$ref";
  if (!isOfId) return matchesShadow(leaf, on === "groups" ? { type: "direct" } : {});
  if (leaf.kind === "present") return true;
  if (leaf.value === null) return leaf.operator === "ne";
  if (name === "value") return query({ id: testOf(leaf.operator, leaf.value) });
  return query(testOfExpression(leaf.operator, referenceOf(on, baseUrl), String(leaf.value)));
}

function nameCondition(leaf: Extract<Filter, { kind: "present" | "compare" }>): Condition<never> {
  const isThere = query({ [NAME_FIELD]: { $exists: true } });
  if (leaf.kind === "present") return isThere;
  if (leaf.value === null) return leaf.operator === "ne" ? isThere : negated(isThere);
  return query({ [NAME_FIELD]: testOf(leaf.operator, leaf.value) });
}

function referenceOf(on: OtherEnd, baseUrl: string): Document {
  const [first, ...others] = typesOf(on).map((type) => ({
    type,
    under: { $literal: `${baseUrl}${endpointOf(type)}/` },
  }));
  const under = others.reduce<Document>(
    (rest, each) => ({ $cond: [{ $eq: ["$type", each.type] }, each.under, rest] }),
    first!.under,
  );
  return { $concat: [under, "$id"] };
}
