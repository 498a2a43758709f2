// RFC 7644 §3.3: every attribute of every schema in the body of a creation, with values that are right, wrong or empty. What
// the resource then has follows from the attribute's characteristics.
import { describe, expect, it } from "@jest/globals";
import { ScimError } from "../../../src/scim/errors.ts";
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { created } from "../engine.ts";
import { creationOf } from "../reference/operation.ts";
import { unordered } from "../reference/patch.ts";
import { isSecret, type Target, targets } from "../reference/schema.ts";
import { ABSENT, requiredOf, valuesFor } from "./patch-cases.ts";
import { named, patchableTypes } from "./types.ts";
import { wholeValue } from "./values.ts";

/** What a creation with the target needs beside it; secrets are needed, and not kept. */
const othersOf = (type: ResourceType, { urn, attribute }: Target): { kept: JsonObject; sent: JsonObject } => {
  const kept: JsonObject = { ...requiredOf(type, undefined) };
  if (urn !== undefined) kept[urn] = requiredOf(type, urn);
  delete ((urn === undefined ? kept : kept[urn]) as JsonObject)[attribute.name];
  const sent = structuredClone(kept);
  const secrets = targets(type).filter(
    (other) => other.sub === undefined && other.attribute.required && isSecret(other.attribute),
  );
  for (const secret of secrets) {
    if (secret.urn !== undefined && secret.urn !== urn) continue;
    if (secret.urn === urn && secret.attribute.name === attribute.name) continue;
    const container = (secret.urn === undefined ? sent : sent[secret.urn]) as JsonObject;
    container[secret.attribute.name] = wholeValue(secret.attribute, 0);
  }
  if (urn !== undefined && Object.keys(kept[urn] as JsonObject).length === 0) delete kept[urn];
  return { kept, sent };
};

const ours = (type: ResourceType, body: JsonObject): string => {
  try {
    return unordered(created(type, body).attributes);
  } catch (error) {
    if (error instanceof ScimError && error.status === 400) return String(error.scimType);
    throw error;
  }
};

describe.each(named(patchableTypes))("the creation of a %s", (_, type) => {
  const attributes = targets(type).filter(({ attribute, sub }) => sub === undefined && attribute.name !== "schemas");

  it("takes of every attribute what its characteristics allow, and is refused with their keyword", () => {
    const wrong: string[] = [];
    for (const target of attributes) {
      const { urn, attribute } = target;
      const { kept, sent } = othersOf(type, target);
      const values = valuesFor(attribute, false).filter((value) => value !== ABSENT) as Json[];
      for (const value of [...values, wholeValue(attribute, 1)])
        for (const name of [attribute.name, attribute.name.toUpperCase()]) {
          const schemas = [type.schema.id, ...(urn === undefined ? [] : [urn])];
          const given = { [name]: value };
          const body =
            urn === undefined
              ? { schemas, ...sent, ...given }
              : { schemas, ...sent, [urn]: { ...(sent[urn] as JsonObject), ...given } };
          const expected = creationOf(kept, target, value);
          const actual = ours(type, body);
          const agrees = "after" in expected ? actual === unordered(expected.after) : expected.refused.includes(actual);
          if (!agrees)
            wrong.push(`${JSON.stringify(body)}\n  came to ${actual}\n  and not ${JSON.stringify(expected)}`);
        }
    }
    expect(wrong.slice(0, 20).join("\n")).toBe("");
  });
});
