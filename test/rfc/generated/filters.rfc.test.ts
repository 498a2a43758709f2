// RFC 7644 §3.4.2.2: every attribute and sub-attribute of every schema, with every operator. Whether a text is a filter
// follows from table 3 and the attribute's characteristics; what it selects, from a second evaluator.
import { describe, expect, it } from "@jest/globals";
import { ScimError } from "../../../src/scim/errors.ts";
import { matches } from "../../../src/scim/filter/evaluate.ts";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { referenceFilter } from "../reference/filter.ts";
import { filterCases, operators } from "./filter-cases.ts";
import { filterableTypes, named } from "./types.ts";
import { resourceWith } from "./values.ts";

/** With every attribute, with every attribute of another value, with the fewest. */
const resourcesOf = (type: ResourceType): readonly JsonObject[] => {
  const schemas = { schemas: [type.schema.id, ...type.extensions.map(({ schema }) => schema.id)] };
  return [
    { ...resourceWith(type, 0, () => true), ...schemas },
    { ...resourceWith(type, 1, () => true), ...schemas },
    { ...resourceWith(type, 2, ({ required }) => required), schemas: [type.schema.id] },
  ];
};

const ours = (type: ResourceType, text: string, resources: readonly JsonObject[]): string => {
  try {
    const filter = parseFilter(type, text);
    return resources.map((resource) => matches(filter, resource)).join();
  } catch (error) {
    if (error instanceof ScimError) return `${error.status} ${error.scimType}`;
    throw error;
  }
};

const theirs = (type: ResourceType, text: string, resources: readonly JsonObject[]): string => {
  const test = referenceFilter(type, text);
  return resources.map((resource) => test(resource)).join();
};

describe.each(named(filterableTypes))("filters on every attribute of a %s", (_, type) => {
  const resources = resourcesOf(type);

  it.each(operators)("with %s select what table 3 says, or are 400 invalidFilter", (operator) => {
    const wrong: string[] = [];
    let tried = 0;
    for (const { text, isOne } of filterCases(type, operator)) {
      const expected = isOne ? theirs(type, text, resources) : "400 invalidFilter";
      const actual = ours(type, text, resources);
      if (actual !== expected) wrong.push(`${text}: ${actual}, not ${expected}`);
      tried += 1;
    }
    expect(wrong.slice(0, 30)).toEqual([]);
    expect(tried).toBeGreaterThan(50);
  });
});
