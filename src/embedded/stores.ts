// The stores of the embedded mode: one folder, three files, two threads beside this one.
import { MessageChannel } from "node:worker_threads";
import type { EventLog } from "../eventlog/event-log.ts";
import { SqliteEventLog } from "../eventlog/sqlite/client.ts";
import { Visibility } from "../eventlog/visibility.ts";
import type { EndedLife } from "../projections/ended-lives.ts";
import type { LedgerStore } from "../readstore/ledger-store.ts";
import type { ReadStore } from "../readstore/read-store.ts";
import { SqliteReadStore } from "../readstore/sqlite/sqlite-read-store.ts";
import type { KeyVault } from "../vault/key-vault.ts";
import { openSqliteVault } from "../vault/sqlite/vault.ts";
import { ledgerFolderOf } from "./ledger-folder.ts";
import { refuseLostLog } from "./lost-log.ts";
import { refuseUnfitVault } from "./unfit-vault.ts";
import { Writer, type WriterOptions } from "./writer.ts";

export interface Stores extends AsyncDisposable {
  readonly log: EventLog;
  readonly vault: KeyVault;
  readonly readStore: ReadStore;
  readonly ledger: LedgerStore;
  readonly visibility: Visibility;
  readonly namespace: string;
  /** Why the last append could not be written; undefined once one was. */
  writeFailure(): string | undefined;
  /** Called with users and groups that ceased to exist, once that is visible. */
  onEnded(listener: (ended: EndedLife) => void): void;
  /** Keeps a file from growing beyond so many pages, as a full disk would. */
  limitPages(file: "log" | "views", pages: number): void;
}

export interface StoresOptions extends WriterOptions {
  /** Of a log that is made now, the first part of its streams' names; a log that is there must have it. */
  readonly namespace?: string;
  /** Of the ledger's keys and heads; without it, the one within the data folder. */
  readonly ledgerFolder?: string;
  /** How long an answer waits for the read models, ms. */
  readonly visibilityMs?: number;
  /** Page cache of each connection to the read models. */
  readonly cacheMegabytes?: number;
  /** The URI of the SCIM service, without a slash at its end: what filters on locations and references compare. */
  readonly baseUrl?: string;
  /** Off: the log is opened without `appendAtomically`. */
  readonly atomic?: boolean;
  /** Told how many appends were answered together. */
  readonly onBatch?: (appends: number) => void;
}

const VISIBILITY_MS = 15_000;
const CACHE_MEGABYTES = 32;

/** Opens or makes the stores; resolves when the read models have caught up. The folder must be held by this process. Throws an Error that says why not. */
export async function openStores(folder: string, options: StoresOptions = {}): Promise<Stores> {
  refuseLostLog(folder, ledgerFolderOf(folder, options.ledgerFolder));
  refuseUnfitVault(folder);
  return openFitting(folder, options);
}

/** The same, of files that are known to belong together. */
export async function openFitting(folder: string, options: StoresOptions): Promise<Stores> {
  const { namespace, visibilityMs = VISIBILITY_MS, cacheMegabytes = CACHE_MEGABYTES } = options;
  const vault = await openSqliteVault(folder);
  const { port1, port2 } = new MessageChannel();
  const named = namespace === undefined ? {} : { namespace };
  const writer = new Writer({ folder, ...named, cacheMegabytes, logPort: port2 }, options);
  let visibility: Visibility;
  try {
    visibility = new Visibility(await writer.ready, visibilityMs);
  } catch (error) {
    await vault.close();
    throw error;
  }
  writer.show(visibility);
  const log = await SqliteEventLog.open(folder, port1, {
    atomic: options.atomic ?? true,
    ...(options.onBatch === undefined ? {} : { onBatch: options.onBatch }),
  });
  const readStore = new SqliteReadStore(folder, {
    cacheMegabytes,
    ...(options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl }),
  });
  return {
    log,
    vault,
    readStore,
    ledger: readStore.ledger,
    visibility,
    namespace: log.namespace,
    writeFailure: () => log.writeFailure,
    onEnded: (listener) => writer.onEnded(listener),
    limitPages: (file, pages) => writer.limitPages({ file, pages }),
    async [Symbol.asyncDispose]() {
      // Who writes a file closes it last: then nothing is left in its write-ahead log.
      await readStore.close();
      await log.close();
      await writer.ended;
      await vault.close();
    },
  };
}
