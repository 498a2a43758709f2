// What may change in a definition once resources were written by it: it may only grow. A change by which stored data would
// read, compare or be unique in another way is refused; a new version then needs a URN of its own.
import { conflict } from "../errors.ts";
import { type Attribute, isSecret, type Schema } from "./characteristics.ts";
import type { TypeDefinition } from "./read-resource-type.ts";

/** Whether resources of a type exist (`live`), or existed once (`past`). */
export type Population = "none" | "past" | "live";

/** The characteristics by which stored values read, compare and are unique, with the reason. */
const FIXED: readonly { readonly of: keyof Attribute & string; readonly because: string }[] = [
  { of: "type", because: "stored values have the old type" },
  { of: "multiValued", because: "stored values have the old shape" },
  { of: "caseExact", because: "stored values compare in the old way" },
  { of: "uniqueness", because: "stored values were not claimed so" },
];

/** Whether resources may have values of it that clients gave: of what is never returned, in a log of version 0.2.0. */
const isStored = ({ mutability }: Attribute): boolean => mutability === "readWrite" || mutability === "immutable";

/** 409 where the schema cannot become `after`, because resources were written by it. */
export function refuseSchemaChange(before: Schema, after: Schema, population: Population): void {
  if (population === "none") return;
  refuseAttributes(before.attributes, after.attributes, "", population);
}

function refuseAttributes(
  before: readonly Attribute[],
  after: readonly Attribute[],
  prefix: string,
  population: Population,
): void {
  const next = new Map(after.map((attribute) => [attribute.name, attribute]));
  for (const was of before) {
    const is = next.get(was.name);
    if (is === undefined)
      throw conflict(`${prefix}${was.name} cannot be removed or renamed: resources were written with it.`);
    refuseAttribute(was, is, prefix + was.name, population);
    next.delete(was.name);
  }
  // A new required sub-attribute would make the complex values that exist incomplete.
  for (const added of next.values())
    if (added.required && population === "live")
      throw conflict(`${prefix}${added.name} is new and cannot be required: there are resources without it.`);
}

function refuseAttribute(was: Attribute, is: Attribute, name: string, population: Population): void {
  for (const { of, because } of FIXED)
    if (was[of] !== is[of] && !(of === "uniqueness" && isSecret(was)))
      throw conflict(`${name}: ${of} cannot change from ${String(was[of])} to ${String(is[of])}: ${because}.`);
  if (!was.required && is.required && population === "live")
    throw conflict(`${name} cannot become required: there are resources without it.`);
  if ((was.returned === "never") !== (is.returned === "never"))
    throw conflict(
      `${name}: returned cannot change from ${was.returned} to ${is.returned}: values were written as a secret, or not.`,
    );
  if (isStored(was) !== isStored(is))
    throw conflict(
      `${name}: mutability cannot change from ${was.mutability} to ${is.mutability}: values may be stored of the one, and none of the other.`,
    );
  refuseAttributes(was.subAttributes ?? [], is.subAttributes ?? [], `${name}.`, population);
}

/** 409 where the resource type cannot become `after`, because there are or were resources of it. */
export function refuseTypeChange(before: TypeDefinition, after: TypeDefinition, population: Population): void {
  if (population === "none") return;
  const { name } = before;
  if (before.schema !== after.schema)
    throw conflict(`The schema of ${name} cannot change: resources were written by ${before.schema}.`);
  if (before.endpoint !== after.endpoint)
    throw conflict(`The endpoint of ${name} cannot change: resources have their locations under ${before.endpoint}.`);
  const next = new Map(after.extensions.map((extension) => [extension.schema, extension]));
  for (const { schema, required } of before.extensions) {
    const is = next.get(schema);
    if (is === undefined)
      throw conflict(`The extension ${schema} of ${name} cannot be removed: resources may have it.`);
    if (!required && is.required) refuseRequired(schema, name, population);
    next.delete(schema);
  }
  for (const { schema, required } of next.values()) if (required) refuseRequired(schema, name, population);
}

function refuseRequired(schema: string, type: string, population: Population): void {
  if (population === "live")
    throw conflict(`The extension ${schema} cannot be required: there are resources of the type ${type} without it.`);
}
