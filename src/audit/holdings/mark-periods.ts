// From when to when groups were marked: privileged, or mutually exclusive in pairs.
import { type MarkEvent, pairName } from "../../domain/marks.ts";
import { type Position, START } from "../../eventlog/event-log.ts";
import { happenedIn } from "../effects/happened.ts";
import type { Sources } from "../sources.ts";
import type { Interval } from "./intervals.ts";

export interface MarkPeriod extends Interval {
  readonly kind: "privileged" | "exclusive";
  /** One, or a pair. */
  readonly groups: readonly string[];
}

const MARKS: readonly string[] = [
  "GroupMarkedPrivileged",
  "GroupUnmarkedPrivileged",
  "GroupsMarkedExclusive",
  "GroupsUnmarkedExclusive",
];

/** As known at a position; in the order of their beginning. */
export async function markPeriods(sources: Sources, tenant: string, through: Position): Promise<readonly MarkPeriod[]> {
  const open = new Map<string, MarkPeriod>();
  const periods: MarkPeriod[] = [];
  const stretch = { after: START, until: through, resourceType: "Tenant" };
  for await (const { event, activity } of happenedIn(sources, tenant, stretch, isMark)) {
    const { kind, groups, stands } = read(event as MarkEvent);
    const name = `${kind} ${groups.length === 1 ? groups[0] : pairName(groups as [string, string])}`;
    const { position } = activity;
    const before = open.get(name);
    if (stands && before === undefined) open.set(name, { kind, groups, from: position, to: null, cause: null });
    if (stands || before === undefined) continue;
    periods.push({ ...before, to: position });
    open.delete(name);
  }
  return [...periods, ...open.values()].sort((a, b) => (a.from < b.from ? -1 : 1));
}

/** Why a question about marked groups has no answer, where none was ever marked. */
export const noMarks = (marked: readonly unknown[], why: string): { readonly noSource?: string } =>
  marked.length > 0 ? {} : { noSource: why };

const isMark = ({ eventType }: { readonly eventType: string }): boolean => MARKS.includes(eventType);

function read(event: MarkEvent): Pick<MarkPeriod, "kind" | "groups"> & { readonly stands: boolean } {
  switch (event.type) {
    case "GroupMarkedPrivileged":
    case "GroupUnmarkedPrivileged":
      return { kind: "privileged", groups: [event.data.group], stands: event.type === "GroupMarkedPrivileged" };
    case "GroupsMarkedExclusive":
    case "GroupsUnmarkedExclusive":
      return { kind: "exclusive", groups: event.data.groups, stands: event.type === "GroupsMarkedExclusive" };
  }
}
