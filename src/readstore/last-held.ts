// Of what somebody holds and held, that which an answer about its last beginnings tells.
import type { LastHeld } from "./walks.ts";

/** All that stands; of each role and entitlement that does not stand at all, the one that began last. */
export function lastOfEach(held: readonly LastHeld[]): readonly LastHeld[] {
  const ended = new Map<string, LastHeld>();
  const standing: LastHeld[] = [];
  const nameOf = ({ kind, target }: LastHeld): string => `${kind} ${target}`;
  for (const one of held) {
    const known = ended.get(nameOf(one));
    if (one.stands) standing.push(one);
    else if (known === undefined || known.since < one.since) ended.set(nameOf(one), one);
  }
  for (const one of standing) ended.delete(nameOf(one));
  return [...standing, ...ended.values()];
}
