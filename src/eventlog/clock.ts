/** Microseconds since 1970 UTC: never twice the same, never backwards within one process. */
export type Clock = () => number;

/** The system's clock, kept ahead of what it said before (DESIGN §5, time). */
export function systemClock(now: () => number = Date.now): Clock {
  let last = 0;
  return () => {
    last = Math.max(last + 1, now() * 1_000);
    return last;
  };
}
