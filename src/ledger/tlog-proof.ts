// A proof that stands alone (C2SP tlog-proof): a leaf's index, its path, and the checkpoint that the path leads to. The extra
// line carries the leaf's record here; nothing of it is believed that the path does not show.
import { fromBase64, toBase64 } from "./base64.ts";
import { formatSize, parseSize } from "./checkpoint.ts";
import { type Hash, isHash } from "./hash.ts";
import { Malformed } from "./malformed.ts";

export interface TlogProof {
  readonly extra?: Uint8Array;
  readonly index: number;
  /** From the leaf's sibling to the root's child. */
  readonly path: readonly Hash[];
  /** The signed note. */
  readonly checkpoint: string;
}

const HEAD = "c2sp.org/tlog-proof@v1";
/** A tree of 2^63 leaves has no longer path. */
const LONGEST_PATH = 63;

/** The text of a proof, as `parseProof` reads it. */
export function formatProof({ extra, index, path, checkpoint }: TlogProof): string {
  const lines = [
    HEAD,
    ...(extra === undefined ? [] : [`extra ${toBase64(extra)}`]),
    `index ${formatSize(index)}`,
    ...path.map(toBase64),
  ];
  return `${lines.join("\n")}\n\n${checkpoint}`;
}

/** Throws Malformed. */
export function parseProof(text: string): TlogProof {
  const end = text.indexOf("\n\n");
  const [head, ...lines] = text.slice(0, Math.max(0, end)).split("\n");
  if (head !== HEAD) throw new Malformed(`a proof begins with “${HEAD}” and has an empty line before its checkpoint`);
  const extra = lines[0]?.startsWith("extra ") === true ? decoded(lines.shift()!.slice("extra ".length)) : undefined;
  const indexLine = lines.shift() ?? "";
  const index = indexLine.startsWith("index ") ? parseSize(indexLine.slice("index ".length)) : undefined;
  if (index === undefined) throw new Malformed(`“${indexLine.slice(0, 100)}” is not the index of a leaf`);
  if (lines.length > LONGEST_PATH)
    throw new Malformed(`a path of ${lines.length} hashes is longer than any tree is high`);
  return { ...(extra === undefined ? {} : { extra }), index, path: hashes(lines), checkpoint: text.slice(end + 2) };
}

/** Lines of hashes. Throws Malformed. */
export const hashes = (lines: readonly string[]): readonly Hash[] =>
  lines.map((line) => {
    const hash = decoded(line);
    if (!isHash(hash)) throw new Malformed(`“${line.slice(0, 100)}” is not a hash of 32 bytes`);
    return hash;
  });

function decoded(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new Malformed(`“${text.slice(0, 100)}” is not base 64`);
  return bytes;
}
