// Takes a consistent set of log, read models, vault and root key, while a server writes or not. The order is the point:
// decision 0074.
import { chmodSync, closeSync, copyFileSync, existsSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { LEDGER_FOLDER } from "../../embedded/ledger-folder.ts";
import { KEY_FILE } from "../../ledger/file/key-file.ts";
import { packageVersion } from "../../package-version.ts";
import { ROOT_KEY_FILE, readRootKey } from "../../vault/root-key.ts";
import { isWithin, namesIn, sync } from "../files.ts";
import { checkpointOf, looking, pathOf, STORE_FILES, type StoreFile } from "../inspect.ts";
import { Problem } from "../problem.ts";
import { describeFile, type Manifest, makeManifest, writeManifest } from "./manifest.ts";
import { verifySet } from "./verify-set.ts";

/** Read models first, so that they are not ahead of the log; the vault last, so that it has every key that the log names. */
const ORDER: readonly StoreFile[] = ["views", "log", "vault"];

/** SQLite pages copied between two looks at anything else. */
const PAGES_A_STEP = 512;

/** Told how many bytes of all are copied. */
export type OnBytes = (copied: number, all: number) => void;

/** Resolves once the backup is whole, checked and durable; what it wrote is taken away where it fails. */
export async function takeBackup(data: string, to: string, onBytes: OnBytes = () => {}): Promise<Manifest> {
  refuseTarget(data, to);
  readRootKey(data);
  const files = ORDER.filter((file) => file !== "views" || hasViews(data));
  const target = resolve(to);
  mkdirSync(target, { recursive: true, mode: 0o700 });
  chmodSync(target, 0o700);
  try {
    return await copySet(data, target, files, onBytes);
  } catch (error) {
    for (const name of namesIn(target)) rmSync(join(target, name), { force: true });
    throw error;
  }
}

function refuseTarget(data: string, to: string): void {
  if (!namesIn(data).includes(STORE_FILES.log.name))
    throw new Problem(`${data} is no data folder: it has no event log`);
  if (namesIn(to).length > 0) throw new Problem(`${to} is not empty: name a folder of its own for each backup`);
  if (isWithin(data, to)) throw new Problem(`${to} is inside the data folder ${data}`);
}

/** Read models that are missing, damaged or of another version are built anew by a start: they are left out. */
function hasViews(data: string): boolean {
  try {
    looking(data, "views", checkpointOf);
    return true;
  } catch {
    return false;
  }
}

async function copySet(data: string, target: string, files: readonly StoreFile[], onBytes: OnBytes): Promise<Manifest> {
  const time = new Date().toISOString();
  const sizes = files.map((file) => looking(data, file, bytesOf));
  const all = sizes.reduce((sum, bytes) => sum + bytes, 0);
  let before = 0;
  for (const [index, file] of files.entries()) {
    await copyStore(data, target, file, (share) => onBytes(before + share * sizes[index]!, all));
    before += sizes[index]!;
  }
  copyFileSync(join(data, ROOT_KEY_FILE), join(target, ROOT_KEY_FILE));
  // The heads that were signed are not copied: what is put back must not say that nothing came after it.
  const ledgerKeys = join(data, LEDGER_FOLDER, KEY_FILE);
  const hasLedgerKeys = existsSync(ledgerKeys);
  if (hasLedgerKeys) copyFileSync(ledgerKeys, join(target, KEY_FILE));
  const names = [...files.map((file) => STORE_FILES[file].name), ROOT_KEY_FILE, ...(hasLedgerKeys ? [KEY_FILE] : [])];
  for (const name of names) {
    chmodSync(join(target, name), 0o600);
    sync(join(target, name));
  }
  const positions = verifySet(target, files);
  const described = await Promise.all(names.map((name) => describeFile(target, name)));
  const manifest = makeManifest({ version: packageVersion(), time, source: data, positions, files: described });
  writeManifest(target, manifest);
  sync(target);
  sync(resolve(target, ".."));
  return manifest;
}

function bytesOf(database: DatabaseSync): number {
  const pragma = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()![name]);
  return pragma("page_count") * pragma("page_size");
}

/** `onShare` is told which share of the file is copied, 0 to 1. */
async function copyStore(
  data: string,
  target: string,
  file: StoreFile,
  onShare: (share: number) => void,
): Promise<void> {
  const source = STORE_FILES[file].open(data);
  const path = pathOf(target, file);
  closeSync(openSync(path, "wx", 0o600));
  try {
    // One snapshot for all steps: without it every commit of a running server would start the copy over.
    source.exec("BEGIN");
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    await backup(source, path, {
      rate: PAGES_A_STEP,
      progress: ({ totalPages, remainingPages }) => onShare(1 - remainingPages / totalPages),
    });
    onShare(1);
  } finally {
    source.close();
  }
  standAlone(path);
}

/** A copy says of itself that it has a write-ahead log, as its source has: from here on it is one file that nobody writes. */
function standAlone(path: string): void {
  const copy = new DatabaseSync(path);
  try {
    copy.exec("PRAGMA journal_mode = DELETE");
  } finally {
    copy.close();
  }
}
