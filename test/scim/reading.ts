// Bodies as the engine reads them in a profile, step by step.
import type { Accepts } from "../../src/scim/beyond.ts";
import type { Filter } from "../../src/scim/filter/filter.ts";
import { FILTER_LIMITS } from "../../src/scim/filter/limits.ts";
import { type Narrowed, narrow } from "../../src/scim/filter/narrow.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { normalisePatch as patch } from "../../src/scim/normalise/patch.ts";
import type { Profile } from "../../src/scim/normalise/profile.ts";
import { normaliseResource as resource } from "../../src/scim/normalise/resource.ts";
import { Normalisation } from "../../src/scim/normalise/rule.ts";
import { acceptsOf } from "../../src/scim/normalise/rules/engine.ts";
import type { PatchOperation } from "../../src/scim/patch/operation.ts";
import { defaultPatchLimits, parsePatch } from "../../src/scim/patch/operations.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";

export interface Normalised {
  readonly body: unknown;
  readonly rules: readonly string[];
}

export const normaliseResource = (type: ResourceType, body: unknown, profile: Profile): Normalised => {
  const n = new Normalisation(profile);
  const read = resource(n, type, body);
  return { body: read, rules: n.rules };
};

export const normalisePatch = (
  type: ResourceType,
  body: unknown,
  profile: Profile,
  current?: JsonObject,
): Normalised => {
  const n = new Normalisation(profile);
  const read = patch(n, type, body, current);
  return { body: read, rules: n.rules };
};

/** Normalised and parsed, with all the rules that it took. */
export const operationsOf = (
  type: ResourceType,
  body: unknown,
  profile: Profile,
  current?: JsonObject,
): { readonly operations: readonly PatchOperation[]; readonly rules: readonly string[] } => {
  const n = new Normalisation(profile);
  const operations = parsePatch(type, patch(n, type, body, current), defaultPatchLimits, acceptsOf(n));
  return { operations, rules: n.rules };
};

/** A filter with all that the engine can read beyond the grammar, but for words in the place of texts. */
export const parseFilterLeniently = (type: ResourceType, text: string, limits = FILTER_LIMITS): Filter =>
  parseFilter(type, text, limits, allButBareText);

/** What a filter over several types means for each, as leniently. */
export const parseFilterOver = (types: readonly ResourceType[], text: string): readonly Narrowed[] =>
  types.map((type) => ({ type, filter: narrow(parseFilter(type, text, FILTER_LIMITS, allButBareText, types), type) }));

export const everything: Accepts = () => true;
const allButBareText: Accepts = (beyond) => beyond !== "filter-bare-text";
