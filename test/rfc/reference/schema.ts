// The schemas as the reference engines see them: the very JSON of `/Schemas`, and the common attributes of RFC 7643 §3.1.
import { schemaResource } from "../../../src/scim/discovery/schema-resource.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";

export interface Attribute {
  readonly name: string;
  readonly type: string;
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly canonicalValues?: readonly string[];
  readonly caseExact: boolean;
  readonly mutability: string;
  readonly returned: string;
  readonly subAttributes?: readonly Attribute[];
}

/** “The attribute is never returned”, and so for nobody to be told: it is checked, and not kept. */
export const isSecret = ({ returned }: Attribute): boolean => returned === "never";

export interface Target {
  /** Whether the path begins with an extension's URN, and which. */
  readonly urn?: string;
  readonly attribute: Attribute;
  readonly sub?: Attribute;
}

const simple = (name: string, more: Partial<Attribute> = {}): Attribute => ({
  name,
  type: "string",
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: "readOnly",
  returned: "default",
  ...more,
});

const common: readonly Attribute[] = [
  simple("schemas", { multiValued: true, returned: "always" }),
  simple("id", { caseExact: true, returned: "always" }),
  simple("externalId", { caseExact: true, mutability: "readWrite" }),
  simple("meta", {
    type: "complex",
    subAttributes: [
      simple("resourceType", { caseExact: true }),
      simple("created", { type: "dateTime" }),
      simple("lastModified", { type: "dateTime" }),
      simple("location", { type: "reference", caseExact: true }),
      simple("version", { caseExact: true }),
    ],
  }),
];

const attributesIn = (document: JsonObject) => document["attributes"] as unknown as readonly Attribute[];

export const named = (attributes: readonly Attribute[] | undefined, name: string): Attribute | undefined =>
  attributes?.find((attribute) => attribute.name.toLowerCase() === name.toLowerCase());

/** Every path of the type and what it leads to. */
export const targets = (type: ResourceType): readonly Target[] => {
  const own = [...common, ...attributesIn(schemaResource(type.schema, ""))];
  const all = [
    ...own.map((attribute) => ({ attribute })),
    ...type.extensions.flatMap(({ schema }) =>
      attributesIn(schemaResource(schema, "")).map((attribute) => ({ urn: schema.id, attribute })),
    ),
  ];
  return all.flatMap((target) => [
    target,
    ...(target.attribute.subAttributes ?? []).map((sub): Target => ({ ...target, sub })),
  ]);
};

export const textOf = ({ urn, attribute, sub }: Target): string =>
  `${urn === undefined ? "" : `${urn}:`}${attribute.name}${sub === undefined ? "" : `.${sub.name}`}`;

/** The target of a path in any case, with or without the URN of the type's own schema. */
export const find = (type: ResourceType, all: readonly Target[], path: string): Target | undefined => {
  const lower = path.toLowerCase();
  const core = `${type.schema.id.toLowerCase()}:`;
  return all.find((target) => {
    const text = textOf(target).toLowerCase();
    return text === lower || (target.urn === undefined && core + text === lower);
  });
};
