// A start on a log without its vault would make a new one: nobody in the log could be read or changed any more, and every name
// could be claimed a second time. It is refused while nothing is written yet.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ordinalOf } from "../eventlog/event-log.ts";
import { logFile } from "../eventlog/sqlite/log-file.ts";
import { SqliteLogReader } from "../eventlog/sqlite/reader.ts";
import { viewsFile } from "../readstore/sqlite/views-file.ts";
import { namingDamage } from "../sqlite/damaged-file.ts";
import { openVaultForReading, VAULT_FILE } from "../vault/sqlite/vault-file.ts";
import { hasLog, hasTenants } from "./begun.ts";
import { keyStates, sampleOf } from "./known-keys.ts";

const WHAT_TO_DO =
  "; put back the one that was written with this log, or restore a backup (scim-ledger restore --help)";

/** Throws an Error where the log of a folder has events, and the vault is missing or is not the one that they were sealed with. */
export function refuseUnfitVault(folder: string): void {
  const path = join(folder, VAULT_FILE);
  const events = eventsIn(folder);
  if (hasTenants(folder)) {
    if (events > 0) refuseUnknownKeys(folder, path);
    return;
  }
  const lack = existsSync(path) ? "holds no keys" : "is missing";
  if (events > 0)
    throw new Error(
      `${path} ${lack}, and no personal value in the ${events} events of ${logFile(folder)} can be read without it${WHAT_TO_DO}`,
    );
  if (existsSync(viewsFile(folder)))
    throw new Error(`${path} ${lack}, and ${viewsFile(folder)} is of a service that had one${WHAT_TO_DO}`);
}

function eventsIn(folder: string): number {
  if (!hasLog(folder)) return 0;
  return namingDamage(logFile(folder), () => {
    const log = new SqliteLogReader(folder);
    try {
      return ordinalOf(log.head());
    } finally {
      log.close();
    }
  });
}

function refuseUnknownKeys(folder: string, path: string): void {
  const events = namingDamage(logFile(folder), () => sampleOf(folder));
  const vault = openVaultForReading(folder);
  try {
    const states = namingDamage(path, () => [...keyStates(folder, vault, events).values()]);
    const unknown = states.filter((state) => state === "unknown").length;
    if (unknown === 0) return;
    throw new Error(
      `${path} lacks ${unknown} of the keys that events of ${logFile(folder)} name: it is older than this log, or of another service${WHAT_TO_DO}`,
    );
  } finally {
    vault.close();
  }
}
