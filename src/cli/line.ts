// A line for people: its texts may be of others, its colours are ours. What has a colour is said as data, so that a colour in the
// text itself is none.
import { oneLine, printable } from "./printable.ts";

const COLOURS = { added: 32, removed: 31, changed: 33, faint: 2, strong: 1 } as const;
type Colour = keyof typeof COLOURS;

export type Piece = string | { readonly text: string; readonly colour: Colour };
/** Text, of several lines even; or the pieces of one line, which is for people wherever it goes. */
export type Line = string | readonly Piece[];

const coloured = (colour: Colour) => (text: string) => ({ text, colour });

export const added = coloured("added");
export const removed = coloured("removed");
export const changed = coloured("changed");
export const faint = coloured("faint");
export const strong = coloured("strong");

export interface Surface {
  readonly isTerminal: boolean;
  /** Colours are left out where `NO_COLOR` is there (no-color.org). */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** As it is written: on a terminal with colours, and nothing of others that it could obey; elsewhere text stands as it is. */
export function rendered(line: Line, { isTerminal, env }: Surface): string {
  if (typeof line === "string") return isTerminal ? printable(line) : line;
  const isColoured = isTerminal && env["NO_COLOR"] === undefined;
  return line
    .map((piece) => {
      const { text, colour } = typeof piece === "string" ? { text: piece, colour: undefined } : piece;
      const shown = oneLine(text);
      return isColoured && colour !== undefined ? `\u001b[${COLOURS[colour]}m${shown}\u001b[0m` : shown;
    })
    .join("");
}
