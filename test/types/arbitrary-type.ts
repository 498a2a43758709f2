// Generated definitions, as JSON of `/Schemas`, and resources by them.
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { isKept } from "../../src/scim/resource/value.ts";
import type { Attribute, AttributeType, ResourceType, Schema } from "../../src/scim/schema/characteristics.ts";
import { attributesOf } from "../../src/scim/schema/lookup.ts";
import { readSchema } from "../../src/scim/schema/read-schema.ts";
import { simpleValue } from "../scim/arbitraries.ts";

const SIMPLE: readonly AttributeType[] = ["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference"];
const NAMES = ["displayName", "value", "type", "code", "Level", "x-1", "a_b", "when", "site", "door", "isOpen", "tag"];
/** What groups and users have, too: there they are other resources, here they are whatever the definition says. */
const SHARED = ["members", "groups"];

/** `any`: all that a definition may say. `patchable`: what the reference of PATCH knows, which makes its resources by PATCH. */
export type Kind = "any" | "patchable";

const characteristics = (type: AttributeType, isSub: boolean, kind: Kind): fc.Arbitrary<JsonObject> =>
  fc
    .record({
      mutability: fc.oneof(
        { weight: isSub ? 4 : 8, arbitrary: fc.constant("readWrite") },
        { weight: 1, arbitrary: fc.constantFrom("immutable", "readOnly", kind === "any" ? "writeOnly" : "immutable") },
      ),
      returned: fc.constantFrom(
        "default",
        "default",
        "default",
        "always",
        "request",
        kind === "any" ? "never" : "default",
      ),
      uniqueness: fc.constantFrom("none", "none", "server", "global"),
      required: fc.constantFrom(false, false, false, kind === "any"),
      multiValued: isSub && kind === "patchable" ? fc.constant(false) : fc.constantFrom(false, false, true),
      caseExact: fc.boolean(),
    })
    .map(({ mutability, returned, uniqueness, required, multiValued, caseExact }) => {
      const shown = mutability === "writeOnly" ? "never" : returned;
      const isUnique = !isSub && !multiValued && type !== "complex" && type !== "boolean" && shown !== "never";
      return {
        type,
        multiValued,
        caseExact,
        // Nothing could hold a client to a value that nobody knows, nor write or read that of the service.
        mutability: shown === "never" && mutability !== "writeOnly" ? "readWrite" : mutability,
        required: required && (mutability !== "readOnly" || shown === "never"),
        returned: shown,
        uniqueness: isUnique ? uniqueness : "none",
      };
    });

/** An attribute that looks like the one of the same name of groups or users. */
const likeMembership = (name: string, kind: Kind): fc.Arbitrary<JsonObject> =>
  attribute("display", true, kind).map((display) => ({
    name,
    type: "complex",
    multiValued: true,
    subAttributes: [{ name: "value", type: "string" }, display],
  }));

const attribute = (name: string, isSub: boolean, kind: Kind): fc.Arbitrary<JsonObject> => {
  const types = kind === "any" ? SIMPLE : (["string", "boolean", "integer"] as const);
  const simple = fc.constantFrom(...types).chain((type) => characteristics(type, isSub, kind));
  const complex = fc.tuple(characteristics("complex", isSub, kind), attributes(3, true, kind)).map(
    ([own, subAttributes]): JsonObject => ({
      ...own,
      mutability: "readWrite",
      returned: "default",
      subAttributes: keepingOne(subAttributes),
    }),
  );
  const one = isSub ? simple : fc.oneof({ weight: kind === "any" ? 3 : 1, arbitrary: simple }, complex);
  return one.map((own) => ({ name, ...own }));
};

/** A complex value of which nothing is kept could never be given. */
const keepingOne = ([first, ...rest]: JsonObject[]): JsonObject[] =>
  [first as JsonObject, ...rest].map((sub, index) => (index === 0 ? { ...sub, mutability: "readWrite" } : sub));

const attributes = (most: number, isSub: boolean, kind: Kind): fc.Arbitrary<JsonObject[]> =>
  fc
    .uniqueArray(fc.constantFrom(...NAMES, ...(isSub ? [] : SHARED)), { minLength: 1, maxLength: most })
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          SHARED.includes(name)
            ? fc.oneof({ weight: 3, arbitrary: likeMembership(name, kind) }, attribute(name, isSub, kind))
            : attribute(name, isSub, kind),
        ),
      ),
    );

/** A definition that must be accepted. */
export const arbitrarySchemaJson = (id: string, kind: Kind = "any"): fc.Arbitrary<JsonObject> =>
  attributes(6, false, kind).map((list) => ({ id, name: "Thing", description: "Generated.", attributes: list }));

export const CORE = "urn:example:generated:2.0:Thing";
export const EXTENSION = "urn:example:generated:extension:2.0:Thing";

export const typeOf = (schema: Schema, extension: Schema): ResourceType =>
  Object.freeze({
    id: "Thing",
    name: "Thing",
    endpoint: "/Things",
    description: "",
    schema,
    extensions: Object.freeze([{ schema: extension, required: false }]),
  });

/** A type with one extension. */
export const arbitraryType = (kind: Kind = "any"): fc.Arbitrary<ResourceType> =>
  fc
    .tuple(arbitrarySchemaJson(CORE, kind), arbitrarySchemaJson(EXTENSION, kind))
    .map(([core, extension]) => typeOf(readSchema(core), readSchema(extension)));

const oneOf = (own: Attribute): fc.Arbitrary<Json> =>
  own.type === "complex" ? valuesOf(own.subAttributes ?? [], true) : simpleValue(own).filter((value) => value !== "");

const assigned = (own: Attribute): fc.Arbitrary<Json> =>
  own.multiValued
    ? fc.uniqueArray(oneOf(own), { minLength: 1, maxLength: 3, selector: (value) => JSON.stringify(value) })
    : oneOf(own);

/** Canonical values of attributes that are kept; the required ones are there. */
function valuesOf(all: readonly Attribute[], atLeastOne: boolean): fc.Arbitrary<JsonObject> {
  const kept = all.filter((own) => isKept(own) && isAssignable(own));
  const model = Object.fromEntries(kept.map((own) => [own.name, assigned(own)]));
  const required = kept.filter((own) => own.required).map(({ name }) => name);
  const [first] = kept;
  const some = fc.record(model, {
    requiredKeys: required as never[],
    noNullPrototype: true,
  }) as fc.Arbitrary<JsonObject>;
  if (!atLeastOne || first === undefined) return some;
  return fc
    .tuple(some, assigned(first))
    .map(([object, value]) => (Object.keys(object).length > 0 ? object : { [first.name]: value }));
}

/** A complex attribute of which nothing is kept can have no value. */
const isAssignable = ({ subAttributes }: Attribute): boolean =>
  subAttributes === undefined || subAttributes.some(isKept);

/** Canonical attributes of a resource; the extension is there or not. */
export function arbitraryAttributes(type: ResourceType): fc.Arbitrary<JsonObject> {
  const own = attributesOf(type).filter(({ name }) => !["schemas", "id", "meta"].includes(name));
  const [extension] = type.extensions;
  const extended = extension === undefined ? fc.constant({}) : valuesOf(extension.schema.attributes, true);
  return fc.tuple(valuesOf(own, false), fc.option(extended, { nil: {} as JsonObject })).map(([values, more]) => ({
    ...values,
    ...(extension === undefined || Object.keys(more).length === 0 ? {} : { [extension.schema.id]: more }),
  }));
}
