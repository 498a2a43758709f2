// The ledger of a data folder, of a running service or a stopped one, for reading.
import { existsSync } from "node:fs";
import { TenantLedger } from "../../audit/tenant-ledger.ts";
import { ledgerFolderOf } from "../../embedded/ledger-folder.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import { HeadFiles } from "../../ledger/file/head-files.ts";
import { KeyFile } from "../../ledger/file/key-file.ts";
import { Checkpoints } from "../../processes/checkpoints.ts";
import type { LedgerStore } from "../../readstore/ledger-store.ts";
import { SqliteReadStore } from "../../readstore/sqlite/sqlite-read-store.ts";
import type { Io } from "../io.ts";
import { Problem } from "../problem.ts";
import { dataFolderOf, settingsOf } from "../settings.ts";

export interface DataOptions {
  readonly data?: string;
}

export interface OfflineLedger extends AsyncDisposable {
  readonly ledger: TenantLedger;
  readonly ledgers: LedgerStore;
  readonly log: SqliteLogReader;
  readonly keys: KeyFile;
  readonly heads: HeadFiles;
}

/** The folder of the ledger's keys and heads. */
export const keyFolderOf = ({ data }: DataOptions, io: Io): string =>
  ledgerFolderOf(dataFolderOf(data, io.env), settingsOf(io.env).ledgerFolder);

/** Throws where there is no ledger in the folder yet. */
export async function openOffline(options: DataOptions, io: Io): Promise<OfflineLedger> {
  const data = dataFolderOf(options.data, io.env);
  if (!existsSync(data)) throw new Problem(`there is no data folder ${data}: name it with --data`);
  const keys = KeyFile.open(keyFolderOf(options, io));
  const heads = new HeadFiles(keyFolderOf(options, io));
  const log = new SqliteLogReader(data);
  const store = new SqliteReadStore(data);
  const refusing = {
    append: () => Promise.reject(new Error("the ledger of a data folder is read, not written")),
  };
  const checkpoints = new Checkpoints({ ledgers: store.ledger, ledgerLog: refusing, keys, heads });
  await checkpoints.inspect();
  const ledger = new TenantLedger({
    ledgers: store.ledger,
    log: {
      read: async (stream, after, limit) => log.read(stream, after, limit),
      readAt: async (positions) => log.readAt(positions),
    },
    namespace: log.namespace,
    keys,
    latest: (tenant) => checkpoints.latest(tenant),
    failure: (tenant) => checkpoints.failure(tenant),
  });
  return {
    ledger,
    ledgers: store.ledger,
    log,
    keys,
    heads,
    async [Symbol.asyncDispose]() {
      log.close();
      await store.close();
    },
  };
}

/** The tenants that have a ledger, in order. */
export const tenantsOf = async ({ ledgers, heads }: Pick<OfflineLedger, "ledgers" | "heads">): Promise<string[]> =>
  [...new Set([...(await ledgers.ledgerTenants()), ...heads.tenants()])].sort();

/** A Problem for whoever names a tenant without a ledger. */
export const noLedger = (tenant: string, tenants: readonly string[]): Problem =>
  new Problem(`there is no ledger of “${tenant}”; there are those of ${tenants.join(", ")}`);
