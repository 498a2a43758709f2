// The root key: what wraps every tenant's key. It lives beside the vault in a file of its own, and is backed up apart from it.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

export const ROOT_KEY_FILE = "root.key";

const KEY_BYTES = 32;

/** Reads the root key of a data folder. Throws an Error that says what is wrong with the file. */
export const readRootKey = (folder: string): Uint8Array => readRootKeyFile(join(folder, ROOT_KEY_FILE));

/** Makes the root key of a new vault in a data folder; a no-op where it exists. */
export const makeRootKey = (folder: string): void => makeRootKeyFile(join(folder, ROOT_KEY_FILE));

/** Reads a root key: 32 bytes in base64. Throws an Error that says what is wrong with the file. */
export function readRootKeyFile(path: string): Uint8Array {
  if (!existsSync(path)) throw new Error(`${path} is missing: without it the vault cannot be opened; restore it`);
  const text = readFileSync(path, "utf8");
  const key = Buffer.from(text, "base64");
  if (key.length !== KEY_BYTES || key.toString("base64") !== text.trim())
    throw new Error(`${path} does not hold ${KEY_BYTES} bytes in base64; restore it`);
  return new Uint8Array(key);
}

/** Makes a root key, readable by its owner alone, durable; a no-op where it exists. Of several at once one makes it. */
export function makeRootKeyFile(path: string): void {
  if (existsSync(path)) return;
  // A node's folder may be new: what fills the vault need not be the service.
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}.new`;
  writeFileSync(draft, `${randomBytes(KEY_BYTES).toString("base64")}\n`, { mode: 0o600, flag: "wx", flush: true });
  try {
    // Unlike a renaming, this replaces nothing.
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  syncFolder(dirname(path));
}

/** What was renamed or made in it is durable once this returns. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
