// Whatever a tenant may define, the engine handles as it handles users: held to the reference engines that read the schema.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { changesBetween } from "../../src/domain/attribute-changes.ts";
import { applyChanges, noAttributes, withElements } from "../../src/domain/attributes.ts";
import { schemaResource } from "../../src/scim/discovery/schema-resource.ts";
import { ScimError } from "../../src/scim/errors.ts";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { bodyOf } from "../../src/scim/resource/body.ts";
import { sameAttribute } from "../../src/scim/resource/element.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import { schemasOf } from "../../src/scim/resource/schemas.ts";
import { type Attribute, isSecret, type ResourceType } from "../../src/scim/schema/characteristics.ts";
import { pathsOf } from "../../src/scim/schema/lookup.ts";
import { readSchema } from "../../src/scim/schema/read-schema.ts";
import { builtInTypes } from "../../src/scim/schema/type-set.ts";
import { patched } from "../rfc/engine.ts";
import { operationOf, resourceOf, stepOn } from "../rfc/patch-steps.ts";
import { referenceFilter } from "../rfc/reference/filter.ts";
import { Failed, referencePatch, unordered } from "../rfc/reference/patch.ts";
import { targets } from "../rfc/reference/schema.ts";
import { arbitraryFilterText } from "../scim/arbitraries.ts";
import { parseFilterLeniently } from "../scim/reading.ts";
import { arbitraryAttributes, arbitrarySchemaJson, arbitraryType, CORE } from "./arbitrary-type.ts";

/** Filters and types shrink slowly: a counterexample as it was found says enough. */
const RUNS = { numRuns: 150, endOnFailure: true };

const typeWith = <T>(more: (type: ResourceType) => fc.Arbitrary<T>): fc.Arbitrary<readonly [ResourceType, T]> =>
  arbitraryType().chain((type) => fc.tuple(fc.constant(type), more(type)));

/** Equal but for the order of elements. */
function expectSame(type: ResourceType, actual: JsonObject, expected: JsonObject): void {
  const differing = pathsOf(type).filter(({ extension, attribute, sub }) => {
    if (sub !== undefined) return false;
    const [a, b] = [actual, expected].map((all) =>
      extension === undefined ? all[attribute.name] : (all[extension] as JsonObject | undefined)?.[attribute.name],
    );
    return !sameAttribute(attribute, a, b);
  });
  expect([differing.map(({ text }) => text), Object.keys(actual).sort()]).toEqual([[], Object.keys(expected).sort()]);
}

describe("a schema", () => {
  it("is read back from what /Schemas shows of it", () => {
    fc.assert(
      fc.property(arbitrarySchemaJson(CORE), (json) => {
        const schema = readSchema(json);
        expect(readSchema(schemaResource(schema, "https://scim.example"))).toEqual(schema);
        expect(readSchema(JSON.parse(JSON.stringify(schema)))).toEqual(schema);
      }),
      RUNS,
    );
  });

  it.each(builtInTypes.schemas.map((schema) => [schema.name, schema] as const))(
    "%s, of every tenant, could be one",
    (_, schema) => expect(readSchema(schemaResource(schema, "https://scim.example"))).toEqual(schema),
  );
});

describe("a resource of any type", () => {
  it("is parsed to what it says, and its body to the same again", () => {
    fc.assert(
      fc.property(typeWith(arbitraryAttributes), ([type, attributes]) => {
        const body = withSecrets(type, { schemas: schemasOf(type, attributes), ...attributes });
        const parsed = parseResource(type, body, "create").attributes;
        expectSame(type, parsed, attributes);
        const again = JSON.parse(`${bodyOf(type, "1", parsed)}}`) as JsonObject;
        expectSame(type, parseResource(type, withSecrets(type, again), "create").attributes, attributes);
      }),
      RUNS,
    );
  });

  it("becomes any other by the changes between them, which need no schema to be applied", () => {
    const pair = typeWith((type) => fc.tuple(arbitraryAttributes(type), arbitraryAttributes(type)));
    fc.assert(
      fc.property(pair, ([type, [from, to]]) => {
        const before = withElements(type, from);
        const after = applyChanges(before, changesBetween(type, before, to));
        expectSame(type, after.attributes, to);
        expect(changesBetween(type, after, to)).toEqual([]);
        expectSame(type, applyChanges(noAttributes, changesBetween(type, noAttributes, to)).attributes, to);
      }),
      RUNS,
    );
  });

  it("is filtered as the reference does", () => {
    const asked = typeWith((type) =>
      fc.tuple(arbitraryAttributes(type), fc.array(arbitraryFilterText(type), { minLength: 3, maxLength: 5 })),
    );
    fc.assert(
      fc.property(asked, ([type, [attributes, filters]]) => {
        const resource = { schemas: schemasOf(type, attributes), id: "1", ...attributes };
        for (const text of filters)
          expect([text, matches(parseFilterLeniently(type, text), resource)]).toEqual([
            text,
            referenceFilter(type, text)(resource),
          ]);
      }),
      RUNS,
    );
  });

  it("is patched as the reference does", () => {
    const usable = (type: ResourceType) =>
      targets(type).filter(({ attribute }) => attribute.name !== "schemas" && attribute.name !== "meta");
    const asked = arbitraryType("patchable").chain((type) => {
      const chosen = usable(type);
      const steps = fc.array(fc.constantFrom(...chosen).chain(stepOn), { minLength: 1, maxLength: 5 });
      return fc.tuple(fc.constant(type), resourceOf(type, chosen, {}), steps);
    });
    fc.assert(
      fc.property(asked, ([type, resource, steps]) => {
        const operations = steps.map(operationOf);
        expect({ operations, result: outcome(() => patched(type, resource, ...operations)) }).toEqual({
          operations,
          result: outcome(() => referencePatch(type, resource, steps)),
        });
      }),
      { ...RUNS, numRuns: 500 },
    );
  });
});

function outcome(compute: () => JsonObject): string {
  try {
    return unordered(compute());
  } catch (error) {
    if (error instanceof ScimError) return error.scimType ?? String(error.status);
    if (error instanceof Failed) return error.scimType;
    throw error;
  }
}

/** Values for what is required and never kept, by the attributes that are there. */
function withSecrets(type: ResourceType, resource: JsonObject): JsonObject {
  const result = structuredClone(resource);
  for (const { extension, attribute, sub } of pathsOf(type)) {
    const holder = extension === undefined ? result : (result[extension] as JsonObject | undefined);
    if (holder === undefined || !(sub ?? attribute).required || !isSecret(sub ?? attribute)) continue;
    if (sub === undefined) holder[attribute.name] = secretOf(attribute);
    else for (const one of [holder[attribute.name] ?? []].flat()) (one as JsonObject)[sub.name] ??= secretOf(sub);
  }
  return result;
}

const secretOf = (attribute: Attribute): Json =>
  attribute.multiValued ? [oneSecret(attribute)] : oneSecret(attribute);

const oneSecret = ({ type, subAttributes }: Attribute): Json => {
  if (subAttributes !== undefined)
    return Object.fromEntries(subAttributes.filter(isSecret).map((sub) => [sub.name, secretOf(sub)]));
  if (type === "boolean") return true;
  if (type === "integer" || type === "decimal") return 7;
  return type === "dateTime" ? "2026-01-02T03:04:05Z" : "AAAA";
};
