// How large a resource may grow: no event is larger than an append, but many make one document, which every read store must hold
// whole, and more than once (as JSON, as what filters compare, as keys). MongoDB's end at 16 MiB.
import { tooLarge } from "../scim/errors.ts";
import type { JsonObject } from "../scim/json.ts";

/** Bytes of a resource's attributes as JSON; a group's members are not among them. */
export const LARGEST_ATTRIBUTES = 1_048_576;

/** Throws 413 where attributes would grow beyond it. What is larger already may shrink. */
export function refuseTooLarge(next: JsonObject, before: JsonObject): void {
  const bytes = bytesOf(next);
  if (bytes <= LARGEST_ATTRIBUTES || bytes < bytesOf(before)) return;
  throw tooLarge(`The resource would have ${bytes} bytes; one may have ${LARGEST_ATTRIBUTES}.`);
}

const bytesOf = (attributes: JsonObject): number => Buffer.byteLength(JSON.stringify(attributes));
