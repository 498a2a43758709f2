// Every node must have the same keys: what one seals the others open, and a name that one claims the others find claimed.
import { createHmac } from "node:crypto";
import type { Db } from "mongodb";
import type { KeyVault } from "../vault/key-vault.ts";

interface KeysDocument {
  readonly _id: "keys";
  readonly fingerprint: string;
}

const PURPOSE = "scim-ledger/keys-fingerprint/v1";
/** Every service has it. */
const TENANT = "_system";

/** Throws an Error where the nodes that came before had other keys. The first node's are those of all. */
export async function refuseOtherKeys(
  database: Db,
  vault: Pick<KeyVault, "claimKey" | "prepareTenant">,
): Promise<void> {
  await vault.prepareTenant(TENANT);
  const fingerprint = createHmac("sha256", await vault.claimKey(TENANT))
    .update(PURPOSE)
    .digest("base64url");
  const documents = database.collection<KeysDocument>("nodes");
  const found = await documents.findOneAndUpdate(
    { _id: "keys" },
    { $setOnInsert: { fingerprint } },
    { upsert: true, returnDocument: "after" },
  );
  if (found?.fingerprint !== fingerprint)
    throw new Error(
      "the keys of this node are not those of the nodes before it: all must have one vault and one root key " +
        "(SCIM_LEDGER_KEYS, SCIM_LEDGER_ROOT_KEY)",
    );
}
