// The attribute characteristics of RFC 7643 §7, and the values that they may have.

export const attributeTypes = [
  "string",
  "boolean",
  "decimal",
  "integer",
  "dateTime",
  "binary",
  "reference",
  "complex",
] as const;
export const mutabilities = ["readOnly", "readWrite", "immutable", "writeOnly"] as const;
export const returnedValues = ["always", "never", "default", "request"] as const;
export const uniquenesses = ["none", "server", "global"] as const;
export type AttributeType = (typeof attributeTypes)[number];
export type Mutability = (typeof mutabilities)[number];
export type Returned = (typeof returnedValues)[number];
export type Uniqueness = (typeof uniquenesses)[number];

/** One attribute or sub-attribute with every characteristic resolved (RFC 7643 §2.2 gives the defaults). */
export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  readonly multiValued: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly canonicalValues?: readonly string[];
  readonly caseExact: boolean;
  readonly mutability: Mutability;
  readonly returned: Returned;
  readonly uniqueness: Uniqueness;
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

/**
 * Whether values are for nobody to be told (RFC 7643 §7 `returned`): never returned, as whatever is writeOnly must be, and as
 * all is that clients give of a complex value. Such a value is checked for its shape and thrown away.
 */
export const isSecret = ({ mutability, returned, subAttributes }: Attribute): boolean =>
  returned === "never" || mutability === "writeOnly" || (subAttributes !== undefined && areSecrets(subAttributes));

const areSecrets = (subAttributes: readonly Attribute[]): boolean =>
  subAttributes.some(isSecret) && subAttributes.every((sub) => sub.mutability === "readOnly" || isSecret(sub));

/** RFC 7643 §7: one schema, its URN exactly as it is sent. */
export interface Schema {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

/** RFC 7643 §6: an endpoint, its schema and extensions. */
export interface ResourceType {
  readonly id: string;
  readonly name: string;
  /** Relative to the SCIM base: `/Users`. */
  readonly endpoint: string;
  readonly description: string;
  readonly schema: Schema;
  readonly extensions: readonly { readonly schema: Schema; readonly required: boolean }[];
}
