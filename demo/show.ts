// How the demo prints: colour on a terminal only.
import { styleText } from "node:util";
import { textTable } from "../src/cli/table.ts";

type Style = "bold" | "dim" | "green" | "cyan";

const styled = (style: Style, text: string): string => styleText(style, text, { stream: process.stdout });
const print = (line = ""): void => void process.stdout.write(`${line}\n`);

export function heading(text: string): void {
  print();
  print(styled("bold", text));
}

export const note = (text: string): void => print(styled("dim", `  ${text}`));

export interface Step {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** What it is about, or what it shows. */
  readonly says: string;
}

const PATH_WIDTH = 52;

export function step({ method, path, status, says }: Step): void {
  const where = path.length > PATH_WIDTH ? `${path.slice(0, PATH_WIDTH - 1)}…` : path.padEnd(PATH_WIDTH);
  print(`  ${styled("cyan", method.padEnd(6))} ${where} ${styled("green", String(status))}  ${styled("dim", says)}`);
}

/** A question, how it is asked, and its answer as a table. */
export function answer(question: string, request: string, columns: readonly string[], rows: readonly string[][]): void {
  heading(question);
  note(`GET ${request}`);
  print();
  const [head = "", ...body] = textTable([columns, ...rows]);
  print(`  ${styled("dim", head)}`);
  for (const line of body) print(`  ${line}`);
}
