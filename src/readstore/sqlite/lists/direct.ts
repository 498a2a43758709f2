// The commonest question of provisioning clients, “who bears this value?”, in one statement that finds and reads.
import { PAGE_LENGTH, type Query, type QueryAnswer } from "../../read-store.ts";
import { bodyOf, type ResourceRow, resourceOf } from "../reading/resource-reader.ts";
import type { Search } from "./search.ts";

/** Where a value finds more, it is a question like others. */
const FEW = 8;

type Row = [matches: number | null, untested: number | null, ...resource: ResourceRow];

/** Undefined where the question has to be answered in another way. One statement sees one state: it needs no snapshot. */
export function directAnswer(searches: readonly Search[], query: Query): QueryAnswer | undefined {
  const [search, ...others] = searches;
  if (search?.plan.direct === undefined || others.length > 0 || query.sort !== undefined) return undefined;
  const { plan } = search;
  const rows = search.all(search.plan.direct, FEW + 1) as Row[];
  if (rows.length > FEW || rows.some(([matches]) => matches === null)) return undefined;
  const found = rows.filter(([matches]) => matches === 1);
  if (found.length > 1) found.sort((a, b) => a[2] - b[2]);
  const { tenant, startIndex, count } = query;
  const window = found.slice(startIndex - 1, startIndex - 1 + count);
  if (window.length > 1 && window.reduce((length, [, , ...row]) => length + bodyOf(row).length, 0) > PAGE_LENGTH)
    return undefined;
  const resources = window.map(([, , ...row]) => resourceOf(tenant, search.type, row));
  if (plan.untested === undefined) return { total: found.length, resources };
  const untested = rows[0]?.[1] ?? (search.one(plan.untested) as [number])[0];
  return { total: found.length, resources, untested };
}
