// `scim-ledger replay`: history for whoever looks into an incident, from the files of a data folder or of a copy of one, or from
// the engines that the settings name. It opens them for reading alone.
import type { Command } from "commander";
import { DEFAULT_TENANT } from "../../access/tenant-name.ts";
import { blame } from "../../audit/blame.ts";
import { formatInstant } from "../../audit/instant.ts";
import type { Sources } from "../../audit/sources.ts";
import type { Stretch } from "../../audit/window.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import { ProgressLine } from "../progress.ts";
import { sayCount } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { checkViews } from "./check.ts";
import { sayDiff } from "./diff.ts";
import { openReplay, type Replay } from "./open.ts";
import { placeOf, resourceOf, startOf, timeAt, typeNames } from "./place.ts";
import { type Said, sayRows, short } from "./said.ts";
import { sayState } from "./state.ts";
import { sayStep } from "./step.ts";
import { sayRevertPlan, sayTrace, sayWhatIf, type Which } from "./traces.ts";
import { watched } from "./watched.ts";

interface Options {
  readonly data?: string;
  readonly tenant: string;
  readonly baseUrl: string;
  readonly json?: true;
  readonly at?: string;
  readonly from?: string;
  readonly to?: string;
  readonly until?: string;
  readonly explain?: true;
  readonly hash: boolean;
  readonly attribute?: string;
  readonly actor?: string;
  readonly request?: string;
  readonly deep?: true;
}

/** What a verb gets once the files are open. */
interface Given {
  readonly replay: Replay;
  readonly options: Options;
  readonly tenant: string;
  readonly said: Said;
}

type Work = (given: Given, resource: string | undefined) => Promise<ExitCode>;

