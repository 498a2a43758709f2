// The files of `schemas/` against the tables of their documents, line by line: RFC 9944 §3, §7.1, §7.2, §7.3 and
// draft-ietf-scim-roles-entitlements-01, but for what the files say of themselves.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";

interface Attribute {
  readonly name: string;
  readonly type: string;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: string;
  readonly returned: string;
  readonly uniqueness: string;
  readonly canonicalValues?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

/** name, type and what differs from a readWrite attribute that is neither required nor caseExact. */
type Line = readonly [name: string, type: string, more?: string];

const line = (attribute: Attribute): string => {
  const { name, type, multiValued, required, caseExact, mutability, returned, uniqueness, canonicalValues } = attribute;
  const marks = [
    multiValued && "multiValued",
    required && "required",
    caseExact && "caseExact",
    mutability !== "readWrite" && mutability,
    returned !== "default" && `returned ${returned}`,
    uniqueness !== "none" && `unique ${uniqueness}`,
    canonicalValues?.join("|") ?? false,
  ];
  return [name, type, ...marks.filter((mark) => mark !== false)].join(" ");
};
const lines = (attributes: readonly Attribute[]): string[] =>
  attributes.flatMap((one) => [line(one), ...lines(one.subAttributes ?? []).map((sub) => `${one.name}.${sub}`)]);

const common = (value: string, supported: string): readonly Line[] => [
  ["value", "string", value],
  ["display", "string"],
  ["type", "string"],
  ["supported", "boolean", supported],
  ["limitedAssignmentsPermitted", "boolean"],
  ["totalAssignmentsPermitted", "integer"],
  ["totalAssignmentsUsed", "integer"],
  ["containedBy", "string", "multiValued"],
  ["contains", "string", "multiValued"],
];

const documents: Record<string, Record<string, readonly Line[]>> = {
  "devices.json": {
    "urn:ietf:params:scim:schemas:core:2.0:Device": [
      ["displayName", "string"],
      ["active", "boolean", "required"],
      ["mudUrl", "reference", "caseExact"],
      ["groups", "complex", "multiValued readOnly"],
      ["groups.value", "string", "readOnly"],
      ["groups.$ref", "reference", "caseExact readOnly"],
      ["groups.display", "string", "readOnly"],
      ["groups.type", "string", "readOnly direct|indirect"],
    ],
    "urn:ietf:params:scim:schemas:extension:ble:2.0:Device": [
      ["versionSupport", "string", "multiValued required"],
      ["deviceMacAddress", "string", "required unique server"],
      ["isRandom", "boolean"],
      ["separateBroadcastAddress", "string", "multiValued"],
      ["irk", "string", "writeOnly returned never"],
      ["mobility", "boolean"],
      ["pairingMethods", "string", "multiValued required caseExact"],
    ],
    "urn:ietf:params:scim:schemas:extension:dpp:2.0:Device": [
      ["dppVersion", "integer", "required"],
      ["bootstrappingMethod", "string", "multiValued"],
      ["bootstrapKey", "string", "required caseExact writeOnly returned never"],
      ["deviceMacAddress", "string", "unique server"],
      ["classChannel", "string", "multiValued"],
      ["serialNumber", "string"],
    ],
    "urn:ietf:params:scim:schemas:extension:ethernet-mab:2.0:Device": [["deviceMacAddress", "string", "required"]],
  },
  "roles-and-entitlements.json": {
    "urn:ietf:params:scim:schemas:core:2.0:Role": common("required immutable unique server", "required"),
    "urn:ietf:params:scim:schemas:core:2.0:Entitlement": common("required immutable unique server", ""),
  },
};

describe("a schema that is ready to load", () => {
  for (const [file, schemas] of Object.entries(documents)) {
    const shipped = JSON.parse(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), "utf8")) as {
      schemas: { id: string; attributes: Attribute[] }[];
    };
    it(`is in ${file} with all that it says it has`, () => {
      expect(shipped.schemas.map(({ id }) => id)).toEqual(Object.keys(schemas));
    });
    it.each(Object.entries(schemas))("%s has the attributes and characteristics of its document", (id, expected) => {
      const { attributes } = shipped.schemas.find((schema) => schema.id === id)!;
      expect(lines(attributes)).toEqual(expected.map((one) => one.filter((part) => part !== "").join(" ")));
    });
  }
});
