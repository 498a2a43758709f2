// The keys of the cursors that clients walk lists with: made from what the vault has, so that nothing more is stored, and
// every node of the service has the same.
import { hkdfSync } from "node:crypto";
import type { KeyVault } from "./key-vault.ts";

const PURPOSE = "scim-ledger/cursor/v1";
const KEY_BYTES = 32;

/** The key of a tenant's cursors, 32 bytes; it tells nothing of the key that it was made from. */
export function cursorKeys(vault: Pick<KeyVault, "claimKey">): (tenant: string) => Promise<Uint8Array> {
  const known = new Map<string, Uint8Array>();
  return async (tenant) => {
    let key = known.get(tenant);
    if (key === undefined) {
      key = new Uint8Array(hkdfSync("sha256", await vault.claimKey(tenant), new Uint8Array(), PURPOSE, KEY_BYTES));
      known.set(tenant, key);
    }
    return key;
  };
}
