// Ed25519 (RFC 8032) with keys as the 32 bytes that notes carry.
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

export const SEED_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** What stands before the key in PKCS #8 and SPKI (RFC 8410). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });

export const publicKeyOf = (seed: Uint8Array): Uint8Array =>
  createPublicKey(privateKeyOf(seed)).export({ format: "der", type: "spki" }).subarray(SPKI.length);

export const signWith = (seed: Uint8Array, message: string): Uint8Array =>
  sign(null, Buffer.from(message), privateKeyOf(seed));

/** False also for what is no key or no signature at all. */
export function verifyWith(publicKey: Uint8Array, message: string, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: "der", type: "spki" });
    return verify(null, Buffer.from(message), key, signature);
  } catch {
    return false;
  }
}
