// The events of an export, one after the other: record, envelope and ciphertext, each after its length in four bytes,
// big-endian. An event without ciphertext has one of no bytes.
import type { ExportedEvent } from "./replay.ts";

/** Leaf, envelope and ciphertext, each behind its length in four bytes. */
export function writeExported({ leaf, envelope, ciphertext }: ExportedEvent): Uint8Array {
  const parts = [leaf, envelope, ciphertext ?? new Uint8Array(0)];
  const bytes = Buffer.allocUnsafe(parts.reduce((sum, { length }) => sum + 4 + length, 0));
  let at = 0;
  for (const part of parts) {
    at = bytes.writeUInt32BE(part.length, at);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The event at a place of a buffer, and where the next one begins; undefined where it is not whole yet. */
export function readExported(
  bytes: Buffer,
  at: number,
): { readonly event: ExportedEvent; readonly end: number } | undefined {
  const parts: Uint8Array[] = [];
  let end = at;
  while (parts.length < 3) {
    if (end + 4 > bytes.length) return undefined;
    const start = end + 4;
    end = start + bytes.readUInt32BE(end);
    if (end > bytes.length) return undefined;
    parts.push(bytes.subarray(start, end));
  }
  const [leaf, envelope, ciphertext] = parts;
  return {
    event: { leaf: leaf!, envelope: envelope!, ...(ciphertext!.length === 0 ? {} : { ciphertext: ciphertext! }) },
    end,
  };
}
