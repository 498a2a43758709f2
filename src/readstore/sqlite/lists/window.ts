// A window on a list (RFC 7644 §3.4.2.4): its matches are all found, put in order, and counted off.

import { atMost } from "../../../sqlite/at-most.ts";
import { type Match, orderOf } from "../../matches.ts";
import type { Query, QueryAnswer } from "../../read-store.ts";
import { HEAVY, INLINE_ENTRIES, type Question } from "./question.ts";

/** The window that a query asks for; HEAVY where it costs more than this thread has time for. */
export function windowOf(question: Question, query: Query): QueryAnswer | typeof HEAVY {
  if (!question.isFiltered && query.sort === undefined) return plainWindow(question, query);
  const matches = question.matches();
  if (matches === HEAVY) return HEAVY;
  if (matches.length > 1) matches.sort(orderOf(query));
  const window = matches.slice(query.startIndex - 1, query.startIndex - 1 + query.count);
  return { total: matches.length, resources: question.read(window), ...question.untested() };
}

/** Neither filter nor order: the total is kept, the window is counted off the index. */
function plainWindow(question: Question, query: Query): QueryAnswer | typeof HEAVY {
  if (query.startIndex > INLINE_ENTRIES && question.deadline === undefined) return HEAVY;
  const total = question.count();
  if (total === HEAVY) return HEAVY;
  return { total, resources: question.read(counted(question, query)) };
}

function counted({ searches, place, statements }: Question, { startIndex, count }: Query): Match[] {
  if (count === 0 || searches.length === 0) return [];
  const exists = place === undefined ? "till IS NULL" : "rid <= ?4 AND (till IS NULL OR till > ?4)";
  const each = searches.map(
    ({ inputs }) => `SELECT rid, NULL, type FROM resources WHERE tenant = ?1 AND type = ${inputs.type} AND ${exists}`,
  );
  const sql = `${each.join(" UNION ALL ")} ORDER BY 1 ${atMost("?2")} OFFSET ?3`;
  const { tenant } = (searches[0] as (typeof searches)[number]).inputs;
  const values = [tenant, count, startIndex - 1, ...(place === undefined ? [] : [place])];
  return statements.get(sql).all(...values) as unknown as Match[];
}
