// Every attribute and sub-attribute of a type, with every operation of PATCH, by every way in which a path can name it, and
// with values that are right, wrong, empty, or not there.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import type { Operation } from "../engine.ts";
import type { Sent } from "../reference/operation.ts";
import { type Attribute, isSecret, type Target, targets, textOf } from "../reference/schema.ts";
import { oneValue, wholeValue, wrongValues } from "./values.ts";

export const operations = ["add", "replace", "remove"] as const;

export interface PatchCase {
  readonly operation: Operation;
  /** The same, as the reference reads it. */
  readonly sent: Sent;
}

const isWritable = (attribute: Attribute): boolean =>
  (attribute.mutability === "readWrite" || attribute.mutability === "immutable") && !isSecret(attribute);

/** The sub-attributes of which a client has a say: of a member of a group, which member it is. */
const isKept = (attribute: Attribute, sub: Attribute): boolean =>
  isWritable(sub) && (attribute.name !== "members" || sub.name === "value");

/** The attributes that a resource must have, or an extension of it. */
export const requiredOf = (type: ResourceType, urn: string | undefined): JsonObject => {
  const all = targets(type).filter((target) => target.urn === urn && target.sub === undefined);
  const required = all.filter(({ attribute }) => attribute.required && isWritable(attribute));
  return Object.fromEntries(required.map(({ attribute }) => [attribute.name, wholeValue(attribute, 0, isWritable)]));
};

/** Resources of the type: one that has only what is required, one that has this attribute and another one. */
export const resourcesFor = (type: ResourceType, { urn, attribute }: Target): readonly JsonObject[] => {
  const bare = requiredOf(type, undefined);
  if (!isWritable(attribute)) return [bare];
  const given = { [attribute.name]: wholeValue(attribute, 0, (sub) => isKept(attribute, sub)) };
  const within = urn === undefined ? given : { [urn]: { ...requiredOf(type, urn), ...given } };
  return [bare, { ...bare, externalId: "kept", ...within }];
};

/** Stands for no value at all. */
export const ABSENT = Symbol("absent");

export const valuesFor = (leaf: Attribute, isElement: boolean): readonly (Json | typeof ABSENT)[] => {
  const empty: Json[] = [null, "", [], {}];
  const right = [oneValue(leaf, 0, isWritable), oneValue(leaf, 2, isWritable)];
  const wrong = wrongValues(leaf);
  const lists: Json[] = [
    wholeValue({ ...leaf, multiValued: true }, 0, isWritable),
    [oneValue(leaf, 1, isWritable)],
    [wrong[0] as Json],
    [[oneValue(leaf, 0, isWritable)]],
    [null],
  ];
  const subs = (leaf.subAttributes ?? []).flatMap((sub): Json[] => [
    { [sub.name]: wholeValue(sub, 2) },
    { [sub.name.toUpperCase()]: wholeValue(sub, 0) },
    { [sub.name]: null },
    { [sub.name]: wrongValues(sub)[0] as Json },
  ]);
  const unknown: Json[] = leaf.type === "complex" ? [{ nonsense: 1 }, { __proto__x: "a" }] : [];
  return [ABSENT, ...empty, ...right, ...wrong, ...(isElement ? [] : lists), ...subs, ...unknown];
};

interface Way {
  readonly target: Target;
  readonly filter?: Sent["filter"];
  /** The operation that names the target so; `value` undefined: it has none. */
  readonly write: (op: string, value: Json | undefined) => Operation;
}

const byPath = (target: Target, path: string, filter?: Sent["filter"]): Way => ({
  target,
  ...(filter === undefined ? {} : { filter }),
  write: (op, value) => ({ op, path, ...(value === undefined ? {} : { value }) }),
});

const namedIn = (name: string, value: Json | undefined): JsonObject => (value === undefined ? {} : { [name]: value });

/** Without path, the attribute is a member of the value, an extension's within its URN. */
const withoutPath = (target: Target, name: string): Way => ({
  target,
  write: (op, value) => {
    const within = namedIn(name, value);
    return { op, value: target.urn === undefined ? within : { [target.urn]: within } };
  },
});

const byExtension = (target: Target, urn: string): Way => ({
  target,
  write: (op, value) => ({ op, path: urn, value: namedIn(target.attribute.name, value) }),
});

/** Filters on the elements of `resourcesOf`: of the first, of none (but one that can be told from it), of none, of all. */
const filtersOn = (attribute: Attribute): readonly NonNullable<Sent["filter"]>[] => {
  const by = attribute.subAttributes?.find((sub) => isKept(attribute, sub) && sub.type === "string");
  if (by === undefined) return [];
  const [first, other] = [oneValue(by, 0), oneValue(by, 2)];
  return [
    { text: `${by.name} eq ${JSON.stringify(first)}`, says: { [by.name]: first } },
    { text: `${by.name} eq ${JSON.stringify(other)}`, says: { [by.name]: other } },
    { text: `not (${by.name} pr)` },
    { text: `${by.name} pr` },
  ];
};

const waysTo = (type: ResourceType, target: Target): readonly Way[] => {
  const { urn, attribute, sub } = target;
  const text = textOf(target);
  const qualified = urn === undefined ? `${type.schema.id}:${text}` : text;
  const names = [...new Set([text, qualified, text.toUpperCase(), qualified.toLowerCase()])];
  const paths = names.map((path) => byPath(target, path));
  const whole = textOf(urn === undefined ? { attribute } : { urn, attribute });
  const ways = [...paths];
  if (sub === undefined)
    ways.push(withoutPath(target, attribute.name), withoutPath(target, attribute.name.toLowerCase()));
  if (sub === undefined && urn !== undefined)
    ways.push(byExtension(target, urn), byExtension(target, urn.toUpperCase()));
  if (attribute.multiValued && attribute.type === "complex")
    for (const filter of filtersOn(attribute))
      ways.push(byPath(target, `${whole}[${filter.text}]${sub === undefined ? "" : `.${sub.name}`}`, filter));
  return ways;
};

/** A value that is not there is no operation on the attribute where its name stands in the value. */
const isNamedInValue = ({ write }: Way): boolean => write("add", undefined).value !== undefined;

/** All that can be asked of a type by one operation. */
export function* patchCases(type: ResourceType, op: Sent["op"]): Generator<PatchCase> {
  for (const target of targets(type))
    for (const way of waysTo(type, target)) {
      const { filter } = way;
      const within = filter === undefined ? {} : { filter };
      if (op === "remove") {
        if (!isNamedInValue(way)) yield { operation: way.write(op, undefined), sent: { op, target, ...within } };
        continue;
      }
      const leaf = target.sub ?? target.attribute;
      for (const value of valuesFor(leaf, filter !== undefined && target.sub === undefined)) {
        if (value === ABSENT && isNamedInValue(way)) continue;
        const given = value === ABSENT ? {} : { value };
        yield {
          operation: way.write(op, value === ABSENT ? undefined : value),
          sent: { op, target, ...within, ...given },
        };
      }
    }
}
