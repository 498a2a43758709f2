// `scim-ledger keys copy`.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { DataFolder } from "../../embedded/data-folder.ts";
import { ledgerFolderOf } from "../../embedded/ledger-folder.ts";
import type { Settings } from "../../settings/table.ts";
import { connectToKeys, type KeysInMongo } from "../../stores/open-keys.ts";
import { handBackLedger, takeOverLedger } from "../../stores/take-over-ledger.ts";
import { handBack } from "../../vault/mongodb/hand-back.ts";
import { type TakenOver, takeOver } from "../../vault/mongodb/take-over.ts";
import { VAULT_FILE } from "../../vault/sqlite/vault-file.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { settingsOf } from "../settings.ts";
import { sayMany } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";

interface CopyVerbOptions {
  readonly from?: string;
  readonly to?: string;
  readonly json?: true;
}

export function addKeys({ program, io, ending }: Cli): void {
  const keys = program.command("keys").description("work on the vault as a whole");
  keys
    .command("copy")
    .description(
      "copy the data keys of a data folder, and the keys and last heads of its ledger, into the vault in MongoDB that the settings name, or back",
    )
    .option("--from <folder>", "a data folder that no service uses, to copy from")
    .option("--to <folder>", "a data folder without a vault, to copy to what is in MongoDB")
    .option("--json", "print how many keys there are, as JSON")
    .addHelpText(
      "after",
      examples(
        "SCIM_LEDGER_KEYS=mongodb://db.example.com/keys scim-ledger keys copy --from ./data",
        "SCIM_LEDGER_KEYS=mongodb://db.example.com/keys scim-ledger keys copy --to ./data",
      ),
    )
    .addHelpText("after", exitCodes({ 0: "every key is there", 1: "they are not, and why" }))
    .addHelpText(
      "after",
      "\nThe ledger's folder is the one that SCIM_LEDGER_LEDGER_FOLDER names, or “ledger” in the data folder." +
        "\nStop every service first. The vault that is copied to must be a new one; one into which a copy broke off is begun anew." +
        "\nSCIM_LEDGER_ROOT_KEY names the file of the root key of MongoDB's vault; the data folder's is its own. A new vault's is" +
        "\nmade where there is none. The vault that was copied from stays as it is: destroy it once the other is in use, or its" +
        "\nkeys outlive every erasure.",
    )
    .action(ending((options: CopyVerbOptions) => runCopy(options, io)));
}

async function runCopy({ from, to, json }: CopyVerbOptions, io: Io): Promise<ExitCode> {
  if ((from === undefined) === (to === undefined))
    throw new Problem("say --from or --to: a data folder to copy from, or one to copy to", EXIT.misused);
  const settings = settingsOf(io.env);
  const folder = resolve((from ?? to)!);
  if (from !== undefined && !existsSync(join(folder, VAULT_FILE))) throw new Problem(`there is no vault in ${folder}`);
  const held = DataFolder.hold(folder);
  const progress = new ProgressLine(io, { what: "Copying", say: (keys) => sayMany(keys, "key") });
  try {
    const mongo = await connectToKeys(resolve(settings.data), settings);
    if (mongo === undefined)
      throw new Problem("the settings keep keys in files: name a MongoDB with SCIM_LEDGER_KEYS", EXIT.misused);
    try {
      const onProgress = (done: number, all: number) => progress.at(done, all);
      const copy = from === undefined ? copyBack : copyThere;
      const { tenants, keys } = await copy(folder, mongo, settings, onProgress).catch(refused);
      progress.end();
      const database = mongo.database.databaseName;
      const ends = from === undefined ? { from: database, to: folder } : { from: folder, to: database };
      io.out(
        json
          ? JSON.stringify({ ...ends, tenants, keys })
          : `${ends.to} holds the keys of ${ends.from}: ${sayMany(keys, "key")} of ${sayMany(tenants, "tenant")}.`,
      );
      return EXIT.ok;
    } finally {
      await mongo.close();
    }
  } finally {
    progress.end();
    held[Symbol.dispose]();
  }
}

type Copy = (
  folder: string,
  mongo: KeysInMongo,
  settings: Settings,
  onProgress: (done: number, all: number) => void,
) => Promise<TakenOver>;

const copyThere: Copy = (folder, mongo, { ledgerFolder }, onProgress) =>
  takeOver(folder, {
    ...mongo,
    onProgress,
    also: (service) => takeOverLedger(ledgerFolderOf(folder, ledgerFolder), mongo.database, service),
  });

const copyBack: Copy = (folder, mongo, { ledgerFolder }, onProgress) =>
  handBack(folder, {
    ...mongo,
    onProgress,
    also: (service) => handBackLedger(mongo.database, service, ledgerFolderOf(folder, ledgerFolder)),
  });

/** No service opens a vault that was copied in part, so a copy may always be started again. */
function refused(error: unknown): never {
  throw new Problem(`${error instanceof Error ? error.message : error}; a copy that broke off may be started again`);
}
