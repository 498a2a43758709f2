// Where the values of a resource's attributes stand: in its shadow, in other fields of its document, or, for what is computed
// when read, in documents of others.
import type { Document } from "mongodb";
import type { AttributePath } from "../../../scim/attribute-path.ts";
import { matchesShadow } from "../../../scim/filter/evaluate.ts";
import type { Comparison, Filter } from "../../../scim/filter/filter.ts";
import type { Attribute, ResourceType } from "../../../scim/schema/characteristics.ts";
import { elementPath } from "../../../scim/schema/lookup.ts";
import { isManager, isManagerName } from "../../manager.ts";
import { idWanted, membershipsOf } from "../../memberships-asked.ts";
import { storedName } from "../shadow-names.ts";
import { type Condition, joined, negated, query } from "./condition.ts";
import { queryOf, SHADOW } from "./filter-query.ts";
import { testOf, testOfExpression } from "./text-query.ts";

/** A term that is decided by other documents than a reading. */
export type Apart =
  /** Of a past reading: the document of its resource. */
  | { readonly on: "resource"; readonly query: Document }
  /** Of the past: `meta.version` and `meta.lastModified`, which the last change says. */
  | { readonly on: "change"; readonly filter: Filter }
  /** There is a group or member of which it is true; `id`: no other can be it. */
  | { readonly on: "groups" | "members"; readonly element: Filter | true; readonly id?: string }
  /** The manager's name. */
  | { readonly on: "manager"; readonly filter: Filter };

export interface Asking {
  readonly type: ResourceType;
  /** Before `/Users/…` in `$ref` and `meta.location`. */
  readonly baseUrl: string;
  /** Whether readings are asked that may be past. */
  readonly isPast: boolean;
}

/** What a filter asks of the documents of one resource type. */
export function conditionOf(filter: Filter, asking: Asking): Condition<Apart> {
  switch (filter.kind) {
    case "and":
    case "or":
      return joined(
        filter.kind,
        filter.terms.map((term) => conditionOf(term, asking)),
      );
    case "not":
      return negated(conditionOf(filter.term, asking));
    default:
      return leafCondition(filter, asking);
  }
}

type Leaf = Exclude<Filter, { kind: "and" | "or" | "not" }>;

function leafCondition(leaf: Leaf, asking: Asking): Condition<Apart> {
  const { path } = leaf;
  const of = membershipsOf(path, asking.type);
  if (of !== undefined) return membershipCondition(leaf, of, asking.type);
  if (isManager(path) && (isManagerName(path) || leaf.kind === "element")) return managerCondition(leaf, asking);
  if (path.extension !== undefined) return query(queryOf(leaf));
  switch (path.attribute.name) {
    case "id":
      return always(leaf) ?? ofDocument(asking, idQuery(leaf as Comparison));
    case "schemas":
      return schemasCondition(leaf, asking.type);
    case "meta":
      if (leaf.kind === "element") return conditionOf(absolute(path, leaf.filter), asking);
      return metaCondition(leaf, asking);
    default:
      return query(queryOf(leaf));
  }
}

/** Of an attribute that every resource has: what is known without a look. */
const always = (leaf: Leaf): boolean | undefined =>
  leaf.kind === "present" ? true : leaf.kind === "compare" && leaf.value === null ? leaf.operator === "ne" : undefined;

const ofDocument = (asking: Asking, asked: Document): Condition<Apart> =>
  asking.isPast ? { kind: "apart", term: { on: "resource", query: asked } } : query(asked);

const idQuery = ({ operator, value }: Comparison): Document => ({ id: testOf(operator, value as string) });

/** The one value of a complex attribute is asked by its sub-attributes: terms of the resource again. */
function absolute(of: AttributePath, filter: Filter): Filter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, terms: filter.terms.map((term) => absolute(of, term)) };
    case "not":
      return { kind: "not", term: absolute(of, filter.term) };
    default: {
      const sub = filter.path.attribute;
      return { ...filter, path: { ...of, sub, text: `${of.text}.${sub.name}` } };
    }
  }
}

