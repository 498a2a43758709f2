// Generated resources and filters for property tests. They follow the schemas, and draw from the same small pools, so that
// generated filters often select generated resources.
import fc from "fast-check";
import type { AttributePath } from "../../src/scim/attribute-path.ts";
import { isFilterable } from "../../src/scim/comparable.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import type { Attribute, AttributeType, ResourceType } from "../../src/scim/schema/characteristics.ts";
import { attributesOf, pathsOf } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

type Arbitrary<T> = fc.Arbitrary<T>;

/** Texts that differ in case, width, composition, plane and special characters of JSON, SQL and patterns. */
export const texts = [
  "Ada",
  "ada",
  "ADA",
  "Ａｄａ",
  "ada@example.com",
  "Ada@Example.COM",
  "Zoë",
  "ZOE\u0308",
  "straße",
  "STRASSE",
  "ΟΔΥΣΣΕΥΣ",
  "οδυσσευς",
  "İstanbul",
  "ｶﾞﾗｽ",
  "ガラス",
  "\u{10400}",
  "\u{10428}",
  "\ue000",
  "\uffee",
  "😀",
  "work",
  "Work",
  "home",
  "true",
  "null",
  "42",
  "a b",
  " ",
  "O'Malley",
  'say "hi"',
  "back\\slash",
  "100%",
  "a_b",
  "a*b.c",
  "[x]",
  "line\nbreak\ttab",
  "__proto__",
  "constructor",
] as const;

/** Instants, some of them the same at different offsets or precision, some at the edges. */
export const dateTimes = [
  "2011-05-13T04:42:34Z",
  "2011-05-13T06:42:34+02:00",
  "2011-05-13T04:42:34.000Z",
  "2011-05-13T04:42:34.123456Z",
  "2011-05-13T04:42:34.123457Z",
  "2011-05-12T23:42:34.5-05:00",
  "2024-02-29T24:00:00Z",
  "2024-03-01T00:00:00Z",
  "2016-12-31T23:59:60Z",
  "1969-12-31T23:59:59.999999Z",
  "0001-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
] as const;

/** Names that mean something to JavaScript and nothing to SCIM. */
export const hostileNames = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "__defineGetter__",
  "prototype",
  "__PROTO__",
  "emails.__proto__",
  "emails.constructor",
  "emails.length",
  "__proto__.polluted",
  "constructor.prototype",
  `${userType.schema.id}:__proto__`,
  `${ENTERPRISE}:constructor`,
  `${ENTERPRISE}:manager.__proto__`,
];

const numbers = [0, 1, -1, 42, 1e6, -7, 2 ** 31] as const;
const binaries = ["MIIB", "miib", "AAECAw=="] as const;

const arbitraryText: Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<string>(...texts) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }) },
);

export const simpleValue = (attribute: Attribute): Arbitrary<Json> => {
  switch (attribute.type) {
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.constantFrom(...numbers);
    case "decimal":
      return fc.constantFrom(...numbers, 0.5, -1.25);
    case "dateTime":
      return fc.constantFrom(...dateTimes);
    case "binary":
      return fc.constantFrom(...binaries);
    default:
      return attribute.canonicalValues === undefined
        ? arbitraryText
        : fc.oneof(fc.constantFrom(...attribute.canonicalValues), arbitraryText);
  }
};

/** What a resource should not hold but an evaluator must survive: unassigned values, values of another type. */
const mess: Arbitrary<Json> = fc.constantFrom<Json>(null, "", [], {}, [null], [{}], [{ value: "" }], 7, true, "Ada", [
  "Ada",
]);

interface Taste {
  readonly include: (path: string) => boolean;
  /** Whether values may be `mess`. */
  readonly messy: boolean;
}

const oneValue = (attribute: Attribute, prefix: string, taste: Taste): Arbitrary<Json> =>
  attribute.type === "complex"
    ? values(attribute.subAttributes ?? [], `${prefix}${attribute.name}.`, taste)
    : simpleValue(attribute);

const value = (attribute: Attribute, prefix: string, taste: Taste): Arbitrary<Json> => {
  const one = oneValue(attribute, prefix, taste);
  const clean = attribute.multiValued ? fc.array(one, { minLength: taste.messy ? 0 : 1, maxLength: 3 }) : one;
  return taste.messy ? fc.oneof({ weight: 5, arbitrary: clean }, { weight: 1, arbitrary: mess }) : clean;
};

