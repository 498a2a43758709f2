// Takes a log as it is that is behind its last signed head.
import { existsSync } from "node:fs";
import { DataFolder, FolderInUse, holderOf } from "../../embedded/data-folder.ts";
import { openLedger } from "../../embedded/open-ledger.ts";
import { openStores } from "../../embedded/stores.ts";
import { systemClock } from "../../eventlog/clock.ts";
import { restoreBody } from "../../http/admin/fields.ts";
import { HeadFiles } from "../../ledger/file/head-files.ts";
import { pathOf } from "../inspect.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, misused, Problem } from "../problem.ts";
import { noLedger, tenantsOf } from "./offline-ledger.ts";

export interface AcceptOptions {
  readonly data: string;
  readonly folder: string;
  readonly tenant: string;
  readonly reason: string;
  readonly io: Io;
}

/** Throws a Problem, while the service runs one that says how else, and NothingToAccept. */
export async function acceptRestore({ data, folder, tenant, reason: given, io }: AcceptOptions): Promise<ExitCode> {
  const { reason } = restoreBody.safeParse({ reason: given }).data ?? {};
  if (reason === undefined) throw misused("--reason must be a text of 1 to 200 characters");
  if (!existsSync(pathOf(data, "log"))) throw new Problem(`${data} is no data folder: it has no event log`);
  const held = hold(data, tenant);
  try {
    const stores = await openStores(data, { ledgerFolder: folder });
    try {
      const clock = systemClock(await stores.readStore.effectiveAt(stores.visibility.position));
      const { checkpoints } = await openLedger(stores, { folder, clock });
      const tenants = await tenantsOf({ ledgers: stores.ledger, heads: new HeadFiles(folder) });
      if (!tenants.includes(tenant)) throw noLedger(tenant, tenants);
      const note = await checkpoints.acceptRestore(tenant, reason);
      io.out(`The log of “${tenant}” is taken as it is; its ledger goes on under this head:`);
      io.out(note.trimEnd());
      return EXIT.ok;
    } finally {
      await stores[Symbol.asyncDispose]();
    }
  } finally {
    held[Symbol.dispose]();
  }
}

function hold(data: string, tenant: string): DataFolder {
  try {
    return DataFolder.hold(data);
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    const { pid, url } = holderOf(data) ?? {};
    throw new Problem(
      `the data folder ${data} is held by process ${pid}: stop it first, or let it do this itself: POST ${url ?? "…"}/admin/v1/tenants/${tenant}/ledger/accept-restore with an administrator's token and {"reason": "…"}`,
    );
  }
}
