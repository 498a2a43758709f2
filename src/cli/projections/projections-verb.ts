// `scim-ledger projections rebuild|status`.
import { hostname } from "node:os";
import type { Db } from "mongodb";
import { ordinalOf, positionOf } from "../../eventlog/event-log.ts";
import { type RebuildOptions, type RebuildProgress, rebuild } from "../../projections/rebuild.ts";
import { viewsIn } from "../../readstore/mongodb/collections.ts";
import type { MongoConnection } from "../../readstore/mongodb/connection.ts";
import { Building } from "../../readstore/mongodb/generations/building.ts";
import { controlOf, type LeaseDocument } from "../../readstore/mongodb/generations/control.ts";
import { servingIn } from "../../readstore/mongodb/generations/generations.ts";
import type { Settings } from "../../settings/table.ts";
import { connectAs } from "../../stores/connect-mongo.ts";
import type { Io } from "../io.ts";
import { openKeysToRead } from "../keys-to-read.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import { Reporter } from "../reporter.ts";
import { stopping } from "../serve/stopping.ts";
import { settingsOf } from "../settings.ts";
import { sayCount, sayMany, saySeconds } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { openLogToRead } from "./sources.ts";

interface VerbOptions {
  readonly json?: true;
}

export function addProjections({ program, io, ending }: Cli): void {
  const projections = program
    .command("projections")
    .description("look at the read models in MongoDB, or build them anew");
  projections
    .command("rebuild")
    .description("build new read models beside those that serve, and let them take their place while the service runs")
    .option("--json", "print progress and result as JSON, one object a line")
    .addHelpText("after", examples("scim-ledger projections rebuild", "scim-ledger projections rebuild --json"))
    .addHelpText(
      "after",
      exitCodes({
        0: "the new read models serve",
        1: "they do not, and why",
        130: "it was asked to end (SIGTERM, SIGINT), and goes on when it is run again",
      }),
    )
    .addHelpText(
      "after",
      "\nIt takes the settings of a node, from the same environment. Room for both is needed in the database meanwhile." +
        "\nWrites wait for some three seconds while the new ones take over; reads go on.",
    )
    .action(
      ending((options: VerbOptions) => within(io, (settings, mongo) => runRebuild(options, settings, mongo, io))),
    );
  projections
    .command("status")
    .description("which read models serve, how far they are, who writes them, and what is being built")
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("scim-ledger projections status"))
    .addHelpText("after", exitCodes({ 0: "they serve", 1: "they could not be looked at, and why" }))
    .action(ending((options: VerbOptions) => within(io, (settings, mongo) => runStatus(options, settings, mongo, io))));
}

/** With the database that the settings name. Throws a Problem for what an operator can put right. */
async function within(
  io: Io,
  work: (settings: Settings, mongo: MongoConnection) => Promise<ExitCode>,
): Promise<ExitCode> {
  const settings = settingsOf(io.env);
  const { readStore } = settings;
  if (readStore.engine !== "mongodb")
    throw new Problem(
      "the read models are in the data folder, which a start brings up to date: to have them built anew, stop the service, delete views.db, and start it",
      EXIT.misused,
    );
  const mongo = await connectAs(settings, readStore.uri);
  try {
    return await work(settings, mongo);
  } finally {
    await mongo[Symbol.asyncDispose]();
  }
}

const STEPS: Readonly<Record<RebuildProgress["step"], string>> = {
  filling: "Filling",
  indexing: "Indexing",
  replacing: "Replacing",
};

