// PATCH against a second engine that was written from RFC 7644 §3.5.2 alone.
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { ScimError } from "../../src/scim/errors.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { badgeType, ENTERPRISE, patched } from "./engine.ts";
import { operationOf, resourceOf, stepOn } from "./patch-steps.ts";
import { Failed, referencePatch, unordered } from "./reference/patch.ts";
import { type Target, targets, textOf } from "./reference/schema.ts";

const cases: readonly [ResourceType, readonly string[], JsonObject][] = [
  [
    userType,
    ["userName", "title", "name", "emails", "addresses", "active", "id", "meta", `${ENTERPRISE}:division`],
    { userName: "a" },
  ],
  [badgeType, ["serial", "chip", "holder", "colours", "marks", "doors", "level", "issuer"], { serial: "a" }],
];

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
