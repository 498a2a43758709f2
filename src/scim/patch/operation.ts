import type { AttributePath } from "../attribute-path.ts";
import type { Filter } from "../filter/filter.ts";
import type { Json } from "../json.ts";
import { isSecret } from "../schema/characteristics.ts";

/**
 * One operation on one attribute or sub-attribute, checked and in canonical form (RFC 7644 §3.5.2).
 *
 * | target                         | `value` of add and replace                                                      |
 * |--------------------------------|---------------------------------------------------------------------------------|
 * | multi-valued                   | array of canonical elements, each once, never empty                             |
 * | its elements (`filter`)        | add: sub-attributes to merge, null clears one; replace: the whole new element   |
 * | single-valued complex          | sub-attributes to merge; null clears one                                        |
 * | simple, or a sub-attribute     | its value                                                                       |
 * | secret                         | absent: it was checked and dropped                                              |
 *
 * A `remove` has a value only on a multi-valued target without filter: exactly these elements go. A `replace` without value
 * removes what its filter selects, which has to be there.
 */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace";
  /** `emails.value` for `emails[type eq "work"].value`. */
  readonly path: AttributePath;
  /** Which elements of `path.attribute` are meant; absent: all. Its paths are relative to the element. */
  readonly filter?: Filter;
  readonly value?: Json;
}

/** True for an operation that names a secret such as `password`, of which nothing is kept. */
export const namesSecret = ({ path }: PatchOperation): boolean =>
  isSecret(path.attribute) || (path.sub !== undefined && isSecret(path.sub));
