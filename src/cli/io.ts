// What a verb may use of the process it runs in, so that tests can stand in for it.
import { once } from "node:events";
import { type Line, rendered } from "./line.ts";
import { printable } from "./printable.ts";

export interface Io {
  /** Writes a line to stdout: the answer. On a terminal nothing in it is obeyed. */
  readonly out: (line: Line) => void;
  /** Writes text to stdout as it stands; resolves when there is room for more. */
  readonly write: (text: string) => Promise<void>;
  /** Writes a line to stderr: what is said about the answer. */
  readonly err: (line: string) => void;
  /** Writes to stderr as it stands, for lines that are overwritten. */
  readonly progress: (text: string) => void;
  /** False once nobody reads stdout any more: what is answered further is for nobody. */
  readonly isRead: () => boolean;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The io of this process. Whoever stops reading what it says does not end it. */
export function processIo({ stdout, stderr, env }: Pick<NodeJS.Process, "stdout" | "stderr" | "env"> = process): Io {
  for (const stream of [stdout, stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  const outIsTerminal = stdout.isTTY === true;
  return {
    out: (line) => void stdout.write(`${rendered(line, { isTerminal: outIsTerminal, env })}\n`),
    write: async (text) => {
      if (!stdout.write(text) && stdout.writable) await room(stdout);
    },
    isRead: () => stdout.writable !== false,
    // Errors repeat what servers and files say.
    err: (line) => void stderr.write(`${printable(line)}\n`),
    progress: (text) => void stderr.write(text),
    outIsTerminal,
    errIsTerminal: stderr.isTTY === true,
    env,
  };
}

/** Resolves when there is room for more, or nobody reads any more. */
async function room(stream: NodeJS.WriteStream): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    await Promise.race([once(stream, "drain", { signal }), once(stream, "close", { signal })]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  } finally {
    waiting.abort();
  }
}
