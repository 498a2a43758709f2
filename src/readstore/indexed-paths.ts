// Which paths have an interval index: what provisioning clients look resources up by. Each row costs a page per write.
import { once } from "../scim/once.ts";
import { type Attribute, isSecret, type ResourceType } from "../scim/schema/characteristics.ts";
import { attributesOf } from "../scim/schema/lookup.ts";

/** A path whose values are text. */
export interface IndexedPath {
  /** Canonical, as filters name it. */
  readonly text: string;
  /** The URN of the extension that has the attribute. */
  readonly container?: string;
  readonly attribute: string;
  readonly sub?: string;
}

/** Of the types that every tenant has: `userName`, which is unique, comes by itself. */
const BUILT_IN: ReadonlyMap<string, readonly IndexedPath[]> = new Map([
  [
    "User",
    [
      { text: "userName", attribute: "userName" },
      { text: "externalId", attribute: "externalId" },
      { text: "emails.value", attribute: "emails", sub: "value" },
    ],
  ],
  [
    "Group",
    [
      { text: "displayName", attribute: "displayName" },
      { text: "externalId", attribute: "externalId" },
    ],
  ],
]);

/** What clients look resources of any type up by, where the type has such an attribute. */
const CUSTOMARY: readonly string[] = ["externalId", "displayName"];

const TEXT_TYPES: readonly string[] = ["string", "reference", "binary"];
const isText = (attribute: Attribute): boolean =>
  TEXT_TYPES.includes(attribute.type) && !attribute.multiValued && !isSecret(attribute);
const isUnique = (attribute: Attribute): boolean => isText(attribute) && attribute.uniqueness !== "none";

/**
 * The indexed paths of a type. A definition that grows never takes one away, and adds one only with its attribute: no value
 * was stored before it.
 */
export const indexedPathsOf: (type: ResourceType) => readonly IndexedPath[] = once((type: ResourceType) => {
  const own =
    BUILT_IN.get(type.name) ??
    attributesOf(type)
      .filter((one) => one.name !== "id" && (isUnique(one) || (CUSTOMARY.includes(one.name) && isText(one))))
      .map(({ name }) => ({ text: name, attribute: name }));
  const ofExtensions = type.extensions.flatMap(({ schema }) =>
    schema.attributes
      .filter(isUnique)
      .map(({ name }) => ({ text: `${schema.id}:${name}`, container: schema.id, attribute: name })),
  );
  return [...own, ...ofExtensions];
});

const textsOf = once((type: ResourceType) => new Set(indexedPathsOf(type).map(({ text }) => text)));

/** Whether values at this path of the resource type are found without a scan. */
export const isIndexed = (type: ResourceType, path: string): boolean => textsOf(type).has(path);
