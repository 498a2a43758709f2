// The world without some events: who would hold what, if they had never been. Folded in memory; nothing is written.
import { type Position, START } from "../../eventlog/event-log.ts";
import { type Happened, happenedIn, withoutPersonal } from "../effects/happened.ts";
import { type Held, Holds } from "../holdings/holds.ts";
import type { Sources } from "../sources.ts";

export interface Delta {
  /** Held as it is, and not without the events: directly, and then through groups alone. */
  readonly gained: readonly Held[];
  /** Not held as it is, and held without them. */
  readonly lost: readonly Held[];
  readonly skipped: number;
}

/** Compares the world up to a position with the one in which some events never were. */
export async function whatIf(
  sources: Sources,
  tenant: string,
  until: Position,
  skips: (one: Happened) => boolean,
): Promise<Delta> {
  const [real, other] = [new Holds(), new Holds()];
  let skipped = 0;
  const isOfResource = ({ resourceType }: { readonly resourceType: string }) => resourceType !== "Tenant";
  for await (const one of happenedIn(withoutPersonal(sources), tenant, { after: START, until }, isOfResource)) {
    const { resourceId } = one.activity;
    const isSkipped = skips(one);
    if (isSkipped) skipped += 1;
    for (const event of one.effects) {
      real.apply(resourceId, event);
      if (!isSkipped) other.apply(resourceId, event);
    }
  }
  const [is, would] = [real.direct(), other.direct()];
  const direct = { gained: without(is, would), lost: without(would, is) };
  const reached = reachDelta(real, other, [...direct.gained, ...direct.lost]);
  return {
    gained: [...direct.gained, ...reached.gained],
    lost: [...direct.lost, ...reached.lost],
    skipped,
  };
}

const without = (a: ReadonlyMap<string, Held>, b: ReadonlyMap<string, Held>): readonly Held[] =>
  [...a].flatMap(([name, one]) => (b.has(name) ? [] : [one]));

/** Groups that are reached in one world and not in the other, other than directly: below where memberships differ, and nowhere else. */
function reachDelta(real: Holds, other: Holds, direct: readonly Held[]): Pick<Delta, "gained" | "lost"> {
  const [gained, lost]: [Held[], Held[]] = [[], []];
  const changed = direct.filter(({ kind }) => kind === "group").map(({ subject }) => subject);
  for (const subject of new Set([...real.below(changed), ...other.below(changed)])) {
    const [is, would] = [real.reachOf(subject), other.reachOf(subject)];
    gained.push(...beyond(subject, is, would));
    lost.push(...beyond(subject, would, is));
  }
  return { gained, lost };
}

const beyond = (
  subject: string,
  ways: ReadonlyMap<string, readonly string[]>,
  others: ReadonlyMap<string, readonly string[]>,
): readonly Held[] =>
  [...ways].flatMap(([target, through]) =>
    through.length === 1 || others.has(target) ? [] : [{ kind: "group" as const, subject, target, through }],
  );
