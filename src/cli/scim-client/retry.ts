// When a request is sent again, and after how long. Pure: the clock and chance come in as arguments.

/** Milliseconds. The wait doubles from the first to the longest; half of it is left to chance. */
const FIRST_WAIT = 500;
export const LONGEST_WAIT = 60_000;
/** How long one request is repeated in all before the run gives up, milliseconds. */
export const PATIENCE = 15 * 60_000;

/**
 * What an answer's status means for a repeat. `final`: it is the answer. `again`: nothing was done, the same request may
 * be sent again. `unknown`: something in between failed, and the request may have been carried out all the same.
 */
export type Verdict = "final" | "again" | "unknown";

/** What became of one request so far; `since`: when it was first sent, milliseconds. */
export interface Tries {
  readonly since: number;
  repeats: number;
  /** Answers of 500 among what it met. */
  faults: number;
}

export const firstTry = (since: number): Tries => ({ since, repeats: 0, faults: 0 });

const VERDICTS: ReadonlyMap<number, Verdict> = new Map([
  [408, "unknown"],
  [425, "again"],
  [429, "again"],
  [500, "unknown"],
  [502, "unknown"],
  // scim-ledger itself answers 503 to a change that is stored and not yet visible.
  [503, "unknown"],
  [504, "unknown"],
]);

export const verdictOn = (status: number): Verdict => VERDICTS.get(status) ?? "final";

/** Milliseconds to wait by a Retry-After header (RFC 9110 §10.2.3): seconds or a date; undefined where it is neither. */
export function retryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^[0-9]{1,9}$/u.test(text)) return Number(text) * 1_000;
  // Date.parse reads far more than HTTP dates: all three of their forms begin with the name of a day.
  const at = /^[A-Z][a-z]{2,8},? /u.test(text) ? Date.parse(zoned(text)) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

// The asctime form, `Sun Nov  6 08:49:37 1994`, means UTC without saying so.
const zoned = (text: string): string => (text.endsWith("GMT") ? text : `${text} GMT`);

/** Milliseconds to wait before repeat number `attempt` (from 0). `chance` is from 0 to 1; the server's wish is the least. */
export function waitBefore(attempt: number, wished: number | undefined, chance: number): number {
  const full = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempt, 30));
  const own = full / 2 + (full / 2) * chance;
  // A crowd that was sent away together should not come back together.
  return wished === undefined ? own : wished + (FIRST_WAIT / 2) * chance;
}
