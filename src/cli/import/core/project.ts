// What of a resource can be written at the target, by the target's schemas: its attributes under the schema's names, and
// apart from them what refers to other resources, whose ids differ there.
import { isObject, type Json, type JsonObject } from "../../../scim/json.ts";
import { quote } from "../../../scim/quote.ts";
import { elementKey, hasPrimary, isPrimary, pairKey } from "../../../scim/resource/element.ts";
import { isKept } from "../../../scim/resource/value.ts";
import type { Attribute, ResourceType } from "../../../scim/schema/characteristics.ts";
import { attributesOf, findAttribute, findExtension, findSubAttribute } from "../../../scim/schema/lookup.ts";
import { simpleValue } from "./simple-value.ts";

/** An attribute whose values are ids of users or groups, such as `manager`. */
export interface Reference {
  /** As a PATCH names it. */
  readonly path: string;
  readonly multiValued: boolean;
  readonly ids: readonly string[];
}

export interface Projected {
  readonly attributes: JsonObject;
  readonly references: readonly Reference[];
  /** One sentence for each attribute that cannot be written, without its value. */
  readonly dropped: readonly string[];
}

/** What is the service's own to set, or has a way of its own: `members` of groups. */
const ELSEWHERE: ReadonlySet<string> = new Set(["id", "meta", "schemas", "members"]);

/** Sentences for one resource; whoever has more unknown attributes than this shows nothing new with them. */
const MOST_DROPPED = 50;

/** Read-only attributes and secrets are left out without a word: no copy can have them. */
export function project(type: ResourceType, resource: JsonObject): Projected {
  const projection = new Projection(type);
  for (const key of Object.keys(resource)) {
    const value = resource[key] as Json;
    const extension = findExtension(type, key);
    const attribute = extension === undefined ? findAttribute(attributesOf(type), key) : undefined;
    if (extension !== undefined) projection.extension(extension.id, extension.attributes, value);
    else if (attribute === undefined) projection.unknown(key, value);
    else if (!ELSEWHERE.has(attribute.name)) projection.attribute(attribute, value);
  }
  return projection.result();
}

class Projection {
  readonly #type: ResourceType;
  readonly #attributes: JsonObject = {};
  readonly #references: Reference[] = [];
  readonly #dropped = new Set<string>();

  constructor(type: ResourceType) {
    this.#type = type;
  }

  result(): Projected {
    return { attributes: this.#attributes, references: this.#references, dropped: [...this.#dropped] };
  }

  attribute(attribute: Attribute, value: Json, into: JsonObject = this.#attributes, prefix = ""): void {
    const path = prefix + attribute.name;
    if (!isKept(attribute) || Object.hasOwn(into, attribute.name)) return;
    if (isReference(attribute)) {
      const ids = idsOf(value);
      if (ids.length > 0) this.#references.push({ path, multiValued: attribute.multiValued, ids });
      return;
    }
    const projected = this.#value(attribute, value, path);
    if (projected !== undefined) into[attribute.name] = projected;
  }

  extension(urn: string, attributes: readonly Attribute[], value: Json): void {
    if (!isObject(value)) return;
    const into: JsonObject = {};
    for (const key of Object.keys(value)) {
      const attribute = findAttribute(attributes, key);
      if (attribute === undefined) this.unknown(`${urn}:${key}`, value[key] as Json);
      else this.attribute(attribute, value[key] as Json, into, `${urn}:`);
    }
    if (Object.keys(into).length > 0) this.#attributes[urn] = into;
  }

  unknown(key: string, value: Json): void {
    if (isUnassigned(value)) return;
    const what = key.toLowerCase().startsWith("urn:") && isObject(value) ? "extension" : "attribute";
    this.#drop(`${quote(key)} is no ${what} of a ${this.#type.name} at the target`);
  }

  #value(attribute: Attribute, value: Json, path: string): Json | undefined {
    if (isUnassigned(value)) return undefined;
    if (!attribute.multiValued) return this.#single(attribute, value, path);
    const elements = (Array.isArray(value) ? value : [value]).flatMap((one) => {
      const element = this.#one(attribute, one, path);
      return element === undefined ? [] : [element];
    });
    const distinct = distinctElements(attribute, this.#withOnePrimary(attribute, elements, path));
    return distinct.length === 0 ? undefined : distinct;
  }

  /** RFC 7643 §2.4: at most one. The first keeps it. */
  #withOnePrimary(attribute: Attribute, elements: Json[], path: string): Json[] {
    if (!hasPrimary(attribute)) return elements;
    const [first, ...more] = elements.filter(isPrimary);
    if (more.length === 0) return elements;
    this.#drop(`${path} has several primary elements: the first one stays primary`);
    return elements.flatMap((element) => {
      if (element === first || !isPrimary(element)) return [element];
      const { primary: _primary, ...others } = element as JsonObject;
      return Object.keys(others).length === 0 ? [] : [others];
    });
  }

