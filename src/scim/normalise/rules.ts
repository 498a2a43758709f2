// What identity providers send beside the standard, and what they mean by it: one rule, one reading. A quoted boolean in a
// filter (`roles[primary eq "True"]`), an extension's attribute without its URN (`manager`), names in any case
// (`emails[…].Value`), null and `""` for “no value” and one element for a list in a PATCH need no rule: the engine takes
// them as they are.
import type { Rule } from "./rule.ts";
import * as names from "./rules/names.ts";
import * as patch from "./rules/patch.ts";
import * as schemas from "./rules/schemas.ts";
import { valueRules } from "./rules/values.ts";

export type RuleDescription = Pick<Rule<[], unknown>, "id" | "profiles" | "where" | "says" | "means">;

/** The whole table: the documentation and the tests walk it. */
export const rules: readonly RuleDescription[] = [
  ...valueRules.map(({ rule }) => rule),
  ...Object.values(names),
  ...Object.values(schemas),
  ...Object.values(patch),
];
