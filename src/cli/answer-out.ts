// Answers on their way to stdout: in a pipe the bytes that came, on a terminal nothing that could move its cursor.
import type { Io } from "./io.ts";
import { printable } from "./printable.ts";

export interface AnswerOut {
  /** Writes the next piece; resolves when there is room for more. */
  readonly write: (piece: string) => Promise<void>;
  /** What was held back of the last piece. */
  readonly end: () => Promise<void>;
}

export function answerOut({ write, outIsTerminal }: Pick<Io, "write" | "outIsTerminal">): AnswerOut {
  if (!outIsTerminal) return { write, end: async () => {} };
  // Only with what follows it can be said whether a carriage return ends a line.
  let held = "";
  return {
    write: (piece) => {
      const text = held + piece;
      held = text.endsWith("\r") ? "\r" : "";
      return write(printable(held === "" ? text : text.slice(0, -1)));
    },
    end: async () => {
      if (held !== "") await write(printable(held));
      held = "";
    },
  };
}