async function runRebuild(
  { json }: VerbOptions,
  settings: Settings,
  mongo: MongoConnection,
  io: Io,
): Promise<ExitCode> {
  const opened = new AsyncDisposableStack();
  const stop = opened.use(stopping());
  const abort = new AbortController();
  stop.asked.then(() => abort.abort());
  try {
    const log = opened.adopt(await openLogToRead(settings), (reader) => reader.close());
    const keys = opened.adopt(await openKeysToRead(settings), (reader) => reader.close());
    const { namespace } = log;
    const report = await replaceViews(mongo.database, io, json === true, {
      log,
      namespace,
      findKey: keys.findKey,
      signal: abort.signal,
    });
    if (json) io.out(JSON.stringify(report));
    else for (const line of sayReplaced(report)) io.out(line);
    return EXIT.ok;
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    io.err("stopped; run it again to go on");
    return EXIT.interrupted;
  } finally {
    await opened.disposeAsync();
  }
}

interface Replaced {
  readonly serves: string;
  readonly before: string;
  readonly events: number;
  readonly seconds: number;
}

async function replaceViews(
  database: Db,
  io: Io,
  json: boolean,
  options: Omit<RebuildOptions, "views" | "onProgress">,
): Promise<Replaced> {
  const reporter = new Reporter(io, json);
  const views = await Building.begin(database, `${hostname()} (process ${process.pid})`);
  const since = performance.now();
  try {
    const { current: before } = await servingIn(database);
    const events = await rebuild({
      ...options,
      views,
      onProgress: ({ step, position, head }) => reporter.at(STEPS[step], ordinalOf(position), ordinalOf(head)),
    });
    return { serves: views.generation, before, events, seconds: (performance.now() - since) / 1_000 };
  } finally {
    reporter.end();
    await views.stop();
  }
}

const sayReplaced = ({ serves, before, events, seconds }: Replaced): readonly string[] => [
  `New read models (${serves}) serve: ${sayMany(events, "event")} in ${saySeconds(seconds)}, ${sayCount(events / seconds)} a second.`,
  `Those before (${before}) are dropped by the node that projects, in a minute.`,
];

async function runStatus({ json }: VerbOptions, settings: Settings, { database }: MongoConnection, io: Io) {
  const serving = await servingIn(database);
  const log = await openLogToRead(settings);
  try {
    const status = {
      serves: serving.current,
      version: serving.version,
      position: await placeOf(database, serving.current),
      head: ordinalOf(await log.head()),
      projector: (await controlOf<LeaseDocument>(database).findOne({ _id: "projector" }))?.owner || null,
      building: await buildingIn(database, serving),
      retired: serving.retired.map(({ generation }) => generation),
    };
    if (json) io.out(JSON.stringify(status));
    else for (const line of lines(status)) io.out(line);
    return EXIT.ok;
  } finally {
    await log.close();
  }
}

const placeOf = async (database: Db, generation: string): Promise<number> =>
  (await viewsIn(database, generation).checkpoint.findOne({ _id: "checkpoint" }))?.place ?? 0;

async function buildingIn(database: Db, { building, now }: Awaited<ReturnType<typeof servingIn>>) {
  if (building === null) return null;
  const { generation, owner, startedAt, expiresAt } = building;
  const position = await placeOf(database, generation);
  return { generation, position, owner, startedAt, isStopped: expiresAt <= now };
}

interface Status {
  readonly serves: string;
  readonly version: number;
  readonly position: number;
  readonly head: number;
  readonly projector: string | null;
  readonly building: Awaited<ReturnType<typeof buildingIn>>;
  readonly retired: readonly string[];
}

function lines({ serves, version, position, head, projector, building, retired }: Status): readonly string[] {
  const level = position >= head ? "level with the log" : `the log is at ${positionOf(head)}`;
  const built =
    building === null
      ? []
      : [
          `being built  ${building.generation}, at ${positionOf(building.position)}, by ${building.owner}${building.isStopped ? ", who stopped: run “projections rebuild” to go on" : ""}`,
        ];
  return [
    `serving      ${serves} (version ${version}), at ${positionOf(position)}: ${level}`,
    `written by   ${projector ?? "nobody now"}`,
    ...built,
    ...retired.map((generation) => `to be dropped ${generation}`),
  ];
}
