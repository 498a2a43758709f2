// RFC 7644 §3.5.2: every attribute and sub-attribute of every schema, with every operation. What it comes to follows from
// the attribute's characteristics (RFC 7643 §7), by a second reading of both.
import { describe, expect, it } from "@jest/globals";
import { ScimError } from "../../../src/scim/errors.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { type Operation, patched } from "../engine.ts";
import { type Outcome, outcomeOf } from "../reference/operation.ts";
import { unordered } from "../reference/patch.ts";
import { operations, patchCases, resourcesFor } from "./patch-cases.ts";
import { named, patchableTypes } from "./types.ts";

const ours = (type: ResourceType, resource: JsonObject, operation: Operation): string => {
  try {
    return unordered(patched(type, resource, operation));
  } catch (error) {
    if (error instanceof ScimError && error.status === 400) return String(error.scimType);
    throw error;
  }
};

const agrees = (actual: string, expected: Outcome): boolean =>
  "after" in expected ? actual === unordered(expected.after) : expected.refused.includes(actual);

const told = (outcome: Outcome): string => ("after" in outcome ? unordered(outcome.after) : outcome.refused.join("|"));

describe.each(named(patchableTypes))("PATCH on every attribute of a %s", (_, type) => {
  it.each(operations)("by %s changes what its characteristics allow, and is refused with their keyword", (op) => {
    const wrong: string[] = [];
    let tried = 0;
    for (const { operation, sent } of patchCases(type, op))
      for (const resource of resourcesFor(type, sent.target)) {
        const expected = outcomeOf(type, resource, sent);
        const actual = ours(type, resource, operation);
        tried += 1;
        if (!agrees(actual, expected))
          wrong.push(`${JSON.stringify({ resource, operation })}\n  came to ${actual}\n  and not ${told(expected)}`);
      }
    expect(wrong.slice(0, 20).join("\n")).toBe("");
    expect(tried).toBeGreaterThan(50);
  });
});
