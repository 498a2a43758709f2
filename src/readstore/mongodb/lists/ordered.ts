// A stretch of a sorted walk, in the order of an index: found behind the key where the page before ended, so that a page costs
// the same wherever it is.
import type { Document } from "mongodb";
import { type Match, orderOf } from "../../matches.ts";
import { ERASED } from "../collections.ts";
import type { Row } from "./candidate.ts";
import type { CandidateRows } from "./candidate-rows.ts";

export type Sort = "ascending" | "descending";

export interface Ordered {
  readonly candidates: CandidateRows;
  /** The field that the index has in order, of which the rows' keys are made. */
  readonly field: string;
  /** Those of some candidates that match. */
  readonly tested: (rows: readonly Row[]) => Promise<Match<string>[]>;
}

/** The first `enough` matches behind a place; `after` is absent at the start. */
export async function inOrder(
  ordered: Ordered,
  sort: Sort,
  after: Match<string> | undefined,
  enough: number,
): Promise<readonly Match<string>[]> {
  const matches: Match<string>[] = [];
  const add = async (more: (left: number) => Promise<readonly Match<string>[]>): Promise<void> => {
    if (matches.length < enough) matches.push(...(await more(enough - matches.length)));
  };
  const isBehindKeys = after !== undefined && after[1] === null;
  const withKeys = (left: number) => keyed(ordered, sort, isBehindKeys ? undefined : after, left);
  // Those without a key were erased: they are few, and come last; first when descending.
  const without = (left: number) => keyless(ordered, isBehindKeys ? after[0] : 0, left);
  if (sort === "ascending") {
    if (!isBehindKeys) await add(withKeys);
    await add(without);
  } else {
    if (after === undefined || isBehindKeys) await add(without);
    await add(withKeys);
  }
  return matches;
}

async function keyless({ candidates, tested }: Ordered, after: number, enough: number): Promise<Match<string>[]> {
  const rows = await candidates.among({ erased: true, _id: { $gt: after } }, { sort: { _id: 1 }, hint: ERASED });
  return (await tested(rows)).slice(0, enough);
}

async function keyed(
  ordered: Ordered,
  sort: Sort,
  after: Match<string> | undefined,
  enough: number,
): Promise<Match<string>[]> {
  const order = orderOf({ sort });
  const isBehind = (match: Match<string>): boolean =>
    match[1] !== null && (after === undefined || order(match, after) > 0);
  const found = (await ordered.tested(await ordered.candidates.changed())).filter(isBehind);
  let [early, key] = [0, after?.[1]];
  // Of the key itself some may come behind: they are found once more.
  for (let isFirst = true; early < enough; isFirst = false) {
    const rows = await stretch(ordered, sort, key, isFirst, enough);
    const matches = (await ordered.tested(rows)).filter(isBehind);
    found.push(...matches);
    early += matches.length;
    if (rows.length < enough) break;
    key = rows.at(-1)?.key;
  }
  return found.sort(order).slice(0, enough);
}

/** Rows behind a key, and all of the last row's key. */
async function stretch(
  { candidates, field }: Ordered,
  sort: Sort,
  key: Match["1"] | undefined,
  isIncluded: boolean,
  enough: number,
): Promise<readonly Row[]> {
  const direction = sort === "ascending" ? 1 : -1;
  const behind = `${direction === 1 ? "$gt" : "$lt"}${isIncluded ? "e" : ""}`;
  const which: Document = typeof key === "string" ? { [field]: { [behind]: key } } : { [field]: { $gt: "" } };
  const order = { [field]: direction, _id: direction } as const;
  const rows = await candidates.among({ ...which, ...candidates.readsSo }, { sort: order, limit: enough });
  const last = rows.at(-1)?.key;
  if (rows.length < enough || last === undefined) return rows;
  const others = await candidates.among(
    { [field]: last, ...candidates.readsSo },
    { sort: { _id: 1 }, limit: MOST_EQUAL },
  );
  return [...rows.filter((row) => row.key !== last), ...others];
}

/** Resources of one key: of a unique value there is one. */
const MOST_EQUAL = 1_000;
