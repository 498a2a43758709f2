// What an evidence folder has of a tree: all its leaf records, and some of the events behind them. Layouts are in
// docs/ledger.md.
import { sha256 } from "./hash.ts";
import { Tampered } from "./judge.ts";
import { commitsTo, type LeafRecord } from "./leaf.ts";

/** An event, and the leaf that commits to it. */
export interface CarriedEvent {
  readonly index: number;
  readonly envelope: Uint8Array;
  readonly ciphertext?: Uint8Array;
}

/** An item of a file, and the offset after it. */
export interface Item<T> {
  readonly item: T;
  readonly end: number;
}

const INDEX_BYTES = 8;
const LENGTH_BYTES = 4;
const RECORD_LENGTH_BYTES = 2;
const LOW = 2 ** 32;

/** Index (8 bytes), envelope and ciphertext, each after its length (4 bytes); an event without ciphertext has one of no bytes. */
export function writeCarried({ index, envelope, ciphertext = new Uint8Array(0) }: CarriedEvent): Uint8Array {
  const bytes = Buffer.allocUnsafe(INDEX_BYTES + 2 * LENGTH_BYTES + envelope.length + ciphertext.length);
  bytes.writeUInt32BE(Math.floor(index / LOW), 0);
  let at = bytes.writeUInt32BE(index % LOW, LENGTH_BYTES);
  for (const part of [envelope, ciphertext]) {
    at = bytes.writeUInt32BE(part.length, at);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The event at an offset; undefined where it is not whole yet. */
export function readCarried(bytes: Buffer, start: number): Item<CarriedEvent> | undefined {
  if (start + INDEX_BYTES > bytes.length) return undefined;
  const index = bytes.readUInt32BE(start) * LOW + bytes.readUInt32BE(start + LENGTH_BYTES);
  const envelope = part(bytes, start + INDEX_BYTES);
  const ciphertext = envelope && part(bytes, envelope.end);
  if (ciphertext === undefined) return undefined;
  const sealed = ciphertext.item.length === 0 ? {} : { ciphertext: ciphertext.item };
  return { item: { index, envelope: envelope!.item, ...sealed }, end: ciphertext.end };
}

function part(bytes: Buffer, start: number): Item<Buffer> | undefined {
  if (start + LENGTH_BYTES > bytes.length) return undefined;
  const end = start + LENGTH_BYTES + bytes.readUInt32BE(start);
  return end > bytes.length ? undefined : { item: bytes.subarray(start + LENGTH_BYTES, end), end };
}

/** The leaf record at an offset, after its length in two bytes as in a bundle of tlog-tiles; undefined where it is not whole yet. */
export function readRecord(bytes: Buffer, start: number): Item<Uint8Array> | undefined {
  if (start + RECORD_LENGTH_BYTES > bytes.length) return undefined;
  const end = start + RECORD_LENGTH_BYTES + bytes.readUInt16BE(start);
  return end > bytes.length ? undefined : { item: bytes.subarray(start + RECORD_LENGTH_BYTES, end), end };
}

/** Where the key commitment stands in a ciphertext. */
const COMMITMENT = { from: 1, to: 33 };

/** Holds an event to the record that stands for it. Throws Tampered. */
export function checkCarried({ index, envelope, ciphertext }: CarriedEvent, record: LeafRecord): void {
  const sealed =
    ciphertext === undefined
      ? {}
      : { ciphertext: sha256(ciphertext), commitment: ciphertext.subarray(COMMITMENT.from, COMMITMENT.to) };
  if (!commitsTo(record, { envelope: sha256(envelope), ...sealed }))
    throw new Tampered("the event is not the one that its leaf commits to", index);
  const said = parsed(envelope, index);
  for (const name of ["tenant", "stream", "revision", "type", "at"] as const)
    if (said[name] !== record[name]) throw new Tampered(`the leaf says another ${name} than its event`, index);
}

function parsed(envelope: Uint8Array, index: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(envelope).toString());
    if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new Tampered("the event's envelope is not JSON", index);
}
