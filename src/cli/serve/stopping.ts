// SIGTERM and SIGINT: the first asks for an orderly end, a second one ends at once.
import { EXIT } from "../problem.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** npm passes on what the terminal has sent already: a repeat within this time is the same wish. Milliseconds. */
const SAME_WISH = 500;

export interface Stopping extends Disposable {
  /** Resolves with the first signal's name. */
  readonly asked: Promise<string>;
}

/** Listens until disposed of. `exit` ends the process. */
export function stopping(exit: (code: number) => void = process.exit): Stopping {
  const asked = Promise.withResolvers<string>();
  let firstAt: number | undefined;
  const hear = (signal: string): void => {
    const now = performance.now();
    firstAt ??= now;
    if (now - firstAt >= SAME_WISH) exit(EXIT.interrupted);
    asked.resolve(signal);
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  return {
    asked: asked.promise,
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, hear);
    },
  };
}
