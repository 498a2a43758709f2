// The same pass on a schedule: one line each, until somebody asks for the end.
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import { Stopped } from "../scim-client/errors.ts";
import { pauseFor } from "../scim-client/scim-client.ts";
import { lineOf, type Summary } from "./summary.ts";

export interface WatchOptions {
  readonly pass: () => Promise<Summary>;
  /** From the end of a pass to the next, milliseconds; a tenth more or less is left to chance. */
  readonly interval: number;
  readonly json: boolean;
  readonly io: Pick<Io, "out" | "err">;
  readonly signal: AbortSignal;
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to 1. */
  readonly chance?: () => number;
}

/** A pass that fails is followed by the next one; the first one must be able to run. Resolves when asked to end. */
export async function watch(options: WatchOptions): Promise<ExitCode> {
  const { pass, interval, io, signal, pause = pauseFor, chance = Math.random } = options;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      say(await pass(), options);
    } catch (error) {
      if (error instanceof Stopped) break;
      if (!(error instanceof Problem) || (isFirst && error.exitCode === EXIT.misused)) throw error;
      io.err(`${now()} the pass could not end: ${error.message}`);
    }
    await pause(Math.min(interval * (0.9 + 0.2 * chance()), LONGEST_PAUSE), signal);
  }
  return EXIT.ok;
}

/** What a timer of Node can wait, milliseconds. */
const LONGEST_PAUSE = 2 ** 31 - 1;

const now = (): string => new Date().toISOString();

function say(summary: Summary, { io, json }: WatchOptions): void {
  io.out(json ? JSON.stringify({ summary: { at: now(), ...summary } }) : `${now()} ${lineOf(summary)}`);
}
