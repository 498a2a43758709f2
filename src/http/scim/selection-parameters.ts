import { once } from "../../scim/once.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { parseSelection, type Selection } from "../../scim/selection.ts";
import type { Exchange } from "../exchange.ts";

const MOST_REMEMBERED = 256;
/** Clients ask for the same few parts again and again; a selection is compiled once as long as it is the same object. */
const rememberedOf = once((_type: ResourceType) => new Map<string, Selection>());

/** What `attributes` and `excludedAttributes` ask for. 400 invalidValue if both are given. */
export function selectionOf(exchange: Exchange, type: ResourceType): Selection {
  const attributes = exchange.parameter("attributes");
  const excludedAttributes = exchange.parameter("excludedAttributes");
  if (attributes === undefined && excludedAttributes === undefined) return parseSelection(type, {});
  const remembered = rememberedOf(type);
  const key = JSON.stringify([attributes ?? null, excludedAttributes ?? null]);
  let selection = remembered.get(key);
  if (selection === undefined) {
    selection = parseSelection(type, { attributes, excludedAttributes });
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(key, selection);
  }
  return selection;
}
