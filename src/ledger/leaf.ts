// What the tree holds of an event: a record of fixed layout, which commits to the event without carrying it. The layout, byte
// by byte, stands in docs/ledger.md; a new one gets a new first byte, and this one is read for ever.
import { isUtf8 } from "node:buffer";
import { HASH_BYTES, type Hash, isHash, sameBytes, sha256, sha256Text } from "./hash.ts";

export interface LeafRecord {
  readonly tenant: string;
  readonly stream: string;
  /** Zero-based place in its stream: a missing event leaves a gap that shows. */
  readonly revision: number;
  /** The event's type. */
  readonly type: string;
  /** Microseconds since 1970 UTC, as the deciding node stamped them. */
  readonly at: number;
  /** SHA-256 of the envelope's bytes. */
  readonly envelope: Hash;
  /** SHA-256 of the ciphertext's bytes; absent where the event has none. */
  readonly ciphertext?: Hash;
  /** What holds the event's key to one key; absent where the event has no ciphertext. */
  readonly commitment?: Hash;
}

/** The bytes are no leaf record that this version reads. */
export class NotALeaf extends Error {
  override readonly name = "NotALeaf";
}

const VERSION = 1;
const AT = 1;
const REVISION = AT + 8;
const ENVELOPE = REVISION + 8;
const CIPHERTEXT = ENVELOPE + HASH_BYTES;
const COMMITMENT = CIPHERTEXT + HASH_BYTES;
const NAMES = COMMITMENT + HASH_BYTES;
/** Stands where an event has no ciphertext; no hash is all zero. */
const NONE = new Uint8Array(HASH_BYTES);
const LOW = 2 ** 32;
const LONGEST_NAME = 65_535;

/** The bytes that the tree hashes for one event. */
export function encodeLeaf(record: LeafRecord): Uint8Array {
  const { envelope, ciphertext = NONE, commitment = NONE } = record;
  const bytes = Buffer.allocUnsafe(room(record));
  bytes.set(envelope, ENVELOPE);
  bytes.set(ciphertext, CIPHERTEXT);
  bytes.set(commitment, COMMITMENT);
  return bytes.subarray(0, writeRest(bytes, record));
}

/** An event as the log stores it, with what its envelope says. */
export interface LeafSource extends Pick<LeafRecord, "tenant" | "stream" | "revision" | "type" | "at"> {
  /** The envelope's text, or its bytes. */
  readonly text: string | Uint8Array;
  readonly sealed: { readonly ciphertext: Uint8Array; readonly commitment: Uint8Array } | undefined;
}

/** The hash of the leaf that stands for an event: `leafHash(encodeLeaf(…))` in one pass, for every event passes here. */
export const leafHashOf = (source: LeafSource): Hash => sha256(scratch.subarray(0, 1 + writeLeaf(source)));

/** The hash of a record, where it is the very one that stands for an event; undefined where it is not. */
export function leafHashIf(record: Uint8Array, source: LeafSource): Hash | undefined {
  const end = 1 + writeLeaf(source);
  return scratch.compare(record, 0, record.length, 1, end) === 0 ? sha256(scratch.subarray(0, end)) : undefined;
}

/** Writes the record of an event into the scratch, after the prefix; returns its length. */
function writeLeaf(source: LeafSource): number {
  const { text, sealed } = source;
  const size = 1 + room(source);
  if (size > scratch.length) scratch = Buffer.alloc(size);
  const bytes = scratch.subarray(1);
  bytes.write(sha256Text(text), ENVELOPE, "latin1");
  if (sealed === undefined) bytes.fill(0, CIPHERTEXT, NAMES);
  else {
    bytes.write(sha256Text(sealed.ciphertext), CIPHERTEXT, "latin1");
    bytes.set(sealed.commitment, COMMITMENT);
  }
  return writeRest(bytes, source);
}

/** A leaf is hashed from here: its first byte stays 0, the prefix of leaves. */
let scratch = Buffer.alloc(4_096);

