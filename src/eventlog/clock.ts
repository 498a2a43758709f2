/** Microseconds since 1970 UTC: never twice the same, never backwards within one process. */
export type Clock = () => number;

/** The system's clock, kept ahead of what it said before and of `after`, what the log says already. */
export function systemClock(after = 0, now: () => number = Date.now): Clock {
  let last = after;
  return () => {
    last = Math.max(last + 1, now() * 1_000);
    return last;
  };
}
