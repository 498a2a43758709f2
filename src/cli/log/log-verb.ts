// `scim-ledger log copy`.
import { compared, copyLog } from "../../eventlog/copy-log.ts";
import { ordinalOf, Unavailable } from "../../eventlog/event-log.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { sayMany } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { openSource, openTarget, placeOf, SETTING } from "./ends.ts";

interface CopyVerbOptions {
  readonly from: string;
  readonly to: string;
  readonly namespace?: string;
  readonly beside?: true;
  readonly json?: true;
}

export function addLog({ program, io, ending }: Cli): void {
  const log = program.command("log").description("work on event logs as a whole");
  log
    .command("copy")
    .description("copy an event log from a data folder into EventStoreDB, or back, with everything as it is")
    .requiredOption("--from <place>", "a data folder, or an address that begins with esdb://")
    .requiredOption("--to <place>", "likewise; what stands there already must be the beginning of the same log")
    .option("--namespace <name>", "which log of an EventStoreDB to copy from, where it holds several")
    .option("--beside", "begin a log in an EventStoreDB that holds one of another namespace")
    .option("--json", "print how many events there are, as JSON")
    .addHelpText(
      "after",
      examples(
        "scim-ledger log copy --from ./data --to esdb://db.example.com:2113",
        `scim-ledger log copy --from ${SETTING} --to ./data    (the address is that setting's, so that no password is typed)`,
      ),
    )
    .addHelpText("after", exitCodes({ 0: "the logs are the same, event for event", 1: "they are not, and why" }))
    .addHelpText(
      "after",
      "\nStop every service on both logs first. A copy that broke off goes on where it was when it is started again." +
        "\nThe vault and the ledger's keys are not in the log: take them along. Read models hold places of the log that they" +
        "\nwere built from: a service on the copy begins with none, and builds them.",
    )
    .action(ending((options: CopyVerbOptions) => runCopy(options, io)));
}

async function runCopy(options: CopyVerbOptions, io: Io): Promise<ExitCode> {
  const [from, to] = [placeOf(options.from, io.env), placeOf(options.to, io.env)];
  if (JSON.stringify(from) === JSON.stringify(to)) throw new Problem("a log is not copied onto itself", EXIT.misused);
  const closing: (() => Promise<void>)[] = [];
  try {
    const source = await openSource(from, options.namespace);
    closing.push(source.close);
    const target = await openTarget(to, source.namespace, options.beside === true);
    closing.push(target.close);
    const { found, added } = await within(io, "Copying", (onProgress) =>
      copyLog(source.log, target.log, { onProgress }),
    );
    const same = await within(io, "Comparing", (onProgress) => compared(source.log, target.log, { onProgress }));
    if (same.found !== found + added || same.position !== (await source.log.head()))
      throw new Problem("something else wrote to one of the logs meanwhile: stop every service and copy again");
    const report = { from: source.name, to: target.name, namespace: source.namespace, events: same.found, added };
    if (options.json) io.out(JSON.stringify(report));
    else
      io.out(
        `${target.name} holds the log of ${source.name}, event for event: ${sayMany(same.found, "event")}, ${added} of them new.`,
      );
    return EXIT.ok;
  } catch (error) {
    throw error instanceof Unavailable ? new Problem(`${error.message}; start the copy again to go on`) : error;
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

type Progress = (position: Parameters<typeof ordinalOf>[0], head: Parameters<typeof ordinalOf>[0]) => void;

async function within<T>(io: Io, what: string, work: (onProgress: Progress) => Promise<T>): Promise<T> {
  const progress = new ProgressLine(io, { what, say: (place) => `place ${place}` });
  try {
    return await work((position, head) => progress.at(ordinalOf(position), ordinalOf(head)));
  } finally {
    progress.end();
  }
}
