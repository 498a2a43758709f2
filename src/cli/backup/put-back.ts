// Puts a backup into a data folder. Everything is copied, checked and cleared of erased keys beside its place; then a few
// renames, each of which leaves a folder that a start can use or refuses.
import { constants, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { DataFolder } from "../../embedded/data-folder.ts";
import { LEDGER_FOLDER } from "../../embedded/ledger-folder.ts";
import { HOLDER_FILE, LOCK_FILE } from "../../embedded/take-folder.ts";
import { KEY_FILE } from "../../ledger/file/key-file.ts";
import { ROOT_KEY_FILE } from "../../vault/root-key.ts";
import { isWithin, namesIn, sync } from "../files.ts";
import { STORE_FILES, type StoreFile } from "../inspect.ts";
import { Problem } from "../problem.ts";
import { applyErasures } from "./erasures.ts";
import { type BackedUpFile, checkFile, type Manifest, readManifest } from "./manifest.ts";
import { tracesOf } from "./traces.ts";
import { verifySet } from "./verify-set.ts";

/** A start refuses a vault without its log, and builds read models that are missing. */
const ORDER = [ROOT_KEY_FILE, STORE_FILES.vault.name, STORE_FILES.log.name, STORE_FILES.views.name];
const NEEDED = [ROOT_KEY_FILE, STORE_FILES.vault.name, STORE_FILES.log.name];

const STAGE = "restoring";
const REPLACED = "replaced-";

export interface Restored {
  readonly manifest: Manifest;
  /** Persons whose keys the log says were destroyed. */
  readonly erased: number;
  /** Where the former content went. */
  readonly replaced?: string;
}

export interface PutBackOptions {
  /** Whether the data folder's content may be moved aside. */
  readonly force: boolean;
  /** Told how many bytes of all are copied. */
  readonly onBytes?: (copied: number, all: number) => void;
}

/** Throws FolderInUse, and a Problem that says why nothing was changed. */
export async function putBack(from: string, data: string, options: PutBackOptions): Promise<Restored> {
  const manifest = readManifest(from);
  refuseIncomplete(from, manifest);
  if (isWithin(from, data))
    throw new Problem(`${data} is inside the backup ${from}, which stays as it is: name another data folder`);
  const isDataFolder = existsSync(join(data, LOCK_FILE)) || existsSync(join(data, STORE_FILES.log.name));
  if (!isDataFolder && contentOf(data).length > 0)
    throw new Problem(`${data} is not empty and is no data folder: name an empty or a new one`);
  const removeTraces = tracesOf(resolve(data));
  const held = DataFolder.hold(resolve(data));
  let isDone = false;
  try {
    if (contentOf(data).length > 0 && !options.force)
      throw new Problem(`${data} is not empty: name another folder with --data, or --force to move its content aside`);
    const restored = await replace(from, data, manifest, options.onBytes);
    isDone = true;
    return restored;
  } finally {
    rmSync(join(data, STAGE), { recursive: true, force: true });
    if (!isDone) removeTraces();
    held[Symbol.dispose]();
  }
}

async function replace(
  from: string,
  data: string,
  manifest: Manifest,
  onBytes: PutBackOptions["onBytes"],
): Promise<Restored> {
  const stage = join(data, STAGE);
  rmSync(stage, { recursive: true, force: true });
  await copyTo(stage, from, manifest, onBytes);
  verifySet(stage, storesOf(manifest));
  const erased = applyErasures(stage);
  const replaced = moveAside(data);
  for (const name of ORDER) {
    if (!existsSync(join(stage, name))) continue;
    sync(join(stage, name));
    renameSync(join(stage, name), join(data, name));
  }
  putKeysBack(stage, data);
  sync(data);
  return { manifest, erased, ...(replaced === undefined ? {} : { replaced }) };
}

/** The ledger's keys, where the folder has none: those that are there are newer. */
function putKeysBack(stage: string, data: string): void {
  const folder = join(data, LEDGER_FOLDER);
  if (!existsSync(join(stage, KEY_FILE)) || existsSync(join(folder, KEY_FILE))) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  sync(join(stage, KEY_FILE));
  renameSync(join(stage, KEY_FILE), join(folder, KEY_FILE));
  sync(folder);
}

function refuseIncomplete(from: string, { files }: Manifest): void {
  const missing = NEEDED.filter((name) => !files.some((file) => file.name === name));
  if (missing.length > 0) throw new Problem(`the backup in ${from} lacks ${missing.join(", ")}`);
}

/** What is in a data folder besides the lock and what a former restore left. */
const contentOf = (data: string): readonly string[] =>
  namesIn(data).filter((name) => !isOurOwn(name) && name !== STAGE && !name.startsWith(REPLACED));

/**
 * The lock's files stay, as this process holds them, and the ledger's keys and heads: they tell that the log was set back.
 * The last is what a new file system has at its root.
 */
const isOurOwn = (name: string): boolean =>
  name.startsWith(LOCK_FILE) || name === HOLDER_FILE || name === LEDGER_FOLDER || name === "lost+found";

const storesOf = ({ files }: Manifest): readonly StoreFile[] =>
  (["views", "log", "vault"] as const).filter((store) => files.some(({ name }) => name === STORE_FILES[store].name));

/** The copies are checked, not the originals: what is read once is what is used. */
async function copyTo(stage: string, from: string, { files }: Manifest, onBytes: PutBackOptions["onBytes"]) {
  mkdirSync(stage, { mode: 0o700 });
  const wanted = files.filter(({ name }) => ORDER.includes(name) || name === KEY_FILE);
  const all = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  let copied = 0;
  for (const file of wanted) {
    copyOne(from, stage, file);
    await checkFile(stage, file);
    copied += file.bytes;
    onBytes?.(copied, all);
  }
}

function copyOne(from: string, stage: string, { name }: BackedUpFile): void {
  const source = join(from, name);
  if (!existsSync(source)) throw new Problem(`${source} is missing, and the manifest lists it`);
  copyFileSync(source, join(stage, name), constants.COPYFILE_FICLONE);
}

/** Within the data folder, as that may be a file system of its own. */
function moveAside(data: string): string | undefined {
  const old = contentOf(data);
  if (old.length === 0) return undefined;
  const aside = join(data, REPLACED + new Date().toISOString().replaceAll(":", "-"));
  mkdirSync(aside, { mode: 0o700 });
  for (const name of old) renameSync(join(data, name), join(aside, name));
  sync(aside);
  return aside;
}
