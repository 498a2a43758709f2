// PATCH against a second engine that was written from RFC 7644 §3.5.2 alone.
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { ScimError } from "../../src/scim/errors.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { badgeType, ENTERPRISE, type Operation, patched } from "./engine.ts";
import { Failed, referencePatch, type Step, unordered } from "./reference/patch.ts";
import { type Attribute, type Target, targets, textOf } from "./reference/schema.ts";

const pool = ["a", "b", "A"];

const simple = (attribute: Attribute): fc.Arbitrary<Json> => {
  if (attribute.type === "boolean") return fc.boolean();
  if (attribute.type === "integer" || attribute.type === "decimal") return fc.constantFrom(0, 1);
  return fc.constantFrom(...pool);
};

const writable = (attribute: Attribute) => attribute.mutability === "readWrite" || attribute.mutability === "immutable";
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
      weight: 2,
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

const stepOn = (target: Target): fc.Arbitrary<Step> => {
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

const operationOf = ({ op, target, filter, value }: Step): Operation => {
  const { attribute, sub } = target;
  const whole = textOf({ ...target, sub: undefined } as unknown as Target);
  const path = `${whole}${filter === undefined ? "" : `[${filter.text}]`}${sub === undefined ? "" : `.${sub.name}`}`;
  expect(attribute).toBeDefined();
  return value === undefined ? { op, path } : { op, path, value };
};

const cases: readonly [ResourceType, readonly string[], JsonObject][] = [
  [
    userType,
    ["userName", "title", "name", "emails", "addresses", "active", "id", "meta", `${ENTERPRISE}:division`],
    { userName: "a" },
  ],
  [badgeType, ["serial", "chip", "holder", "colours", "marks", "doors", "level", "issuer"], { serial: "a" }],
];

/** A resource made by the reference: one `add` for each attribute chosen. */
const resourceOf = (type: ResourceType, chosen: readonly Target[], base: JsonObject): fc.Arbitrary<JsonObject> =>
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

it.each(cases)("sequences of operations agree (%#)", (type, names, base) => {
  const chosen = targets(type).filter((target) =>
    names.includes(textOf({ ...target, sub: undefined } as unknown as Target)),
  );
  const step = fc.constantFrom(...chosen).chain(stepOn);
  fc.assert(
    fc.property(resourceOf(type, chosen, base), fc.array(step, { minLength: 1, maxLength: 5 }), (resource, steps) => {
      const operations = steps.map(operationOf);
      const told = { resource, operations };
      let expected: string;
      try {
        expected = unordered(referencePatch(type, resource, steps));
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        expected = error.scimType;
      }
      let actual: string;
      try {
        actual = unordered(patched(type, resource, ...operations));
      } catch (error) {
        if (!(error instanceof ScimError)) throw error;
        actual = error.scimType ?? String(error.status);
      }
      expect({ ...told, result: actual }).toEqual({ ...told, result: expected });
    }),
    { numRuns: 1_500 },
  );
});
