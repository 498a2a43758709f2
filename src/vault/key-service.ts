// The port to whoever wraps the tenants' keys: the root key in a file, as here, or a key management service that never gives
// it away. A tenant's key passes through it once a process.

import { hkdfSync } from "node:crypto";
import { existsSync } from "node:fs";
import { makeRootKeyFile, readRootKeyFile } from "./root-key.ts";
import { unwrapKey, type Wrapped, wrapKey } from "./wrap.ts";

export interface KeyService {
  /** Tells this root key from any other, and nothing else of it: it is stored in clear beside what it wraps. */
  readonly fingerprint: string;
  wrap(key: Uint8Array, what: Wrapped): Uint8Array | Promise<Uint8Array>;
  /** Rejects with an Error where the key was wrapped by another, altered, or wrapped as something else. */
  unwrap(wrapped: Uint8Array, what: Wrapped): Uint8Array | Promise<Uint8Array>;
}

/** Opens the key service of a vault; of a new vault, it may be made. Throws an Error that says why it cannot be opened. */
export type OpenKeyService = (vault: "new" | "existing") => KeyService | Promise<KeyService>;

/** The root key in a file, made where the vault is new and there is none. */
export const rootKeyIn =
  (path: string): OpenKeyService =>
  (vault) => {
    if (vault === "existing" && !existsSync(path))
      throw new Error(`${path} is missing and the vault has a root key already: copy it from a node that has it`);
    makeRootKeyFile(path);
    return keyServiceOf(readRootKeyFile(path));
  };

const PURPOSE = "scim-ledger/root-key/fingerprint/v1";
const FINGERPRINT_BYTES = 8;

export const keyServiceOf = (rootKey: Uint8Array): KeyService => ({
  fingerprint: Buffer.from(hkdfSync("sha256", rootKey, new Uint8Array(), PURPOSE, FINGERPRINT_BYTES)).toString("hex"),
  wrap: (key, what) => wrapKey(rootKey, key, what),
  unwrap: (wrapped, what) => unwrapKey(rootKey, wrapped, what),
});
