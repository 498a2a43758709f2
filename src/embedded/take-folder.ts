// Makes a folder the service's own, for its owner alone. What is somebody else's is left as it is: a mode that is taken from
// the folder of others, /tmp for one, may break a machine. Who made a folder its owner's alone may have put keys into it.
import { chmodSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { LOG_FILE } from "../eventlog/sqlite/log-file.ts";
import { viewsFile } from "../readstore/sqlite/views-file.ts";
import { ROOT_KEY_FILE } from "../vault/root-key.ts";
import { VAULT_FILE } from "../vault/sqlite/vault-file.ts";

export const LOCK_FILE = "lock.db";
export const HOLDER_FILE = "holder.json";

/** Each of them tells a folder of ours, a node's without files and a witness's too. */
const OURS: ReadonlySet<string> = new Set([
  LOCK_FILE,
  HOLDER_FILE,
  LOG_FILE,
  VAULT_FILE,
  ROOT_KEY_FILE,
  viewsFile(""),
  "first-tokens.txt",
  "witness.key",
]);
/** What a new file system has at its root. */
const OF_THE_SYSTEM = "lost+found";

const OWNERS_ALONE = 0o700;
const PERMISSIONS = 0o777;
const STICKY = 0o1000;
const NAMED = 3;

/** Makes the folder where there is none. Throws an Error where it is not for a service to have. */
export function takeFolder(path: string): void {
  makeFolder(path);
  const { mode } = statSync(path);
  if ((mode & STICKY) !== 0)
    throw new Error(
      `${path} is a folder that several share (mode ${(mode & (STICKY | PERMISSIONS)).toString(8)}), and a data folder is for its owner alone: name another one`,
    );
  if ((mode & PERMISSIONS) === OWNERS_ALONE) return;
  refuseStrangers(path, mode & PERMISSIONS);
  chmodSync(path, OWNERS_ALONE);
}

/** Not Node's recursive call: it calls a read-only place one that is not there, and never returns from below `/proc`. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: OWNERS_ALONE });
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    makeFolder(dirname(path));
    mkdirSync(path, { mode: OWNERS_ALONE });
  }
}

function refuseStrangers(path: string, mode: number): void {
  const names = readdirSync(path).filter((name) => name !== OF_THE_SYSTEM);
  if (names.length === 0 || names.some((name) => OURS.has(name))) return;
  const others = names.length > NAMED ? ` and ${names.length - NAMED} others` : "";
  throw new Error(
    `${path} is no data folder and is not empty, it holds ${names.slice(0, NAMED).join(", ")}${others}, and its mode is ${mode.toString(8)}: name an empty folder or a new one, or make it its owner's alone first (chmod 700)`,
  );
}
