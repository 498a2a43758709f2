// When an account was enabled, in microseconds, beside the dates that somebody asserted: what came too late, and what too early.
import type { Position } from "../../eventlog/event-log.ts";
import type { Sources } from "../sources.ts";
import type { Holding } from "./holdings.ts";

export const HOUR = 3_600_000_000;

export interface EnabledTime {
  readonly from: number;
  /** Infinity: still. */
  readonly to: number;
  readonly start: Position;
  readonly end: Position | null;
}

export async function enabledTimes({ store }: Sources, held: readonly Holding[]): Promise<readonly EnabledTime[]> {
  const times: EnabledTime[] = [];
  for (const { kind, from, to } of held)
    if (kind === "account")
      times.push({
        from: await store.effectiveAt(from),
        to: to === null ? Number.POSITIVE_INFINITY : await store.effectiveAt(to),
        start: from,
        end: to,
      });
  return times;
}

/** How long an account outlived an instant, looked at from a later one. */
export interface Outliving {
  /** Microseconds; up to where it was looked at while `open`. */
  readonly lag: number;
  readonly open: boolean;
  readonly end: Position | null;
}

/** Undefined where it was not enabled at or after the instant: it ended in time. */
export function outliving(times: readonly EnabledTime[], instant: number, lookedAt: number): Outliving | undefined {
  const last = times.findLast(({ from, to }) => from <= lookedAt && to > instant);
  if (last === undefined) return undefined;
  const open = last.to > lookedAt;
  return { lag: (open ? lookedAt : last.to) - instant, open, end: open ? null : last.end };
}

/** The account's beginning that an instant of joining belongs to: before it, or the first after it. */
export const beginningFor = (times: readonly EnabledTime[], instant: number): EnabledTime | undefined =>
  times.find(({ to }) => to > instant);

export const inHours = (micros: number): number => Math.round((micros / HOUR) * 1_000) / 1_000;

/** By nearest rank; null where there are no values. */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted.length === 0 ? null : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}
