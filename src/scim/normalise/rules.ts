// What identity providers send beside the standard, and what they mean by it: one rule, one reading. An extension's
// attribute without its URN (`manager`), names in any case (`emails[…].Value`), null for “no value”, one element in an add
// to a list, and the element that an add makes where its filter matches none need no rule: the RFC leaves room for them.
import type { Rule } from "./rule.ts";
import { engineRules } from "./rules/engine.ts";
import * as names from "./rules/names.ts";
import * as patch from "./rules/patch.ts";
import * as schemas from "./rules/schemas.ts";
import { emptyText, oneForList, valueRules } from "./rules/values.ts";

export type RuleDescription = Pick<Rule<[], unknown>, "id" | "profiles" | "where" | "says" | "means">;

/** The whole table, each rule once: the documentation and the tests walk it. */
export const rules: readonly RuleDescription[] = [
  ...new Set<RuleDescription>([
    ...valueRules.map(({ rule }) => rule),
    emptyText,
    oneForList,
    ...Object.values(names),
    ...Object.values(schemas),
    ...Object.values(patch),
    ...Object.values(engineRules),
  ]),
];