/** Any of the attributes, each there or not; of a complex value at least one sub-attribute unless it may be a mess. */
const values = (attributes: readonly Attribute[], prefix: string, taste: Taste): Arbitrary<JsonObject> => {
  const included = attributes.filter((attribute) => taste.include(prefix + attribute.name));
  const model = Object.fromEntries(included.map((attribute) => [attribute.name, value(attribute, prefix, taste)]));
  const some = fc.record(model, { requiredKeys: [], noNullPrototype: true }) as Arbitrary<JsonObject>;
  const [first] = included;
  if (!prefix.endsWith(".") || taste.messy || first === undefined) return some;
  return fc
    .tuple(some, model[first.name] as Arbitrary<Json>)
    .map(([object, fallback]) => (Object.keys(object).length > 0 ? object : { [first.name]: fallback }));
};

/** Paths whose values are computed when a resource is read, and never stored in it. */
export const computedPaths: ReadonlySet<string> = new Set([
  "groups",
  "groups.value",
  "groups.$ref",
  "groups.display",
  "groups.type",
  "members.display",
  "members.$ref",
  `${ENTERPRISE}:manager.$ref`,
  `${ENTERPRISE}:manager.displayName`,
]);

const secret = new Set(["password"]);

/** Canonical JSON of a resource: `schemas`, `id`, `meta` and the required attributes are there, the rest may be. */
const resource = (type: ResourceType, taste: Taste, required: string): Arbitrary<JsonObject> => {
  const fixed = new Set(["schemas", "id", "meta"]);
  const attributes = attributesOf(type).filter((attribute) => !fixed.has(attribute.name));
  const extensions = type.extensions.map(({ schema }) => values(schema.attributes, `${schema.id}:`, taste));
  return fc
    .record({
      id: fc.uuid(),
      name: arbitraryText,
      own: values(attributes, "", taste),
      extensions: fc.tuple(...extensions),
      created: fc.constantFrom(...dateTimes),
      lastModified: fc.constantFrom(...dateTimes),
      revision: fc.nat(9),
    })
    .map(({ id, name, own, extensions, created, lastModified, revision }) => {
      const present = type.extensions.flatMap(({ schema }, i) => {
        const extension = extensions[i] as JsonObject;
        return Object.keys(extension).length > 0 ? [[schema.id, extension] as const] : [];
      });
      const location = `https://scim.example${type.endpoint}/${id}`;
      return {
        schemas: [type.schema.id, ...present.map(([urn]) => urn)],
        id,
        [required]: name,
        ...own,
        ...Object.fromEntries(present),
        meta: { resourceType: type.name, created, lastModified, location, version: `W/"${revision}"` },
      };
    });
};

const stored = (path: string): boolean => !computedPaths.has(path) && !secret.has(path);

/** A user as it is stored, without what is computed when it is read. */
export const arbitraryUser: Arbitrary<JsonObject> = resource(userType, { include: stored, messy: false }, "userName");
/** A group as it is stored. */
export const arbitraryGroup: Arbitrary<JsonObject> = resource(
  groupType,
  { include: stored, messy: false },
  "displayName",
);

/** Every attribute of the schema, computed and secret ones too, with unassigned and mistyped values among them. */
export const arbitraryMess = (type: ResourceType): Arbitrary<JsonObject> =>
  resource(type, { include: () => true, messy: true }, type === userType ? "userName" : "displayName");

const operators: Record<AttributeType, readonly string[]> = {
  string: ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
  reference: ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"],
  dateTime: ["eq", "ne", "gt", "ge", "lt", "le"],
  integer: ["eq", "ne", "gt", "ge", "lt", "le"],
  decimal: ["eq", "ne", "gt", "ge", "lt", "le"],
  boolean: ["eq", "ne"],
  binary: ["eq", "ne"],
  complex: [],
};

const inCase = (text: string): Arbitrary<string> => fc.constantFrom(text, text, text.toLowerCase(), text.toUpperCase());

/** A piece of a text of the pool, cut between code points. */
const piece = (text: string): Arbitrary<string> => {
  const points = Array.from(text);
  return fc
    .tuple(fc.nat(points.length), fc.nat(points.length))
    .map(([a, b]) => points.slice(Math.min(a, b), Math.max(a, b)).join(""));
};

const escaped = (text: string): string => {
  const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0"));
  return `"${units.map((unit) => `\\u${unit}`).join("")}"`;
};

