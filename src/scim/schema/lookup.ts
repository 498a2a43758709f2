// Names and paths as clients write them, in any case, found in maps that are built once per schema. A client's text is
// only ever a key of a Map, so `__proto__` and its kin are unknown names like any other; URNs are never taken apart.
import type { AttributePath } from "../attribute-path.ts";
import { once } from "../once.ts";
import type { Attribute, ResourceType, Schema } from "./characteristics.ts";
import { commonAttributes } from "./common.ts";

const NONE: readonly Attribute[] = Object.freeze([]);

/** Lower case of ASCII text; undefined for any other text, which names nothing in SCIM (RFC 7643 §2.1). */
export const lowerAscii = (text: string): string | undefined => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return undefined;
  return text.toLowerCase();
};

/** A map that answers a name in its exact case without lower-casing it, and in any other case after that. */
class AnyCase<Value> {
  readonly #values = new Map<string, Value>();

  /** The first value set under a name stays: core attributes go before whatever an extension calls the same. */
  set(name: string, value: Value): void {
    if (!this.#values.has(name)) this.#values.set(name, value);
    const lower = name.toLowerCase();
    if (!this.#values.has(lower)) this.#values.set(lower, value);
  }

  get(name: string): Value | undefined {
    const exact = this.#values.get(name);
    if (exact !== undefined) return exact;
    const lower = lowerAscii(name);
    return lower === undefined ? undefined : this.#values.get(lower);
  }
}

/** The common attributes and those of the resource type's own schema, without its extensions. */
export const attributesOf: (type: ResourceType) => readonly Attribute[] = once((type: ResourceType) =>
  Object.freeze([...commonAttributes, ...type.schema.attributes]),
);

const byName = once((attributes: readonly Attribute[]) => {
  const names = new AnyCase<Attribute>();
  for (const attribute of attributes) names.set(attribute.name, attribute);
  return names;
});

/** The attribute of this name in any (ASCII) case. `attributes` must never change: its index is kept. */
export const findAttribute = (attributes: readonly Attribute[], name: string): Attribute | undefined =>
  byName(attributes).get(name);

/** The sub-attribute of this name in any case; undefined too for an attribute that is not complex. */
export const findSubAttribute = (attribute: Attribute, name: string): Attribute | undefined =>
  findAttribute(attribute.subAttributes ?? NONE, name);

const extensionsByUrn = once((type: ResourceType) => {
  const urns = new AnyCase<Schema>();
  for (const { schema } of type.extensions) urns.set(schema.id, schema);
  return urns;
});

/** The resource type's extension with this URN, in any case. */
export const findExtension = (type: ResourceType, urn: string): Schema | undefined => extensionsByUrn(type).get(urn);

/** The exact URN of the extension that `text` names as a whole, for a path that is nothing but a URN. */
export const resolveExtension = (type: ResourceType, text: string): string | undefined => findExtension(type, text)?.id;

interface Paths {
  readonly all: readonly AttributePath[];
  readonly byText: AnyCase<AttributePath>;
  readonly wholes: Map<AttributePath, AttributePath>;
}

// Entra ID sends `manager eq "…"` without the URN. Only what no other schema of the type has is understood so.
const addBareNames = (type: ResourceType, all: readonly AttributePath[], byText: AnyCase<AttributePath>): void => {
  const bearers = (name: string) =>
    type.extensions.filter(({ schema }) => findAttribute(schema.attributes, name) !== undefined).length;
  for (const path of all) {
    const { extension, attribute } = path;
    if (extension === undefined || bearers(attribute.name) > 1 || findAttribute(attributesOf(type), attribute.name))
      continue;
    byText.set(path.text.slice(extension.length + 1), path);
  }
};

const pathsOfType = once((type: ResourceType): Paths => {
  const all: AttributePath[] = [];
  const byText = new AnyCase<AttributePath>();
  const wholes = new Map<AttributePath, AttributePath>();
  const add = (path: AttributePath, whole: AttributePath, qualified?: string) => {
    all.push(Object.freeze(path));
    byText.set(path.text, path);
    if (qualified !== undefined) byText.set(qualified, path);
    wholes.set(path, whole);
  };
  const addAll = (attributes: readonly Attribute[], prefix: string, extension?: string) => {
    const within = extension === undefined ? {} : { extension };
    for (const attribute of attributes) {
      const text = extension === undefined ? attribute.name : prefix + attribute.name;
      const whole: AttributePath = { ...within, attribute, text };
      add(whole, whole, prefix + attribute.name);
      for (const sub of attribute.subAttributes ?? NONE)
        add(
          { ...within, attribute, sub, text: `${text}.${sub.name}` },
          whole,
          `${prefix}${attribute.name}.${sub.name}`,
        );
    }
  };
  addAll(attributesOf(type), `${type.schema.id}:`);
  for (const { schema } of type.extensions) addAll(schema.attributes, `${schema.id}:`, schema.id);
  addBareNames(type, all, byText);
  return { all, byText, wholes };
});

/** Every path of a resource type: attributes and sub-attributes, common, own and of extensions. */
export const pathsOf = (type: ResourceType): readonly AttributePath[] => pathsOfType(type).all;

/**
 * `userName`, `emails.value`, `urn:…:core:2.0:User:userName`, `urn:…:enterprise:2.0:User:manager.value`, in any case;
 * also `manager.value` where only one schema of the type has a `manager`. The same path is always the same object.
 * Undefined if the resource type has no such path.
 */
export const resolvePath = (type: ResourceType, text: string): AttributePath | undefined =>
  pathsOfType(type).byText.get(text);

/** `emails` for `emails.value`; a path without sub-attribute is its own whole. */
export const wholePath = (type: ResourceType, path: AttributePath): AttributePath =>
  pathsOfType(type).wholes.get(path) ?? path;

/** A sub-attribute's path relative to the element that holds it, as in `[type eq "work"]`. One object each. */
export const elementPath: (sub: Attribute) => AttributePath = once((sub: Attribute) =>
  Object.freeze({ attribute: sub, text: sub.name }),
);
