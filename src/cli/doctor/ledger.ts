// Checks of the ledger's keys and last heads: a tenant whose last head they do not bear out is read and not written.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ledgerFolderOf } from "../../embedded/ledger-folder.ts";
import { ordinalOf } from "../../eventlog/event-log.ts";
import { HeadFiles } from "../../ledger/file/head-files.ts";
import { KEY_FILE, KeyFile } from "../../ledger/file/key-file.ts";
import { lastHeadOf } from "../../processes/last-heads.ts";
import type { LedgerStore } from "../../readstore/ledger-store.ts";
import { SqliteReadStore } from "../../readstore/sqlite/sqlite-read-store.ts";
import { keysIn, type Settings } from "../../settings/table.ts";
import { checkpointOf, extentOf, looking } from "../inspect.ts";
import { sayMany } from "../units.ts";
import { type Check, type Finding, ok, problem, warning } from "./check.ts";

export const ledger: readonly Check[] = [
  {
    name: "ledger",
    of: "data folder",
    find: ({ folder, settings }) => {
      if (settings === undefined) return warning("not looked at, as a setting is wrong", "set the settings right");
      if (isInMongo(settings)) return ok("its keys and heads are in MongoDB");
      return findIn(folder, ledgerFolderOf(folder, settings.ledgerFolder));
    },
  },
];

const isInMongo = (settings: Settings): boolean =>
  settings.readStore.engine === "mongodb" || keysIn(settings) === "mongodb";

async function findIn(data: string, folder: string): Promise<Finding> {
  const hasKeys = existsSync(join(folder, KEY_FILE));
  const behind = eventsBehind(data);
  if (hasKeys && behind !== 0)
    return ok("its keys are there; its heads are held to the log by the next start, once the read models are level");
  if (behind === undefined)
    return warning(
      `${join(folder, KEY_FILE)} is missing, and without log and read models nobody can tell whether it ever was there`,
      "see to these first",
    );
  const store = new SqliteReadStore(data);
  try {
    return await (hasKeys ? findHeads : findWithoutKeys)(folder, store.ledger);
  } finally {
    await store.close();
  }
}

/** By which the read models lack the end of the log; undefined where one of them cannot be read. */
function eventsBehind(data: string): number | undefined {
  try {
    const { head } = looking(data, "log", extentOf);
    return Math.max(0, head - ordinalOf(looking(data, "views", checkpointOf)));
  } catch {
    return undefined;
  }
}

async function findWithoutKeys(folder: string, ledgers: LedgerStore): Promise<Finding> {
  const path = join(folder, KEY_FILE);
  const heads = await Promise.all((await ledgers.ledgerTenants()).map((tenant) => ledgers.ledgerHead(tenant)));
  const signed = heads.filter((head) => head?.note !== undefined).length;
  if (signed === 0) return ok("nothing was signed yet; the next start makes the keys");
  return problem(
    `${path} is missing, and the log has heads of ${sayMany(signed, "tree")} that its keys signed: a start makes other keys, and every write is refused`,
    "put it back from a backup before the next start (SCIM_LEDGER_LEDGER_FOLDER, if the ledger is elsewhere); if there is none, start and say why: scim-ledger ledger accept-restore --help",
  );
}

async function findHeads(folder: string, ledgers: LedgerStore): Promise<Finding> {
  const keys = KeyFile.open(folder);
  const heads = new HeadFiles(folder);
  const tenants = [...new Set([...(await ledgers.ledgerTenants()), ...heads.tenants()])];
  const failures: string[] = [];
  for (const tenant of tenants) {
    const { failure } = await lastHeadOf(tenant, { ledgers, keys, heads });
    if (failure !== undefined) failures.push(`${tenant}: ${failure}`);
  }
  if (failures.length === 0) return ok(`the log bears out the last heads of ${sayMany(tenants.length, "tree")}`);
  return problem(
    `what is not written, and why: ${failures.join("; ")}`,
    `if ${folder} or the log was replaced, put back the one that belongs to the other; or say why it stays so: scim-ledger ledger accept-restore --help`,
  );
}
