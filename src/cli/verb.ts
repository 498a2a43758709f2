// What a verb is given to add itself to the command.
import type { Command } from "commander";
import type { Io } from "./io.ts";
import type { ExitCode } from "./problem.ts";

export interface Cli {
  readonly program: Command;
  readonly io: Io;
  /** Makes a commander action of work that resolves with the exit code. */
  readonly ending: <Given extends unknown[]>(
    work: (...given: Given) => Promise<ExitCode>,
  ) => (...given: Given) => Promise<void>;
}

/** The examples at the end of a verb's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;

/** What the exit codes mean, at the end of a verb's help. */
export const exitCodes = (codes: Readonly<Record<number, string>>): string =>
  `\nExit codes:\n${Object.entries(codes)
    .map(([code, says]) => `  ${code}  ${says}`)
    .join("\n")}`;
