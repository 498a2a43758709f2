// `scim-ledger keys copy`.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { DataFolder } from "../../embedded/data-folder.ts";
import { ledgerFolderOf } from "../../embedded/open-ledger.ts";
import { connectToKeys } from "../../stores/open-keys.ts";
import { takeOverLedger } from "../../stores/take-over-ledger.ts";
import { takeOver } from "../../vault/mongodb/take-over.ts";
import { VAULT_FILE } from "../../vault/sqlite/vault-file.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { settingsOf } from "../settings.ts";
import { sayMany } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";

interface CopyVerbOptions {
  readonly from: string;
  readonly json?: true;
}

export function addKeys({ program, io, ending }: Cli): void {
  const keys = program.command("keys").description("work on the vault as a whole");
  keys
    .command("copy")
    .description(
      "copy the data keys of a data folder, and the keys and last heads of its ledger, into the vault in MongoDB that the settings name",
    )
    .requiredOption("--from <folder>", "a data folder that no service uses")
    .option("--json", "print how many keys there are, as JSON")
    .addHelpText(
      "after",
      examples("SCIM_LEDGER_KEYS=mongodb://db.example.com/keys scim-ledger keys copy --from ./data"),
    )
    .addHelpText("after", exitCodes({ 0: "every key is there", 1: "they are not, and why" }))
    .addHelpText(
      "after",
      "\nThe ledger is taken from the folder that SCIM_LEDGER_LEDGER_FOLDER names, or from “ledger” in the data folder." +
        "\nStop every service first. The vault that is copied to must be a new one; one into which a copy broke off is begun anew." +
        "\nSCIM_LEDGER_ROOT_KEY names the file of its root key, which may be another than the folder's and is made where there is" +
        "\nnone. The folder's vault stays as it is: destroy it once the other is in use, or its keys outlive every erasure.",
    )
    .action(ending((options: CopyVerbOptions) => runCopy(options, io)));
}

async function runCopy({ from, json }: CopyVerbOptions, io: Io): Promise<ExitCode> {
  const settings = settingsOf(io.env);
  const folder = resolve(from);
  if (!existsSync(join(folder, VAULT_FILE))) throw new Problem(`there is no vault in ${folder}`);
  const held = DataFolder.hold(folder);
  const progress = new ProgressLine(io, { what: "Copying", say: (keys) => sayMany(keys, "key") });
  try {
    const target = await connectToKeys(resolve(settings.data), settings);
    if (target === undefined)
      throw new Problem("the settings keep keys in files: name a MongoDB with SCIM_LEDGER_KEYS", EXIT.misused);
    try {
      const { tenants, keys } = await takeOver(folder, {
        ...target,
        onProgress: (done, all) => progress.at(done, all),
        also: (service) => takeOverLedger(ledgerFolderOf(folder, settings.ledgerFolder), target.database, service),
      }).catch(refused);
      progress.end();
      const report = { from: folder, to: target.database.databaseName, tenants, keys };
      io.out(
        json
          ? JSON.stringify(report)
          : `${report.to} holds the keys of ${folder}: ${sayMany(keys, "key")} of ${sayMany(tenants, "tenant")}.`,
      );
      return EXIT.ok;
    } finally {
      await target.close();
    }
  } finally {
    progress.end();
    held[Symbol.dispose]();
  }
}

/** Nothing that is half done is used: a copy may always be started again. */
function refused(error: unknown): never {
  throw new Problem(`${error instanceof Error ? error.message : error}; a copy that broke off may be started again`);
}
