// A start without a log would begin an empty one and set the read models back to it. Where something is left of a service that
// had a log, it is refused while nothing is written yet.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { logFile } from "../eventlog/sqlite/log-file.ts";
import { headsFolder } from "../ledger/file/head-files.ts";
import { viewsFile } from "../readstore/sqlite/views-file.ts";
import { VAULT_FILE } from "../vault/sqlite/vault-file.ts";
import { hasLog, hasTenants } from "./begun.ts";

/** Throws an Error where the log is missing of a folder that had one, or is none of ours. `ledger`: the folder of the ledger's heads. */
export function refuseLostLog(folder: string, ledger: string): void {
  // The log is begun before the rest: looked for last, it is not missed while another process makes its first start.
  const left = leftIn(folder, ledger);
  if (hasLog(folder) || left.length === 0) return;
  const path = logFile(folder);
  throw new Error(
    `${path} ${existsSync(path) ? "is empty" : "is missing"}, and there ${left.length === 1 ? "is" : "are"} ${left.join(" and ")} of a service that had a log; ` +
      "put it back, or restore a backup (scim-ledger restore --help); to begin a new log, move what is left away first",
  );
}

function leftIn(folder: string, ledger: string): readonly string[] {
  const left: string[] = [];
  if (hasTenants(folder)) left.push(join(folder, VAULT_FILE));
  if (existsSync(viewsFile(folder))) left.push(viewsFile(folder));
  if (hasFiles(headsFolder(ledger))) left.push(headsFolder(ledger));
  return left;
}

const hasFiles = (folder: string): boolean => existsSync(folder) && readdirSync(folder).length > 0;
