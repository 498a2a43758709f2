// Generated operations of a PATCH, for the engine and for the reference, and resources to apply them to.
import { expect } from "@jest/globals";
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import type { Operation } from "./engine.ts";
import { referencePatch, type Step } from "./reference/patch.ts";
import { type Attribute, isSecret, type Target, textOf } from "./reference/schema.ts";

const pool = ["a", "b", "A"];

const simple = (attribute: Attribute): fc.Arbitrary<Json> => {
  if (attribute.type === "boolean") return fc.boolean();
  if (attribute.type === "integer" || attribute.type === "decimal") return fc.constantFrom(0, 1);
  return fc.constantFrom(...pool);
};

export const writable = (attribute: Attribute) =>
  (attribute.mutability === "readWrite" || attribute.mutability === "immutable") && !isSecret(attribute);
const subsOf = ({ subAttributes = [] }: Attribute) => subAttributes.filter(writable).slice(0, 4);

/** One value or one element, at least one sub-attribute of it assigned. */
const one = (attribute: Attribute, mayBeEmpty: boolean): fc.Arbitrary<Json> => {
  if (attribute.type !== "complex" || !writable(attribute)) return simple(attribute);
  const subs = subsOf(attribute);
  const model = Object.fromEntries(
    subs.map((sub) => [sub.name, mayBeEmpty && !sub.required ? fc.option(simple(sub), { freq: 8 }) : simple(sub)]),
  );
  const required = subs.filter((sub) => sub.required).map(({ name }) => name);
  const [first] = subs;
  return fc
    .tuple(fc.record(model, { requiredKeys: required as never[], noNullPrototype: true }), simple(first as Attribute))
    .map(([object, value]) =>
      Object.keys(object).length > 0 ? (object as JsonObject) : { [(first as Attribute).name]: value },
    );
};

const onePrimary = (list: Json[]): Json[] => {
  let seen = false;
  return list.map((element) => {
    const { primary, ...rest } = element as JsonObject;
    if (typeof element !== "object" || primary !== true) return element;
    if (!seen) {
      seen = true;
      return element;
    }
    return Object.keys(rest).length > 0 ? rest : { type: "b" };
  });
};

const list = (attribute: Attribute, minLength: number): fc.Arbitrary<Json> =>
  fc.array(one(attribute, false), { minLength, maxLength: 3 }).map(onePrimary);

const filterOf = (attribute: Attribute): fc.Arbitrary<NonNullable<Step["filter"]>> => {
  const term = fc.constantFrom(...subsOf(attribute)).chain((sub) => fc.tuple(fc.constant(sub.name), simple(sub)));
  const eq = ([name, value]: readonly [string, Json]) => `${name} eq ${JSON.stringify(value)}`;
  return fc.oneof(
    { weight: 4, arbitrary: term.map((t) => ({ text: eq(t), says: { [t[0]]: t[1] } })) },
    {
      // Two terms on different sub-attributes, where there are two.
      weight: subsOf(attribute).length > 1 ? 2 : 0,
      arbitrary: fc
        .tuple(term, term)
        .filter(([a, b]) => a[0] !== b[0])
        .map(([a, b]) => ({ text: `${eq(a)} and ${eq(b)}`, says: { [a[0]]: a[1], [b[0]]: b[1] } })),
    },
    { weight: 1, arbitrary: fc.tuple(term, term).map(([a, b]) => ({ text: `${eq(a)} or ${eq(b)}` })) },
    { weight: 1, arbitrary: term.map((t) => ({ text: `not (${eq(t)})` })) },
    { weight: 1, arbitrary: term.map(([name]) => ({ text: `${name} pr` })) },
  );
};

export const stepOn = (target: Target): fc.Arbitrary<Step> => {
  const { attribute, sub } = target;
  const op = fc.constantFrom("add" as const, "replace" as const, "remove" as const);
  const filter =
    attribute.multiValued && attribute.type === "complex"
      ? fc.option(filterOf(attribute), { nil: undefined })
      : fc.constant(undefined);
  return fc.tuple(op, filter).chain(([op, filter]) => {
    const base = { op, target, ...(filter && { filter }) };
    if (op === "remove") return fc.constant<Step>(base);
    const whole = op === "replace" && filter !== undefined;
    const value =
      sub !== undefined
        ? simple(sub)
        : attribute.multiValued && filter === undefined
          ? list(attribute, 1)
          : one(attribute, !whole && attribute.type === "complex");
    return value.map((value): Step => ({ ...base, value }));
  });
};

export const operationOf = ({ op, target, filter, value }: Step): Operation => {
  const { attribute, sub } = target;
  const whole = textOf({ ...target, sub: undefined } as unknown as Target);
  const path = `${whole}${filter === undefined ? "" : `[${filter.text}]`}${sub === undefined ? "" : `.${sub.name}`}`;
  expect(attribute).toBeDefined();
  return value === undefined ? { op, path } : { op, path, value };
};

/** A resource made by the reference: one `add` for each attribute chosen. */
export const resourceOf = (type: ResourceType, chosen: readonly Target[], base: JsonObject): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      ...chosen
        .filter(({ urn, sub, attribute }) => urn === undefined && sub === undefined && writable(attribute))
        .map(({ attribute }) =>
          fc
            .option(attribute.multiValued ? list(attribute, 1) : one(attribute, false), { nil: undefined })
            .map((value): Step[] => (value === undefined ? [] : [{ op: "replace", target: { attribute }, value }])),
        ),
    )
    .map((steps) => referencePatch(type, {}, steps.flat()))
    .map((resource) => ({ ...resource, ...base }));
