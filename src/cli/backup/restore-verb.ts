// `scim-ledger restore`.
import { resolve } from "node:path";
import { ordinalOf } from "../../eventlog/event-log.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { dataFolderOf } from "../settings.ts";
import { sayBytes, sayCount } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { putBack, type Restored } from "./put-back.ts";

interface RestoreOptions {
  readonly from: string;
  readonly data?: string;
  readonly force?: true;
  readonly json?: true;
}

export function addRestore({ program, io, ending }: Cli): void {
  program
    .command("restore")
    .description("check a backup and put it into a data folder that no service holds")
    .requiredOption("--from <folder>", "the backup")
    .option("--data <folder>", "the data folder; without it, the setting SCIM_LEDGER_DATA")
    .option("--force", "move what the data folder holds aside, into a folder within it")
    .option("--json", "print what was done as JSON")
    .addHelpText("after", examples("scim-ledger restore --from /backups/2026-05-01 --data /var/lib/scim-ledger"))
    .addHelpText("after", exitCodes({ 0: "the data folder is ready to be served", 1: "nothing was changed, and why" }))
    .action(ending((options: RestoreOptions) => runRestore(options, io)));
}

async function runRestore(options: RestoreOptions, io: Io): Promise<ExitCode> {
  const data = dataFolderOf(options.data, io.env);
  const progress = new ProgressLine(io, { what: "Copying", say: sayBytes });
  try {
    const restored = await putBack(resolve(options.from), data, {
      force: options.force === true,
      onBytes: (copied, all) => progress.at(copied, all),
    });
    progress.end();
    if (options.json) io.out(JSON.stringify({ data, ...restored }, null, 2));
    else for (const line of report(data, restored)) io.out(line);
    return EXIT.ok;
  } finally {
    progress.end();
  }
}

function report(data: string, { manifest, erased, replaced }: Restored): readonly string[] {
  const { positions, time } = manifest;
  return [
    `${data} is as it was when the backup was taken at ${time}: ${sayCount(ordinalOf(positions.log))} events.`,
    ...(erased === 0 ? [] : [`Keys of ${sayCount(erased)} erased persons, which the log names, were destroyed again.`]),
    ...(replaced === undefined ? [] : [`What was there before is in ${replaced}.`]),
    "Tenants of whose ledger a later head was signed are read and not written, until “scim-ledger ledger accept-restore” says why.",
  ];
}
