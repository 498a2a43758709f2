// RFC 8785 (JSON Canonicalization Scheme), for data whose numbers are safe integers. What is built in sorted order, as ours
// is, costs one look and one JSON.stringify; anything else is put in order on the way.
import type { Json } from "../scim/json.ts";

/** The value cannot be written canonically: a number that is no safe integer, a lone surrogate, or no JSON at all. */
export class NotCanonical extends TypeError {
  override readonly name = "NotCanonical";
}

/** RFC 8785 JSON. Members that are `undefined` are left out, as JSON.stringify does. Throws NotCanonical. */
export function canonicalJson(value: Json): string {
  return inOrder(value) ? JSON.stringify(value) : ordered(value);
}

/** Whether JSON.stringify alone writes the canonical form; refuses what has none. */
function inOrder(value: Json | undefined): boolean {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw new NotCanonical("a text holds a lone surrogate (RFC 8785 §3.2.2.2)");
      return true;
    case "number":
      if (!Number.isSafeInteger(value)) throw new NotCanonical(`${value} is not a safe integer; write it as a string`);
      return true;
    case "boolean":
      return true;
    case "object":
      if (value === null) return true;
      return Array.isArray(value) ? elementsInOrder(value) : membersInOrder(value);
    default:
      throw new NotCanonical(`a ${typeof value} is not JSON`);
  }
}

function elementsInOrder(elements: readonly Json[]): boolean {
  let sorted = true;
  for (const element of elements) sorted = inOrder(element) && sorted;
  return sorted;
}

function membersInOrder(members: { readonly [name: string]: Json | undefined }): boolean {
  let sorted = true;
  let previous: string | undefined;
  for (const name of Object.keys(members)) {
    if (previous !== undefined && previous > name) sorted = false;
    previous = name;
    if (!name.isWellFormed()) throw new NotCanonical("a name holds a lone surrogate (RFC 8785 §3.2.2.2)");
    const value = members[name];
    if (value !== undefined) sorted = inOrder(value) && sorted;
  }
  return sorted;
}

/** Written by hand, not through a sorted copy: an object puts names that look like integers first. */
function ordered(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(ordered).join(",")}]`;
  const members = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${ordered(value[name]!)}`);
  return `{${members.join(",")}}`;
}
