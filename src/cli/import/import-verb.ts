// `scim-ledger import`: users and groups from a SCIM server, or a file, into a SCIM server.
import { type Command, Option } from "commander";
import { countOption, durationOption, percentOption } from "../option-values.ts";
import { tokenVariable } from "../scim-client/connection.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { MATCH_MODES } from "./core/match.ts";
import { type ImportOptions, runImport } from "./run-import.ts";

export function addImport({ program, io, ending }: Cli): void {
  const command = program
    .command("import")
    .description("move users and groups from a SCIM server, or from a file, into a SCIM server such as this one")
    .option("--from <url>", "the SCIM base URL of the source")
    .option("--file <file>", "an export instead of a server: NDJSON, gzip where the name ends in .gz")
    .requiredOption("--to <url>", "the SCIM base URL of the target");
  tokenOptions(command, "from");
  tokenOptions(command, "to");
  command
    .option("--dry-run", "read both, write nothing, and say what would be done")
    .addOption(new Option("--only <kind>", "users or groups alone").choices(["users", "groups"]))
    .option("--filter <filter>", "only users of the source that fulfil it; groups, with --only groups")
    .addOption(
      new Option("--match <how>", "by what people who are there already are known")
        .choices(MATCH_MODES)
        .default("both"),
    )
    .option("--exact", "also clear and remove at the target what the source does not have, of everyone who is moved")
    .option("--state <file>", "where the import keeps its state; without it, a file of this folder")
    .option("--watch <interval>", "do the same again and again, such as 15m, until SIGTERM", durationOption)
    .option("--deactivate-missing", "disable users whom an earlier pass saw and the source does not have any more")
    .addOption(
      new Option("--at-most <share>", "disable nobody where more than this share is missing")
        .argParser(percentOption)
        .default(0.1, "10%"),
    )
    .option("--page-size <count>", "resources on a page of the source", countOption(10_000), 200)
    .option("--concurrency <count>", "requests at a time", countOption(64), 8)
    .option("--allow-plain-http", "accept http:// beyond this machine")
    .option("--json", "print progress, problems and the summary as lines of JSON")
    .addHelpText(
      "after",
      examples(
        `export ${tokenVariable("from")}=… ${tokenVariable("to")}=scl_…`,
        "scim-ledger import --from https://old.example.com/scim/v2 --to http://127.0.0.1:3000/scim/v2 --dry-run",
        "scim-ledger import --from https://old.example.com/scim/v2 --to http://127.0.0.1:3000/scim/v2",
        "scim-ledger import --file users.ndjson.gz --to http://127.0.0.1:3000/scim/v2 --to-token-file token.txt",
        "scim-ledger import --from … --to … --watch 15m --deactivate-missing --at-most 5%",
      ),
    )
    .addHelpText("after", HOW_PEOPLE_ARE_KNOWN)
    .addHelpText(
      "after",
      exitCodes({
        0: "all that the source has is at the target; or a watch was asked to end",
        1: "some were skipped or failed, and why; or it could not go on, and does when it is run again",
        2: "it could not run: the command line, or a server that does not answer or refuses its token",
        130: "it was asked to end (SIGTERM, SIGINT), and goes on when it is run again",
      }),
    )
    .action(ending((options: ImportOptions) => runImport(options, io)));
}

export function tokenOptions(command: Command, side: "from" | "to"): void {
  command
    .option(`--${side}-token <token>`, `its bearer token; better ${tokenVariable(side)}, which other users cannot see`)
    .option(`--${side}-token-file <file>`, "a file that holds its bearer token");
}

const HOW_PEOPLE_ARE_KNOWN = `
How people who are there already are known (--match):
  both        the same userName, and no other externalId; the same externalId with another userName is skipped
  userName    the same userName, whatever the externalId
  externalId  the same externalId, whatever the userName; the same userName where one of the two has no externalId
For groups read displayName in place of userName. Whoever was moved before is known by the state, also after a renaming.`;
