// What a ledger has to take along from files into MongoDB, or back, or the tree goes on under other keys than those its heads
// were signed with.
import type { Db } from "mongodb";
import { parseCheckpoint } from "../ledger/checkpoint.ts";
import { HeadFiles } from "../ledger/file/head-files.ts";
import { keptIn, takeOverKeyFile } from "../ledger/file/key-file.ts";
import { HeadDocuments } from "../ledger/mongodb/head-documents.ts";
import { keptInDatabase, takeOverKeys, type Wrapping } from "../ledger/mongodb/key-document.ts";
import { parseNote } from "../ledger/signed-note.ts";
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

/** Hands them back; where the ledger never was in MongoDB there are none. Throws an Error where the folder has others, or later ones. */
export async function handBackLedger(database: Db, service: KeyService, folder: string): Promise<void> {
  const kept = await keptInDatabase(database, wrappingBy(service));
  if (kept === undefined) return;
  const from = await HeadDocuments.open(database);
  const to = new HeadFiles(folder);
  for (const tenant of to.tenants())
    if (sizeOf(to.last(tenant)!) > sizeOf(from.last(tenant)))
      throw new Error(`${folder} has a later head of the ledger of “${tenant}” than the database`);
  takeOverKeyFile(folder, kept);
  for (const tenant of from.tenants()) {
    to.keep(tenant, from.last(tenant)!);
    const cosigned = from.cosigned(tenant);
    if (cosigned !== undefined) to.keepCosigned(tenant, cosigned);
  }
}

const sizeOf = (note: string | undefined): number =>
  note === undefined ? 0 : parseCheckpoint(parseNote(note).text).size;
