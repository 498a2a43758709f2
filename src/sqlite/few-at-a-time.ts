// Rows that lie far from each other are read a few at a time: the thread that reads them has others waiting.
import { setImmediate as nextTurn } from "node:timers/promises";

const AT_ONCE = 50;

/** What is found for each of many, in their order; whoever else waits has a turn after every few. */
export async function fewAtATime<Asked, Found>(
  asked: readonly Asked[],
  look: (some: readonly Asked[]) => readonly Found[],
): Promise<readonly Found[]> {
  if (asked.length <= AT_ONCE) return look(asked);
  const found: Found[] = [];
  for (let start = 0; start < asked.length; start += AT_ONCE) {
    if (start > 0) await nextTurn();
    found.push(...look(asked.slice(start, start + AT_ONCE)));
  }
  return found;
}
