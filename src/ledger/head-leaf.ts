// What the instance's tree holds of a word of a tenant's ledger: the note itself, so that it can be read, and the hash of the
// event that carries it, so that nothing about it can be changed. The layout stands in docs/ledger.md.
import { isUtf8 } from "node:buffer";
import { HASH_BYTES, type Hash } from "./hash.ts";
import { NotALeaf } from "./leaf.ts";

export interface HeadLeaf {
  /** SHA-256 of the envelope's bytes. */
  readonly envelope: Hash;
  /** A head, or the word that a restore was accepted: a signed note. */
  readonly note: string;
}

/** Leaves of tenants' trees begin with another byte. */
const VERSION = 2;
const NOTE = 1 + HASH_BYTES;

export const encodeHeadLeaf = ({ envelope, note }: HeadLeaf): Uint8Array =>
  Buffer.concat([Buffer.of(VERSION), envelope, Buffer.from(note)]);

/** Throws NotALeaf for whatever `encodeHeadLeaf` would not have written. */
export function decodeHeadLeaf(bytes: Uint8Array): HeadLeaf {
  if (bytes[0] !== VERSION || bytes.length <= NOTE || !isUtf8(bytes.subarray(NOTE)))
    throw new NotALeaf("a leaf that is no head of a tenant");
  return { envelope: bytes.subarray(1, NOTE), note: Buffer.from(bytes.subarray(NOTE)).toString() };
}
