// `scim-ledger audit stream`: the events of a tenant in the words of other systems, from a position on.
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isPosition } from "../../audit/answers/cursor.ts";
import { STREAM_FORMATS } from "../../audit/formats/formats.ts";
import { POSITION_HEADER } from "../../http/position-header.ts";
import { answerOut } from "../answer-out.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, Problem } from "../problem.ts";
import { type Cli, examples } from "../verb.ts";
import { type AuditConnection, auditResponse } from "./audit-client.ts";

interface Options extends AuditConnection {
  readonly format: string;
  readonly after?: string;
  readonly follow?: true;
  readonly enterprise?: string;
}

/** Seconds that the service holds a question that has no answer yet, and between two questions. */
const WAIT = 25;
const REST = 1;
/** Seconds before a service that does not answer is asked again. */
const AGAIN_AFTER = 5;

export function addStream(command: Command, io: Io, ending: Cli["ending"]): void {
  command
    .description("print the events of a tenant for other systems, a line each, and the position to go on from")
    .addOption(new Option("--format <format>", "in whose words").choices(STREAM_FORMATS).default("ocsf"))
    .option("--after <position>", "go on after this position; without it, from the first event", position)
    .option("--enterprise <number>", "your private enterprise number, which structured data of syslog stands under")
    .option("--follow", "wait for further events, also while the service is away")
    .addHelpText("after", examples("scim-ledger audit stream --format ecs --after 0000000000000042 --follow"))
    .action(ending((options: Options) => stream(options, io)));
}

function position(text: string): string {
  if (!isPosition(text)) throw new InvalidArgumentError("It must be a position: 16 digits.");
  return text;
}

/** The position goes to stderr at the end, and after each answer of a stream that is followed. */
async function stream({ format, after, follow, enterprise, ...connection }: Options, io: Io): Promise<ExitCode> {
  let place = after;
  for (let isFirst = true; ; isFirst = false) {
    const query = new URLSearchParams({ format, wait: follow && !isFirst ? String(WAIT) : "0" });
    if (place !== undefined) query.set("after", place);
    if (enterprise !== undefined) query.set("enterprise", enterprise);
    const answer = await asked(connection, query, follow === true && !isFirst, io);
    if (answer === undefined) continue;
    const reached = answer.headers.get(POSITION_HEADER);
    if (reached === null) throw new Problem("the answer names no position: is it a scim-ledger of this version?");
    const text = await answer.text();
    const out = answerOut(io);
    await out.write(text);
    await out.end();
    place = reached;
    if ((text === "" && follow !== true) || !io.isRead()) break;
    if (text !== "" && follow === true) io.err(`position ${place}`);
    if (follow === true && !isFirst) await sleep(REST * 1_000);
  }
  io.err(`position ${place}`);
  return EXIT.ok;
}

/** Undefined where a stream that is followed could not go on for now. */
async function asked(
  connection: AuditConnection,
  query: URLSearchParams,
  isPatient: boolean,
  io: Io,
): Promise<Response | undefined> {
  try {
    return await auditResponse(connection, "/stream", query);
  } catch (error) {
    if (!isPatient || !(error instanceof Problem)) throw error;
    io.err(error.message);
    await sleep(AGAIN_AFTER * 1_000);
    return undefined;
  }
}
