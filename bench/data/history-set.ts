// Histories as an auditor finds them: years of small changes to many users and groups, and among them the few that questions
// are hard about. Those are the same at every size, so that what an answer costs can be compared.

export interface HistorySet {
  readonly users: number;
  readonly groups: number;
  /** Without those of claims. */
  readonly events: number;
}

/** A million users, a hundred thousand groups, ten million events, times `scale`. Throws RangeError below 1/100. */
export function historySet(scale: number): HistorySet {
  if (!(scale >= 0.01)) throw new RangeError("a history is at least 1/100 of the large one");
  return { users: Math.round(1e6 * scale), groups: Math.round(1e5 * scale), events: Math.round(1e7 * scale) };
}

const YEAR = 365 * 86_400_000_000;

/** Microseconds from one event to the next: a history takes a year, at whatever scale. */
export const stepOf = ({ events }: HistorySet): number => Math.floor(YEAR / events);

const ALL = {
  "history-100k": historySet(0.01),
  "history-500k": historySet(0.05),
  "history-10m": historySet(1),
};
export type HistorySetName = keyof typeof ALL;
export const historySets: Readonly<Record<HistorySetName, HistorySet>> = ALL;
export const isHistorySet = (name: string): name is HistorySetName => Object.hasOwn(ALL, name);

/** Index of a user to whom much happened. */
export const BUSY_USER = 0;
export const BUSY_EVENTS = 2_000;

/** Index of a group with many members, some of whom come and go. */
export const LARGE_GROUP = 0;
export const LARGE_MEMBERS = 10_000;
/** Comings and goings, spread over the whole history. */
export const LARGE_CHANGES = 2_000;

/** Index of a group that has most of its members through another. */
export const OUTER_GROUP = 1;
export const OUTER_MEMBERS = 1_000;
export const INNER_GROUP = 2;
export const INNER_MEMBERS = 9_000;

/** A credential that synchronised for a day. */
export const SYNC = { credential: "bench-sync", name: "nightly sync", kind: "provisioning" };
export const SYNC_EVENTS = 50_000;
/** Its day begins after this share of the history. */
export const SYNC_AFTER = 0.5;