function metaCondition(leaf: Exclude<Leaf, { kind: "element" }>, asking: Asking): Condition<Apart> {
  const known = always(leaf);
  if (known !== undefined || leaf.kind === "present") return known ?? true;
  const { operator, value } = leaf;
  const { type, baseUrl, isPast } = asking;
  switch (leaf.path.sub?.name) {
    case "resourceType":
      return matchesShadow(leaf, { meta: { resourceType: type.name } });
    case "created":
      return ofDocument(asking, { createdAt: testOf(operator, value as number) });
    case "location":
      return ofDocument(asking, textQuery(leaf, { $concat: [{ $literal: `${baseUrl}${type.endpoint}/` }, "$id"] }));
    case "lastModified":
      if (isPast) return { kind: "apart", term: { on: "change", filter: leaf } };
      return query({ modifiedAt: testOf(operator, value as number) });
    case "version":
      if (isPast) return { kind: "apart", term: { on: "change", filter: leaf } };
      return query(textQuery(leaf, TAG));
    default:
      return matchesShadow(leaf, {});
  }
}

/** `meta.version`, as an expression on a document. */
export const TAG: Document = { $concat: ['W/"', { $toString: { $toLong: "$version" } }, '"'] };

const textQuery = ({ operator, value }: Comparison, text: Document): Document =>
  testOfExpression(operator, text, String(value));

/** The type's own schema always, an extension's where the resource has values of it. */
function schemasCondition(leaf: Leaf, type: ResourceType): Condition<never> {
  const known = always(leaf);
  if (known !== undefined) return known;
  const isTrueOf = (urn: string): boolean => matchesShadow(leaf, { schemas: [urn.toLowerCase()] });
  const extensions = type.extensions.filter(({ schema }) => isTrueOf(schema.id));
  return joined("or", [
    isTrueOf(type.schema.id),
    ...extensions.map(({ schema }) => query({ [`${SHADOW}${storedName(schema.id)}`]: { $exists: true } })),
  ]);
}

function membershipCondition(leaf: Leaf, on: "groups" | "members", type: ResourceType): Condition<Apart> {
  const wanted = idWanted(leaf, type);
  const id = wanted === undefined ? {} : { id: String(wanted.value) };
  const any = (element: Filter | true): Condition<Apart> => ({ kind: "apart", term: { on, element, ...id } });
  if (leaf.kind === "element") return any(leaf.filter);
  const { sub } = leaf.path;
  const present = (): Condition<Apart> => any(sub === undefined ? true : presence(sub));
  if (leaf.kind === "present") return present();
  if (leaf.value === null) return leaf.operator === "ne" ? present() : negated(present());
  if (sub === undefined) return leaf.operator === "ne";
  const test: Filter = { ...leaf, path: elementPath(sub) };
  if (leaf.operator !== "ne") return any(test);
  return joined("or", [any({ kind: "and", terms: [presence(sub), test] }), negated(present())]);
}

const presence = (sub: Attribute): Filter => ({ kind: "present", path: elementPath(sub) });

function managerCondition(leaf: Leaf, asking: Asking): Condition<Apart> {
  if (leaf.kind === "element")
    return joined("and", [
      query(queryOf({ kind: "present", path: leaf.path })),
      conditionOf(absolute(leaf.path, leaf.filter), asking),
    ]);
  const named = (filter: Filter): Condition<Apart> => ({ kind: "apart", term: { on: "manager", filter } });
  const name = elementPath(leaf.path.sub!);
  if (leaf.kind === "present") return named({ kind: "present", path: name });
  if (leaf.value === null) {
    const present = named({ kind: "present", path: name });
    return leaf.operator === "ne" ? present : negated(present);
  }
  if (leaf.operator !== "ne") return named({ ...leaf, path: name });
  return negated(named({ ...leaf, operator: "eq", path: name }));
}
