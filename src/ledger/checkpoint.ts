// The text of a checkpoint (C2SP tlog-checkpoint): which log, how large, under which root.
import { fromBase64, toBase64 } from "./base64.ts";
import { type Hash, isHash, isSize } from "./hash.ts";
import { Malformed } from "./malformed.ts";

export interface Checkpoint {
  /** Names the log. */
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  readonly root: Hash;
  /** Lines after the third: none in checkpoints of ours. */
  readonly extensions?: readonly string[];
}

export const formatCheckpoint = ({ origin, size, root, extensions = [] }: Checkpoint): string =>
  [origin, formatSize(size), toBase64(root), ...extensions, ""].join("\n");

/** Reads a note's text. Throws Malformed. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", sizeText = "", rootText = "", ...rest] = text.split("\n");
  const extensions = rest.slice(0, -1);
  const size = parseSize(sizeText);
  const root = fromBase64(rootText);
  if (origin === "" || rest.at(-1) !== "" || extensions.includes(""))
    throw new Malformed("a checkpoint is an origin, a size and a root, each on a line of its own");
  if (size === undefined) throw new Malformed(`“${sizeText.slice(0, 100)}” is not the size of a tree`);
  if (root === undefined || !isHash(root)) throw new Malformed(`“${rootText.slice(0, 100)}” is not a root of 32 bytes`);
  return { origin, size, root, ...(extensions.length === 0 ? {} : { extensions }) };
}

export const formatSize = (size: number): string => String(size);

/** A decimal without leading zeroes, below 2^53; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const size = Number(text);
  return isSize(size) && formatSize(size) === text ? size : undefined;
}
