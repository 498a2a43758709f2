// What a data key is called: 16 random bytes, in base64url where they are text.
import type { DataKey } from "./key-vault.ts";

export const KEY_ID_BYTES = 16;
export const SECRET_BYTES = 32;
/** Bytes of a stocked key: its id, its secret. */
export const STOCKED_BYTES = KEY_ID_BYTES + SECRET_BYTES;

export const keyIdOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");

/** The bytes of a key's id; undefined for a text that is none. */
export function keyIdBytes(keyId: string): Uint8Array | undefined {
  const bytes = Buffer.from(keyId, "base64url");
  return bytes.length === KEY_ID_BYTES && keyIdOf(bytes) === keyId ? bytes : undefined;
}

/** A stocked key: its id, its secret. */
export const keyIn = (stocked: Uint8Array): DataKey => ({
  id: keyIdOf(stocked.subarray(0, KEY_ID_BYTES)),
  secret: stocked.slice(KEY_ID_BYTES, STOCKED_BYTES),
});
