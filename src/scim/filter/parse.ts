// A whole filter (RFC 7644 §3.4.2.2), as lists take it.
import { type Accepts, strictly } from "../beyond.ts";
import { invalidFilter } from "../errors.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import type { Filter } from "./filter.ts";
import { FILTER_LIMITS, type FilterLimits } from "./limits.ts";
import { FilterReader } from "./reader.ts";
import { SyntaxFault } from "./tokens.ts";

/**
 * The filter, typed and resolved. 400 invalidFilter says what is wrong and at which offset. With `others`, their attributes
 * are no fault; see `narrow`.
 */
export const parseFilter = (
  type: ResourceType,
  text: string,
  limits: FilterLimits = FILTER_LIMITS,
  accepts: Accepts = strictly,
  others: readonly ResourceType[] = [],
): Filter => {
  try {
    const reader = new FilterReader(type, text, limits, accepts, others);
    const filter = reader.readOr();
    reader.readEnd();
    return filter;
  } catch (fault) {
    throw fault instanceof SyntaxFault ? invalidFilter(`The filter is not valid: ${fault.message}.`) : fault;
  }
};
