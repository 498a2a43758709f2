// A vault from a backup may still hold keys that the log says were destroyed: they are destroyed again.
import { destructionsIn } from "../../embedded/destructions.ts";
import { VaultKeeper } from "../../vault/sqlite/keeper.ts";

/** Destroys in a folder's vault every key that its log says was destroyed; returns how many persons were erased. */
export function applyErasures(folder: string): number {
  const { erased, keysOf } = destructionsIn(folder);
  if (keysOf.size === 0) return 0;
  const vault = new VaultKeeper(folder);
  try {
    for (const [tenant, keys] of keysOf) vault.destroy(tenant, keys);
  } finally {
    vault.close();
  }
  return erased;
}
