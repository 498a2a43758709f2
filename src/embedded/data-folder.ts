// The data folder of the embedded mode, held by one process at a time. The lock is a transaction that stays open: the
// system ends it with its process, however that dies.
import { readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { primaryCode, resultCode, SQLITE_BUSY } from "../sqlite/result-code.ts";
import { HOLDER_FILE, LOCK_FILE, takeFolder } from "./take-folder.ts";

/** The folder is another process's; the message names it. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

interface HeldBy {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  readonly url?: string;
}

export class DataFolder implements Disposable {
  readonly path: string;
  readonly #lock: DatabaseSync;
  readonly #since = new Date().toISOString();

  private constructor(path: string, lock: DatabaseSync) {
    this.path = path;
    this.#lock = lock;
  }

  /** Makes the folder where there is none (for its owner alone) and takes its lock. Throws FolderInUse, and an Error where it is of others or cannot be written. */
  static hold(path: string): DataFolder {
    takeFolder(path);
    const folder = new DataFolder(path, takeLock(path));
    folder.announce();
    return folder;
  }

  /** Says who holds the folder, and where it serves once that is known. */
  announce(url?: string): void {
    const holder: HeldBy = {
      pid: process.pid,
      host: hostname(),
      since: this.#since,
      ...(url === undefined ? {} : { url }),
    };
    writeFileSync(join(this.path, HOLDER_FILE), `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  }

  [Symbol.dispose](): void {
    this.#lock.close();
  }
}

function takeLock(path: string): DatabaseSync {
  const file = join(path, LOCK_FILE);
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file, { timeout: 0 });
    lock.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if (primaryCode(resultCode(error)) === SQLITE_BUSY) throw inUse(path);
    throw new Error(
      `${file} cannot be written (${(error as Error).message}): look at the rights, the mount and the free space of the data folder`,
      { cause: error },
    );
  }
}

/** Who last wrote that it holds the folder; undefined where nobody ever did. */
export function holderOf(path: string): HeldBy | undefined {
  try {
    return JSON.parse(readFileSync(join(path, HOLDER_FILE), "utf8")) as HeldBy;
  } catch {
    return undefined;
  }
}

function inUse(path: string): FolderInUse {
  const holder = holderOf(path);
  const who =
    holder === undefined
      ? "another process"
      : `process ${holder.pid} on ${holder.host}${holder.url === undefined ? "" : ` (${holder.url})`} since ${holder.since}`;
  return new FolderInUse(
    `the data folder ${path} is held by ${who}: stop that process, or name another folder with SCIM_LEDGER_DATA`,
  );
}
