// What a verb may use of the process it runs in, so that tests can stand in for it.
import { once } from "node:events";
import { printable } from "./printable.ts";

export interface Io {
  /** Writes a line to stdout: the answer. */
  readonly out: (line: string) => void;
  /** Writes text to stdout as it stands; resolves when there is room for more. */
  readonly write: (text: string) => Promise<void>;
  /** Writes a line to stderr: what is said about the answer. */
  readonly err: (line: string) => void;
  /** Writes to stderr as it stands, for lines that are overwritten. */
  readonly progress: (text: string) => void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The io of this process. Whoever stops reading what it says does not end it. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    write: async (text) => {
      if (process.stdout.write(text) || !process.stdout.writable) return;
      await Promise.race([once(process.stdout, "drain"), once(process.stdout, "close")]);
    },
    // Errors repeat what servers and files say.
    err: (line) => void process.stderr.write(`${printable(line)}\n`),
    progress: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    env: process.env,
  };
}
