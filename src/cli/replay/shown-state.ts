// The state of a resource as a replay shows it.

import { withoutSecretAttributes } from "../../audit/effects/secrets.ts";
import type { Sources } from "../../audit/sources.ts";
import { canonicalJson } from "../../eventlog/canonical-json.ts";
import type { JsonObject } from "../../scim/json.ts";

/** Its hash is of all that is stored; what is never returned is not shown. */
export function shownState({ types }: Pick<Sources, "types">, tenant: string, type: string, text: string): string {
  const definition = types.typesOf(tenant).ever(type);
  if (definition === undefined) return text;
  const state = JSON.parse(text) as JsonObject;
  return canonicalJson({
    ...state,
    attributes: withoutSecretAttributes(definition, state["attributes"] as JsonObject),
  });
}
