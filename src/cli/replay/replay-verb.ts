// `scim-ledger replay`: history for whoever looks into an incident, from the files of a data folder or of a copy of one, or from
// the engines that the settings name. It opens them for reading alone.
import type { Command } from "commander";
import { DEFAULT_TENANT } from "../../access/tenant-name.ts";
import type { Io } from "../io.ts";
import { type ExitCode, Problem } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { sayCount } from "../units.ts";
import { type Cli, examples } from "../verb.ts";
import type { Given, Options } from "./given.ts";
import { openReplay } from "./open.ts";
import { timeAt } from "./place.ts";
import { type ReplayVerb, replayVerbs } from "./verbs.ts";
import { watched } from "./watched.ts";

export function addReplay(cli: Cli): void {
  const replay = cli.program
    .command("replay")
    .description(
      "look into history without a service, from a data folder, a copy of one, or the engines that the settings name; changes nothing",
    )
    .helpCommand(false)
    .addHelpText(
      "after",
      examples(
        "scim-ledger replay state users/<id> --at 2026-05-01T08:30:00Z --data ./copy",
        "scim-ledger replay trace --actor <credential> --from 2026-05-01T00:00:00Z",
        "scim-ledger replay revert-plan --request <id> --json",
      ),
    );
  for (const verb of replayVerbs) addVerb(replay, verb, cli);
}

function addVerb(
  replay: Command,
  { name, says, example, resource, options, after, work }: ReplayVerb,
  { io, ending }: Pick<Cli, "io" | "ending">,
): void {
  const command = common(replay.command(name).description(says)).addHelpText(
    "after",
    examples(`scim-ledger replay ${example}`),
  );
  if (resource !== undefined)
    command.argument(resource === "needed" ? "<resource>" : "[resource]", "users/<id> or groups/<id>");
  for (const option of options)
    if (option.required === true) command.requiredOption(option.flags, option.says);
    else command.option(option.flags, option.says);
  if (after !== undefined) command.addHelpText("after", after);
  command.action(
    ending((...given: unknown[]) => {
      const named = resource === undefined ? undefined : (given[0] as string | undefined);
      return run((given.at(-1) as Command).opts<Options>(), io, (ready) => work(ready, named));
    }),
  );
}

const common = (command: Command): Command =>
  command
    .option(
      "--data <folder>",
      "the data folder or a copy of it; without it, the log and the keys that the settings name",
    )
    .option("--tenant <tenant>", "whose history", DEFAULT_TENANT)
    .option("--base-url <url>", "how locations begin in what is shown", "http://localhost:3000")
    .option("--json", "print JSON for machines");

/** Opens the files, does the work, and closes them. */
async function run(options: Options, io: Io, work: (given: Given) => Promise<ExitCode>): Promise<ExitCode> {
  const replay = await openReplay(options.data, options.baseUrl, io);
  const progress = new ProgressLine(io, { what: "replaying", say: sayCount });
  try {
    if (!replay.tenants.includes(options.tenant))
      throw new Problem(
        `there is no tenant “${options.tenant}” in this history: ${replay.tenants.join(", ") || "it is empty"}`,
      );
    const end = await timeAt(replay, replay.through);
    io.err(
      `read from ${replay.name}, which ends at position ${replay.through} (${end}); such a reading is not recorded`,
    );
    return await work({
      replay: { ...replay, sources: watched(replay.sources, progress) },
      options,
      tenant: options.tenant,
      said: { io, json: options.json === true, progress },
    });
  } finally {
    progress.end();
    await replay.close();
  }
}