const literal = (operand: Attribute, operator: string): Arbitrary<string> => {
  const whole = simpleValue(operand);
  const isText = operand.type === "string" || operand.type === "reference";
  const json = isText
    ? fc
        .oneof(
          whole,
          whole.chain((text) => piece(text as string)),
        )
        .chain((text) => fc.constantFrom(JSON.stringify(text), JSON.stringify(text), escaped(text as string)))
    : whole.map((given) => JSON.stringify(given));
  const spelled = operand.type === "boolean" ? fc.oneof(json, fc.constantFrom('"True"', '"FALSE"')) : json;
  return operator === "eq" || operator === "ne"
    ? fc.oneof({ weight: 9, arbitrary: spelled }, { weight: 1, arbitrary: fc.constant("null") })
    : spelled;
};

const test = (name: string, operand: Attribute): Arbitrary<string> => {
  const names = inCase(name);
  const present = fc.tuple(names, inCase("pr")).map((words) => words.join(" "));
  const possible = operators[operand.type];
  if (possible.length === 0) return present;
  const comparison = fc
    .constantFrom(...possible)
    .chain((operator) => fc.tuple(names, inCase(operator), literal(operand, operator)))
    .map((words) => words.join(" "));
  return fc.oneof({ weight: 5, arbitrary: comparison }, { weight: 1, arbitrary: present });
};

const spread = <T>(choices: readonly Arbitrary<T>[]): Arbitrary<T> =>
  fc.nat(choices.length - 1).chain((i) => choices[i] as Arbitrary<T>);

/** Combines terms by `and`, `or`, `not` and parentheses, to a depth that stays within every limit. */
const logic = (term: Arbitrary<string>, depth: number): Arbitrary<string> => {
  if (depth === 0) return term;
  const inner = logic(term, depth - 1);
  const joined = fc
    .tuple(
      fc.array(inner, { minLength: 2, maxLength: 3 }),
      fc.array(inCase("and"), { minLength: 2, maxLength: 2 }),
      fc.boolean(),
    )
    .map(([terms, [first, second], or]) =>
      [terms[0], ...terms.slice(1).flatMap((t, i) => [or ? "or" : i === 0 ? first : second, t])].join(" "),
    );
  return fc.oneof(
    { weight: 4, arbitrary: term },
    { weight: 2, arbitrary: joined },
    { weight: 1, arbitrary: inner.map((text) => `(${text})`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(inCase("not"), fc.constantFrom("", " "), inner)
        .map(([not, gap, text]) => `${not}${gap}(${text})`),
    },
  );
};

const valueSub = (path: AttributePath): Attribute | undefined =>
  path.sub === undefined
    ? path.attribute.subAttributes?.find((sub) => sub.name === "value" && isFilterable(sub))
    : undefined;

/** `emails[…]`, and `emails[…].value eq "…"` as Entra ID writes it. */
const valuePath = (path: AttributePath): Arbitrary<string> => {
  const subs = (path.attribute.subAttributes ?? []).filter(isFilterable).map((sub) => test(sub.name, sub));
  const brackets = fc.tuple(inCase(path.text), logic(spread(subs), 2)).map(([name, filter]) => `${name}[${filter}]`);
  return fc.oneof(
    { weight: 3, arbitrary: brackets },
    { weight: 1, arbitrary: fc.tuple(brackets, spread(subs)).map(([text, more]) => `${text}.${more}`) },
  );
};

const termsOf = (type: ResourceType, path: AttributePath): Arbitrary<string>[] => {
  const operand = path.sub ?? path.attribute;
  const qualified = path.extension === undefined ? `${type.schema.id}:${path.text}` : path.text;
  const comparable = operand.type === "complex" ? (valueSub(path) ?? operand) : operand;
  const terms = [test(path.text, operand), test(path.text, comparable), test(qualified, comparable)];
  const hasSubs = operand.subAttributes?.some(isFilterable) === true;
  return hasSubs ? [...terms, valuePath(path), valuePath(path)] : terms;
};

/**
 * The text of a valid filter over all filterable paths of the type (or those given), all operators, names and keywords in
 * any case. Without the computed paths: `pathsOf(type).filter((path) => !computedPaths.has(path.text))`.
 */
export const arbitraryFilterText = (
  type: ResourceType,
  paths: readonly AttributePath[] = pathsOf(type),
): Arbitrary<string> => {
  const usable = paths.filter(
    (path) => isFilterable(path.attribute) && (path.sub === undefined || isFilterable(path.sub)),
  );
  return logic(spread(usable.map((path) => fc.oneof(...termsOf(type, path)))), 3);
};
