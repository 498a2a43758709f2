// What a client sent, as it was meant: normalised by the rules of its profile, read by the engine, checked by the profile.
// This is the one way from a request's text to what the service acts on.
import type { Filter } from "../filter/filter.ts";
import type { FilterLimits } from "../filter/limits.ts";
import { type Narrowed, narrow } from "../filter/narrow.ts";
import { parseFilter } from "../filter/parse.ts";
import type { JsonObject } from "../json.ts";
import type { PatchOperation } from "../patch/operation.ts";
import { type PatchLimits, parsePatch, refuseTooLargePatch } from "../patch/operations.ts";
import { type ParsedResource, parseResource } from "../resource/parse.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { checkFilter, checkOperations, checkSentOperations } from "./checks.ts";
import { type Interpretation, interpretedOperations, interpretedResource } from "./interpretation.ts";
import { normalisePatch } from "./patch.ts";
import { normaliseResource } from "./resource.ts";
import type { Normalisation } from "./rule.ts";
import { acceptsOf } from "./rules/engine.ts";

/** What was read, with what of it was not as the standard has it. `n.rules` are the rules that it took. */
export interface Read {
  readonly interpretations: readonly Interpretation[];
}

/** The body of a POST or PUT. Throws what `parseResource` throws. */
export const readResource = (
  n: Normalisation,
  type: ResourceType,
  sent: unknown,
  mode: "create" | "replace",
  current?: JsonObject,
): ParsedResource & Read => {
  const body = normaliseResource(n, type, sent);
  const parsed = parseResource(type, body, mode, current);
  return { ...parsed, interpretations: interpretedResource(type, sent, body) };
};

/** The body of a PATCH; `current` as in `normalisePatch`. Throws what `parsePatch` throws. */
export const readPatch = (
  n: Normalisation,
  type: ResourceType,
  sent: unknown,
  limits: PatchLimits,
  current?: JsonObject,
): { readonly operations: readonly PatchOperation[] } & Read => {
  refuseTooLargePatch(sent, limits);
  checkSentOperations(n.profile, type, sent);
  const body = normalisePatch(n, type, sent, current);
  const operations = parsePatch(type, body, limits, acceptsOf(n));
  checkOperations(n.profile, operations);
  return { operations, interpretations: interpretedOperations(n, type, sent, body) };
};

/** A filter over several resource types: what it means for each. 400 invalidFilter. */
export const readFilterOver = (
  n: Normalisation,
  types: readonly ResourceType[],
  text: string,
  limits: FilterLimits,
): readonly Narrowed[] =>
  types.map((type) => {
    const filter = parseFilter(type, text, limits, acceptsOf(n), types);
    checkFilter(n.profile, filter);
    return { type, filter: narrow(filter, type) };
  });

/** A filter, of a GET or a search. 400 invalidFilter. */
export const readFilter = (n: Normalisation, type: ResourceType, text: string, limits: FilterLimits): Filter => {
  const filter = parseFilter(type, text, limits, acceptsOf(n));
  checkFilter(n.profile, filter);
  return filter;
};