/** Bytes that a leaf takes at most: three for a UTF-16 unit. */
const room = ({ tenant, type, stream }: Pick<LeafRecord, "tenant" | "type" | "stream">): number =>
  NAMES + 6 + 3 * (tenant.length + type.length + stream.length);

/** Writes every field but the hashes; returns where the leaf ends. */
function writeRest(bytes: Buffer, { tenant, type, stream, at, revision }: Omit<LeafSource, "text" | "sealed">): number {
  bytes[0] = VERSION;
  writeInteger(bytes, at, AT);
  writeInteger(bytes, revision, REVISION);
  return writeName(bytes, stream, writeName(bytes, type, writeName(bytes, tenant, NAMES)));
}

/** A name after its length, two bytes, big-endian; returns where it ends. */
function writeName(bytes: Buffer, name: string, at: number): number {
  const length = bytes.write(name, at + 2);
  if (length > LONGEST_NAME) throw new RangeError(`a name of ${length} bytes does not fit into a leaf`);
  bytes.writeUInt16BE(length, at);
  return at + 2 + length;
}

/** Throws NotALeaf for whatever `encodeLeaf` would not have written. */
export function decodeLeaf(bytes: Uint8Array): LeafRecord {
  if (bytes[0] !== VERSION)
    throw new NotALeaf(`a leaf of version ${bytes[0] ?? "none"}, and this program reads ${VERSION}`);
  if (bytes.length < NAMES) throw new NotALeaf(`a leaf of ${bytes.length} bytes is cut short`);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [tenant, type, stream] = readNames(buffer);
  return {
    tenant: tenant!,
    stream: stream!,
    revision: readInteger(buffer, REVISION),
    type: type!,
    at: readInteger(buffer, AT),
    envelope: bytes.subarray(ENVELOPE, CIPHERTEXT),
    ...optional("ciphertext", bytes.subarray(CIPHERTEXT, COMMITMENT)),
    ...optional("commitment", bytes.subarray(COMMITMENT, NAMES)),
  };
}

const optional = (name: "ciphertext" | "commitment", hash: Hash) => (sameBytes(hash, NONE) ? {} : { [name]: hash });

function readNames(bytes: Buffer): readonly string[] {
  const names: string[] = [];
  let at = NAMES;
  for (let count = 0; count < 3; count++) {
    const end = at + 2 <= bytes.length ? at + 2 + bytes.readUInt16BE(at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new NotALeaf("a leaf is cut short within its names");
    if (!isUtf8(bytes.subarray(at + 2, end))) throw new NotALeaf("a leaf with names that are not UTF-8");
    names.push(bytes.toString("utf8", at + 2, end));
    at = end;
  }
  if (at !== bytes.length) throw new NotALeaf(`a leaf has ${bytes.length - at} bytes too many`);
  return names;
}

/** Whether an event whose parts hash to these is the one that the leaf commits to. */
export const commitsTo = (
  { envelope, ciphertext = NONE, commitment = NONE }: LeafRecord,
  event: Pick<LeafRecord, "envelope" | "ciphertext" | "commitment">,
): boolean =>
  [event.envelope, event.ciphertext ?? NONE, event.commitment ?? NONE].every(isHash) &&
  sameBytes(envelope, event.envelope) &&
  sameBytes(ciphertext, event.ciphertext ?? NONE) &&
  sameBytes(commitment, event.commitment ?? NONE);

function writeInteger(bytes: Buffer, value: number, at: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} does not fit into a leaf`);
  bytes.writeUInt32BE(Math.floor(value / LOW), at);
  bytes.writeUInt32BE(value % LOW, at + 4);
}

function readInteger(bytes: Buffer, at: number): number {
  const value = bytes.readUInt32BE(at) * LOW + bytes.readUInt32BE(at + 4);
  if (!Number.isSafeInteger(value)) throw new NotALeaf("a leaf holds a number beyond 2^53");
  return value;
}
