// The keys that the settings name, or those in a folder, opened for reading alone: what is not there is not made.
import { resolve } from "node:path";
import type { FindKey } from "../eventlog/codec.ts";
import { keysIn, type Settings } from "../settings/table.ts";
import { connectToKeys } from "../stores/open-keys.ts";
import { openMongoVault } from "../vault/mongodb/vault.ts";
import { openVaultReadOnly } from "../vault/sqlite/vault.ts";
import { Problem } from "./problem.ts";

export interface ReadKeys {
  readonly findKey: FindKey;
  close(): Promise<void>;
}

/** Throws where there are none, or none that this node's root key opens. */
export async function openKeysToRead(settings: Settings): Promise<ReadKeys> {
  const data = resolve(settings.data);
  if (keysIn(settings) === "file") return keysInFolder(data);
  const { database, openService, close } = (await connectToKeys(data, settings))!;
  try {
    const vault = await openMongoVault({
      database,
      openService: async (state) => {
        if (state === "new") throw new Problem(`there is no vault in the database ${database.databaseName}`);
        return openService(state);
      },
    });
    return {
      findKey: (tenant, keyId) => vault.open(tenant, keyId),
      close: async () => {
        await vault.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export function keysInFolder(folder: string): ReadKeys {
  const vault = openVaultReadOnly(folder);
  return { findKey: (tenant, keyId) => vault.open(tenant, keyId), close: async () => vault.close() };
}
