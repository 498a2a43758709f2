/** Microseconds since 1970 UTC: never twice the same, never backwards within one process. */
export interface Clock {
  (): number;
  /** What it says from now on is after `at`, which another node has said. */
  readonly pass?: (at: number) => void;
}

/** The system's clock, kept ahead of what it said before and of `after`, what the log says already. */
export function systemClock(after = 0, now: () => number = Date.now): Clock {
  let last = after;
  const clock = () => {
    last = Math.max(last + 1, now() * 1_000);
    return last;
  };
  return Object.assign(clock, {
    pass: (at: number) => {
      last = Math.max(last, at);
    },
  });
}
