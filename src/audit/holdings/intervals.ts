// Half-open intervals [from, to) over positions of the log: the algebra of who held what, from when to when.
import { ordinalOf, type Position, positionOf } from "../../eventlog/event-log.ts";
import type { EndCause } from "../../readstore/read-store.ts";

/** Why an access ended: what ended the grant itself, or the removal of a group, through which it came, from the next one. */
export type Ending = EndCause | "parentRemoved";

export interface Interval {
  readonly from: Position;
  /** Null: it still holds. */
  readonly to: Position | null;
  readonly cause: Ending | null;
}

/** The next place that an event can have. */
export const following = (position: Position): Position => positionOf(ordinalOf(position) + 1);
export const preceding = (position: Position): Position => positionOf(Math.max(0, ordinalOf(position) - 1));

/** Whether one end comes before another; an open end comes after all. */
export const endsBefore = (a: Position | null, b: Position | null): boolean => a !== null && (b === null || a < b);

/** Whether something holds at a position. */
export const holdsAt = ({ from, to }: Interval, position: Position): boolean =>
  from <= position && (to === null || to > position);

/** Whether two intervals have a position in common. */
export const overlap = (a: Omit<Interval, "cause">, b: Omit<Interval, "cause">): boolean =>
  endsBefore(a.from, b.to) && endsBefore(b.from, a.to);

/** The time in which both hold; the cause is that of the earlier end. */
export function intersection(a: Interval, b: Interval): Interval | undefined {
  const { to, cause } = endsBefore(b.to, a.to) ? b : a;
  const { from } = a.from < b.from ? b : a;
  return endsBefore(from, to) ? { from, to, cause } : undefined;
}

/** The time in which any holds, as the fewest intervals, in order; the cause is that of the last end. */
export function union(intervals: readonly Interval[]): readonly Interval[] {
  const spans: Interval[] = [];
  for (const next of intervals.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = spans.at(-1);
    if (last === undefined || endsBefore(last.to, next.from)) spans.push(next);
    else if (endsBefore(last.to, next.to)) spans[spans.length - 1] = { ...next, from: last.from };
  }
  return spans;
}

/** The time in which both sets hold. */
export const common = (a: readonly Interval[], b: readonly Interval[]): readonly Interval[] =>
  a.flatMap((one) => b.flatMap((other) => intersection(one, other) ?? []));

/** The time of one in which none of the others holds, in order. */
export function without(one: Interval, others: readonly Interval[]): readonly Interval[] {
  const left: Interval[] = [];
  let from: Position | null = one.from;
  for (const other of union(others)) {
    if (from === null || !overlap({ ...one, from }, other)) continue;
    if (from < other.from) left.push({ from, to: other.from, cause: null });
    from = other.to;
  }
  return from !== null && endsBefore(from, one.to) ? [...left, { ...one, from }] : left;
}

/** Whether two sets in order cover the same time, for whatever cause. */
export const sameTime = (a: readonly Interval[], b: readonly Interval[]): boolean =>
  a.length === b.length && a.every(({ from, to }, index) => from === b[index]!.from && to === b[index]!.to);
