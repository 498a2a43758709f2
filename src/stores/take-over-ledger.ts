// What a ledger in files has to take along into MongoDB, or the tree goes on under other keys than those its heads were signed with.
import type { Db } from "mongodb";
import { HeadFiles } from "../ledger/file/head-files.ts";
import { keptIn } from "../ledger/file/key-file.ts";
import { HeadDocuments } from "../ledger/mongodb/head-documents.ts";
import { takeOverKeys, type Wrapping } from "../ledger/mongodb/key-document.ts";
import type { KeyService } from "../vault/key-service.ts";

/** The root key wraps the signing keys. */
export const wrappingBy = (service: KeyService): Wrapping => ({
  wrap: (secret, name) => service.wrap(secret, ["ledger key", name]),
  unwrap: (wrapped, name) => service.unwrap(wrapped, ["ledger key", name]),
});

/** Takes signing keys and last heads over from the ledger's folder. Throws an Error where others are there already. */
export async function takeOverLedger(folder: string, database: Db, service: KeyService): Promise<void> {
  await takeOverKeys(database, keptIn(folder), wrappingBy(service));
  const from = new HeadFiles(folder);
  const to = await HeadDocuments.open(database);
  for (const tenant of from.tenants()) {
    await to.keep(tenant, from.last(tenant)!);
    const cosigned = from.cosigned(tenant);
    if (cosigned !== undefined) await to.keepCosigned(tenant, cosigned);
  }
}
