import { once } from "../../scim/once.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { parseSelection, type Selection, type SelectionParameters } from "../../scim/selection.ts";
import type { Exchange } from "../exchange.ts";

const MOST_REMEMBERED = 256;
/** Characters of what was asked: a body may ask for more than is worth keeping. */
const LONGEST_REMEMBERED = 8_192;
/** Clients ask for the same few parts again and again; a selection is compiled once as long as it is the same object. */
const rememberedOf = once((_type: ResourceType) => new Map<string, Selection>());

/** What `attributes` and `excludedAttributes` of the URL ask for. 400 invalidValue if both are given. */
export const selectionOf = (exchange: Exchange, type: ResourceType): Selection =>
  selectionIn(
    { attributes: exchange.parameter("attributes"), excludedAttributes: exchange.parameter("excludedAttributes") },
    type,
  );

/** What they ask for, wherever they came from. 400 invalidValue if both are given. */
export function selectionIn({ attributes, excludedAttributes }: SelectionParameters, type: ResourceType): Selection {
  if (attributes === undefined && excludedAttributes === undefined) return parseSelection(type, {});
  const remembered = rememberedOf(type);
  const key = JSON.stringify([attributes ?? null, excludedAttributes ?? null]);
  let selection = remembered.get(key);
  if (selection === undefined || selection.type !== type) {
    selection = parseSelection(type, { attributes, excludedAttributes });
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    if (key.length <= LONGEST_REMEMBERED) remembered.set(key, selection);
  }
  return selection;
}