  #single(attribute: Attribute, value: Json, path: string): Json | undefined {
    if (!Array.isArray(value)) return this.#one(attribute, value, path);
    if (value.length === 1) return this.#one(attribute, value[0] as Json, path);
    this.#drop(`${path} has several values, and takes one at the target`);
    return undefined;
  }

  #one(attribute: Attribute, value: Json, path: string): Json | undefined {
    if (isUnassigned(value)) return undefined;
    if (attribute.type === "complex") return this.#complex(attribute, value, path);
    const simple = simpleValue(attribute.type, value);
    if (simple === undefined) this.#drop(`${path} is no ${attribute.type}, which it is at the target`);
    return simple;
  }

  #complex(attribute: Attribute, value: Json, path: string): JsonObject | undefined {
    const object = !isObject(value) && findSubAttribute(attribute, "value") !== undefined ? { value } : value;
    if (!isObject(object)) {
      this.#drop(`${path} is not complex, which it is at the target`);
      return undefined;
    }
    const into: JsonObject = {};
    for (const key of Object.keys(object)) {
      const sub = findSubAttribute(attribute, key);
      const subValue = object[key] as Json;
      if (sub === undefined) this.unknown(`${path}.${key}`, subValue);
      else if (isKept(sub) && !Object.hasOwn(into, sub.name)) {
        const projected = this.#value(sub, subValue, `${path}.${sub.name}`);
        // RFC 7643 §2.4: without `primary` it is false.
        if (projected !== undefined && !(sub.name === "primary" && projected === false)) into[sub.name] = projected;
      }
    }
    return Object.keys(into).length === 0 ? undefined : into;
  }

  #drop(sentence: string): void {
    if (this.#dropped.size < MOST_DROPPED) this.#dropped.add(sentence);
  }
}

/** RFC 7643 §2.4: the same type and value is the same element. */
function distinctElements(attribute: Attribute, elements: readonly Json[]): Json[] {
  const distinct = new Map<string, Json>();
  for (const element of elements) {
    const key = pairKey(attribute, element) ?? elementKey(attribute, element);
    const before = distinct.get(key);
    distinct.set(key, isObject(before) && isObject(element) ? { ...element, ...before } : element);
  }
  return [...distinct.values()];
}

const isUnassigned = (value: Json): boolean =>
  value === null || value === "" || (Array.isArray(value) && value.length === 0);

/** Complex, with a `value` that is the id of a user or group, as its `$ref` says. */
const isReference = (attribute: Attribute): boolean =>
  findSubAttribute(attribute, "value") !== undefined &&
  (findSubAttribute(attribute, "$ref")?.referenceTypes ?? []).some((one) => one === "User" || one === "Group");

/** Some servers write the id alone. */
const idsOf = (value: Json): readonly string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((one) => {
    const id = isObject(one) ? one["value"] : one;
    return typeof id === "string" && id !== "" ? [id] : typeof id === "number" ? [String(id)] : [];
  });
