// Many conditions or SELECTs as one, within what SQLite parses: expressions at most 1,000 deep, and at most 500 SELECTs in a
// compound one.

/** At least one condition. Joined as a balanced tree: SQLite makes `a OR b OR c` one that is as deep as it is long. */
export function joinedConditions(by: "AND" | "OR", conditions: readonly string[]): string {
  if (conditions.length === 1) return conditions[0] as string;
  const half = conditions.length >> 1;
  return `(${joinedConditions(by, conditions.slice(0, half))} ${by} ${joinedConditions(by, conditions.slice(half))})`;
}

const MOST_SELECTS = 400;

/** What any of the SELECTs of a column `rid` finds, as often as they do. */
export function unionOf(selects: readonly string[]): string {
  const all = selects.map((sql) => `SELECT rid FROM (${sql})`);
  if (all.length <= MOST_SELECTS) return all.join(" UNION ALL ");
  const groups: string[] = [];
  for (let from = 0; from < all.length; from += MOST_SELECTS)
    groups.push(all.slice(from, from + MOST_SELECTS).join(" UNION ALL "));
  return unionOf(groups);
}
