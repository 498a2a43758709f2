// Readings that it takes the engine to make, of a filter, a path or an operation that it has read.
import type { Accepts, Beyond } from "../../beyond.ts";
import { type Normalisation, type Rule, rule, sentBy } from "../rule.ts";

const taken = (): true => true;

export const engineRules: { readonly [Id in Beyond]: Rule<[], true> } = {
  "filter-element-sub": rule(
    "filter-element-sub",
    {
      profiles: sentBy("entra"),
      where: "filter",
      says: "emails[type eq “work”].value eq “x”",
      means: "emails[type eq “work” and value eq “x”]",
    },
    taken,
  ),
  "filter-complex-value": rule(
    "filter-complex-value",
    {
      profiles: sentBy("entra"),
      where: "filter on a single-valued complex attribute",
      says: "manager eq “x”",
      means: "manager.value eq “x”",
    },
    taken,
  ),
  "filter-literal": rule(
    "filter-literal",
    {
      profiles: sentBy("entra"),
      where: "filter, also within a path",
      says: "“True”, “False” for a boolean; TRUE, NULL",
      means: "true, false; true, null",
    },
    taken,
  ),
  "filter-bare-text": rule(
    "filter-bare-text",
    {
      profiles: sentBy(),
      where: "filter, also within a path",
      says: "externalId eq jyoung",
      means: "externalId eq “jyoung”",
    },
    taken,
  ),
  "filter-blanks": rule(
    "filter-blanks",
    {
      profiles: sentBy(),
      where: "filter or path",
      says: "blanks too many or too few",
      means: "the blanks of the grammar",
    },
    taken,
  ),
  "remove-with-value": rule(
    "remove-with-value",
    {
      profiles: sentBy("entra", "jumpcloud"),
      where: "remove of a multi-valued attribute without filter",
      says: "a value",
      means: "exactly these elements, not all",
    },
    taken,
  ),
};

/** What the engine may take in a request, noted down. */
export const acceptsOf =
  (n: Normalisation): Accepts =>
  (beyond) =>
    n.use(engineRules[beyond]) === true;
