// Wraps one key by another: AES-256-GCM, the wrapped key's purpose and owner as AAD, so that none can stand in for another.
import { createCipheriv, createDecipheriv, randomFillSync } from "node:crypto";

const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
export const WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/**
 * What a wrapped key is and whose. Data keys are wrapped by the tenant's key, as is its claim key; that by the root key, as is
 * the key that signs a ledger's heads where it is stored for several nodes.
 */
export type Wrapped =
  | readonly ["tenant key" | "claim key", tenant: string]
  | readonly ["ledger key", name: string]
  | readonly ["data key", tenant: string, keyId: string];

/** Nonce (12 bytes) ‖ wrapped key (32) ‖ tag (16). */
export function wrapKey(wrapping: Uint8Array, key: Uint8Array, what: Wrapped): Uint8Array {
  const wrapped = new Uint8Array(WRAPPED_BYTES);
  const nonce = randomFillSync(wrapped.subarray(0, NONCE_BYTES));
  const cipher = createCipheriv("aes-256-gcm", wrapping, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(what));
  wrapped.set(cipher.update(key), NONCE_BYTES);
  cipher.final();
  wrapped.set(cipher.getAuthTag(), NONCE_BYTES + KEY_BYTES);
  return wrapped;
}

/** Throws an Error where the wrapping key is another one or the wrapped key was altered or moved. */
export function unwrapKey(wrapping: Uint8Array, wrapped: Uint8Array, what: Wrapped): Uint8Array {
  const tagAt = wrapped.length - TAG_BYTES;
  try {
    const cipher = createDecipheriv("aes-256-gcm", wrapping, wrapped.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(additionalData(what)).setAuthTag(wrapped.subarray(tagAt));
    const key = new Uint8Array(cipher.update(wrapped.subarray(NONCE_BYTES, tagAt)));
    cipher.final();
    return key;
  } catch (cause) {
    throw new Error(`the vault's ${what.slice(0, 2).join(" of ")} was altered, or wrapped by another key`, { cause });
  }
}

const additionalData = (what: Wrapped): Uint8Array => Buffer.from(["scim-ledger/vault/v1", ...what].join("\0"));