export function addReplay({ program, io, ending }: Cli): void {
  const replay = program
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
  const verb = (name: string, says: string, work: Work, example: string, resource?: "needed" | "possible"): Command => {
    const command = common(replay.command(name).description(says)).addHelpText(
      "after",
      examples(`scim-ledger replay ${example}`),
    );
    if (resource !== undefined)
      command.argument(resource === "needed" ? "<resource>" : "[resource]", "users/<id> or groups/<id>");
    return command.action(
      ending((...given: unknown[]) => {
        const named = resource === undefined ? undefined : (given[0] as string | undefined);
        return run((given.at(-1) as Command).opts<Options>(), io, (ready) => work(ready, named));
      }),
    );
  };

  verb(
    "state",
    "a resource as a GET would have answered, or a tenant as a whole, with its hash",
    state,
    "state users/<id> --at 42",
    "possible",
  ).option("--at <place>", "an instant or a position; without it, the end");
  verb(
    "diff",
    "what two places differ in, and the events that caused it",
    diff,
    "diff groups/<id> --from 10 --explain",
    "possible",
  )
    .requiredOption("--from <place>", "an instant or a position")
    .option("--to <place>", "an instant or a position; without it, the end")
    .option("--explain", "with the events behind each difference")
    .option("--no-hash", "without the hashes of both states, which take a walk through the tenant");
  verb("step", "the events of a resource one after the other, by keys in a terminal", step, "step users/<id>", "needed")
    .option("--from <place>", "an instant or a position; without it, the first event")
    .option("--to <place>", "an instant or a position; without it, the end");
  verb(
    "blame",
    "who last wrote each attribute, and each element of it",
    sayBlame,
    "blame users/<id> --attribute emails",
    "needed",
  )
    .option("--at <place>", "an instant or a position; without it, the end")
    .option("--attribute <attribute>", "one attribute alone; members of a group: who let each in");
  which(
    verb(
      "trace",
      "all that a credential, a request or a stretch of time did, and what is still in force",
      trace,
      "trace --request <id>",
    ),
  );
  which(
    verb("what-if", "who would hold what if these events had never been", whatIf, "what-if --actor <credential>"),
  ).option("--until <place>", "look at this place; without it, the end");
  verb("check", "build the read models from zero and compare them with the live ones", check, "check --deep")
    .option("--deep", "every resource also as of each of its events")
    .addHelpText("after", exitCodes({ 0: "they are the same", 1: "they differ; the first difference is printed" }));
  which(
    verb(
      "revert-plan",
      "SCIM operations that would undo what is still in force, for review; applies nothing",
      plan,
      "revert-plan --request <id>",
    ),
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

const which = (command: Command): Command =>
  command
    .option("--actor <credential>", "events of this credential")
    .option("--request <id>", "events of this request")
    .option("--from <place>", "events from this instant or position on")
    .option("--to <place>", "events up to this instant or position");

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

const state: Work = async ({ replay, options, tenant, said }, resource) =>
  sayState(replay, tenant, resource, await placeOf(replay, options.at), said);

const diff: Work = async ({ replay, options, tenant, said }, resource) => {
  const [from, to] = [await placeOf(replay, options.from), await placeOf(replay, options.to)];
  if (from >= to) throw new Problem("--from must lie before --to", EXIT.misused);
  const subject = resource === undefined ? undefined : await resourceOf(replay, tenant, resource);
  return sayDiff(replay, tenant, subject, { from, to, explain: options.explain === true, hash: options.hash }, said);
};

const step: Work = async ({ replay, options, tenant, said }, resource) => {
  const range = await stretchOf({ replay, options });
  const isInteractive = said.io.outIsTerminal && !said.json && process.stdin.isTTY === true;
  return sayStep(replay, tenant, await resourceOf(replay, tenant, resource!), range, { ...said, isInteractive });
};

const sayBlame: Work = async ({ replay, options, tenant, said }, resource) => {
  const { type, id } = await resourceOf(replay, tenant, resource!);
  const at = await placeOf(replay, options.at);
  const asked = blame.read(
    {
      type,
      id,
      asOf: formatInstant(await replay.sources.store.effectiveAt(at)),
      ...(options.attribute === undefined ? {} : { attribute: options.attribute }),
    },
    replay.sources.clock(),
  );
  const { content } = await asked.answer(replay.sources satisfies Sources, tenant);
  const rows: BlameRow[] = [];
  for await (const batch of "rows" in content ? content.rows : []) rows.push(...(batch as readonly BlameRow[]));
  sayRows(said, rows, { resource: `${type} ${id}`, at }, ({ path, value, member, written }) => [
    `${path}: ${member ?? short(value)}  ${written.time} by ${written.actor.name} (${written.type}, position ${written.position})`,
  ]);
  return EXIT.ok;
};

interface BlameRow {
  readonly path: string;
  readonly value?: unknown;
  readonly member?: string;
  readonly written: {
    readonly time: string;
    readonly type: string;
    readonly position: string;
    readonly actor: { readonly name: string };
  };
}

/** Positions after `--from`, up to `--to`. Throws a Problem where nothing can lie in between. */
async function stretchOf({ replay, options: { from, to } }: Pick<Given, "replay" | "options">): Promise<Stretch> {
  const stretch = { after: await startOf(replay, from), until: await placeOf(replay, to) };
  if (stretch.after > stretch.until) throw new Problem("--from must lie before --to", EXIT.misused);
  return stretch;
}

async function whichOf({ replay, options }: Given): Promise<Which> {
  const { actor, request, from } = options;
  if (actor === undefined && request === undefined && from === undefined)
    throw new Problem("name the events: --actor, --request or --from", EXIT.misused);
  return { actor, request, stretch: await stretchOf({ replay, options }) };
}

const trace: Work = async (given) => sayTrace(given.replay, given.tenant, await whichOf(given), given.said);

const whatIf: Work = async (given) =>
  sayWhatIf(
    given.replay,
    given.tenant,
    await whichOf(given),
    await placeOf(given.replay, given.options.until),
    given.said,
  );

const plan: Work = async (given) => sayRevertPlan(given.replay, given.tenant, await whichOf(given), given.said);

const check: Work = async ({ replay, options, said }) => {
  const { live, through } = replay;
  if (live === undefined)
    throw new Problem(
      "there are no read models in a folder that are level with the log: there is nothing to compare with",
    );
  const progress = new ProgressLine(said.io, { what: "comparing", say: (count) => `${sayCount(count)} comparisons` });
  const depth = { deep: options.deep === true, typesOf: (tenant: string) => typeNames(replay, tenant) };
  const { compared, first, stateHashes } = await checkViews(
    live,
    await replay.rebuilt(through),
    through,
    depth,
    progress,
  );
  const { io, json } = said;
  if (json)
    io.out(
      JSON.stringify({
        ...{ through, compared, same: first === undefined, stateHashes },
        ...(first === undefined ? {} : { first }),
      }),
    );
  else if (first === undefined)
    io.out(`the read models are what the log says, up to position ${through} (${sayCount(compared)} comparisons)`);
  else
    for (const line of [
      `they differ, tenant ${first.tenant}: ${first.what}`,
      `live:    ${short(first.live, 2_000)}`,
      `rebuilt: ${short(first.rebuilt, 2_000)}`,
    ])
      io.out(line);
  if (!json) for (const [tenant, hash] of Object.entries(stateHashes)) io.out(`state hash of ${tenant}: ${hash}`);
  return first === undefined ? EXIT.ok : EXIT.failed;
};
