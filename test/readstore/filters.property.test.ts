import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { Filter } from "../../src/scim/filter/filter.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { pathsOf } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { arbitraryHistory } from "../projections/arbitrary-history.ts";
import { type History, resourceIn, type World } from "../projections/history.ts";
import { arbitraryFilterText } from "../scim/arbitraries.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { answerOf, idsOf, viewsOf } from "./views.ts";

const KEPT = /^(id|schemas|active|meta|groups|(roles|entitlements)(\.(value|type))?)(\.|$)/;
const pathTexts = (filter: Filter, under = ""): string[] => {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.terms.flatMap((term) => pathTexts(term, under));
    case "not":
      return pathTexts(filter.term, under);
    case "element":
      return pathTexts(filter.filter, `${filter.path.text}.`);
    default:
      return [under + filter.path.text];
  }
};
const kept = (text: string): boolean =>
  KEPT.test(text) && !/^(roles|entitlements)\.(display|primary)/.test(text);

/** What the evaluator says of every resource of a world; nothing matches an erased value. */
function oracle(world: World, type: ResourceType, filter: Filter, order: readonly string[]): string[] {
  const isPersonal = !pathTexts(filter).every(kept);
  return order.filter((id) => {
    const known = world.get(id);
    if (known?.kind !== type.name || (isPersonal && known.state.erased)) return false;
    const resource = resourceIn(world, id, true);
    return resource !== undefined && matches(filter, resource);
  });
}

const hasNoOrder = (ids: readonly string[]): string[] => [...ids].sort();
const idsIn = ({ users, groups }: History): string[] => [...users, ...groups];

describe("a filter means in SQL what the evaluator says", () => {
  const newFolder = temporaryFolders();
  for (const type of [userType, groupType])
    it(`of every ${type.name}, now and as of any place`, () =>
      fc.assert(
        fc.property(
          arbitraryHistory(),
          fc.array(fc.tuple(arbitraryFilterText(type, pathsOf(type)), fc.nat()), { minLength: 12, maxLength: 12 }),
          (history, asked) => {
            using views = viewsOf(history, newFolder());
            for (const [text, place] of asked) {
              const filter = parseFilter(type, text);
              const ids = idsIn(history);
              const now = answerOf(views.store, { type: type.name, filter });
              expect([text, hasNoOrder(idsOf(now.resources))]).toEqual([text, hasNoOrder(oracle(history.world, type, filter, ids))]);
              const past = place % history.worlds.length;
              const then = answerOf(views.store, { type: type.name, filter, asOf: positionOf(past) });
              expect([text, past, hasNoOrder(idsOf(then.resources))]).toEqual([text, past, hasNoOrder(oracle(history.worlds[past]!, type, filter, ids))]);
            }
          },
        ),
        { numRuns: 40 },
      ));
});
