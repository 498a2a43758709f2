// `scim-ledger audit evidence`: the answer to a question with all that proves it, as a folder that “verify” judges.
import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { DEFAULT_TENANT } from "../../../access/tenant-name.ts";
import type { Question } from "../../../audit/answers/question.ts";
import { readEvidenceRequest } from "../../../audit/evidence/make.ts";
import { questions } from "../../../audit/questions.ts";
import { ScimError } from "../../../scim/errors.ts";
import { parseBaseUrl } from "../../../settings/parsers.ts";
import { namesIn } from "../../files.ts";
import type { Io } from "../../io.ts";
import { keyFolderOf } from "../../ledger/offline-ledger.ts";
import { EXIT, type ExitCode, misused, Problem } from "../../problem.ts";
import { ProgressLine } from "../../progress.ts";
import { sayCount } from "../../units.ts";
import { type Cli, examples } from "../../verb.ts";
import { type AuditConnection, auditResponse } from "../audit-client.ts";
import { optionOf, PARAMETERS } from "../parameters.ts";
import { evidenceFromFolder } from "./offline.ts";
import { unpack } from "./untar.ts";

type Options = AuditConnection &
  Readonly<Record<string, string | undefined>> & {
    readonly question: string;
    readonly out: string;
    readonly tenant: string;
    readonly baseUrl: string;
  };

/** Parameters of pages, which evidence has not: it has the whole answer. */
const PAGED = ["cursor", "limit"];
/** Other names of the one who is asked about. */
const SUBJECTS = ["group", "user", "credential"];

export function addEvidence(command: Command, io: Io, ending: Cli["ending"]): void {
  command
    .description("write the answer to a question, and all that proves it, into a folder that “verify” judges")
    .requiredOption("--question <question>", `one of ${questions.map(({ id }) => id).join(", ")}`)
    .requiredOption("--out <folder>", "where to; it must be empty, or not there yet")
    .option("--size <leaves>", "of the signed head over so many leaves: the same bytes as before; without it, of now")
    .option("--data <folder>", "from this data folder, whose service is stopped, instead of a running service")
    .option("--tenant <tenant>", "with --data: whose history", DEFAULT_TENANT)
    .option("--base-url <url>", "with --data: how locations begin in what is shown", "http://localhost:3000")
    .option("--at <instant>", `the same as ${optionOf("asOf")}`);
  for (const [name, says] of Object.entries(PARAMETERS))
    if (!PAGED.includes(name)) command.option(`${optionOf(name)} <${name}>`, says);
  command
    .option("--user <id>", "the id of the user who is asked about")
    .option("--credential <id>", "the id of the credential that is asked about")
    .addHelpText(
      "after",
      examples(
        "scim-ledger audit evidence --question members-at --group <id> --at 2026-05-01T00:00:00Z --out case-17/",
        "scim-ledger audit evidence --question completeness --data /var/lib/scim-ledger --out case-18/",
        "scim-ledger verify case-17/ --policy our.policy",
      ),
    )
    .action(ending((options: Options) => evidence(options, io)));
}

async function evidence(options: Options, io: Io): Promise<ExitCode> {
  const question = questionOf(options.question);
  const given = parametersIn(options, question);
  const out = resolve(options.out);
  if (namesIn(out).length > 0) throw new Problem(`${out} is not empty: name a folder of its own for each evidence`);
  const partial = `${out}.partial`;
  mkdirSync(partial, { recursive: false, mode: 0o700 });
  try {
    if (options["data"] === undefined) await fromService(partial, question, given, options);
    else await fromFolder(partial, question, given, options, io);
    if (existsSync(out)) rmdirSync(out);
    renameSync(partial, out);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (error instanceof ScimError) throw new Problem(error.message);
    throw error;
  }
  io.out(`${out} has the answer, and what proves it. Judge it under a policy that you did not get from here:`);
  io.out(`  scim-ledger verify ${out} --policy <file>`);
  return EXIT.ok;
}

/** By its id, or the beginning of it that no other has: `members` for `members-at`. Throws a Problem. */
function questionOf(text: string): Question {
  const exact = questions.find(({ id }) => id === text);
  const [found, ...others] = exact === undefined ? questions.filter(({ id }) => id.startsWith(`${text}-`)) : [exact];
  if (found === undefined || others.length > 0)
    throw new Problem(`there is no question “${text}”: ${questions.map(({ id }) => id).join(", ")}`, EXIT.misused);
  return found;
}

function parametersIn(options: Options, { parameters }: Question): Record<string, string> {
  const { shape } = parameters as unknown as { readonly shape: Readonly<Record<string, unknown>> };
  const given = new Map<string, string>();
  const add = (name: string, value: string | undefined) => {
    if (value === undefined) return;
    if (given.has(name)) throw new Problem(`${optionOf(name)} is given more than once`, EXIT.misused);
    given.set(name, value);
  };
  const names = new Set([...Object.keys(PARAMETERS).filter((name) => !PAGED.includes(name)), ...SUBJECTS]);
  for (const name of names) {
    const isSubject = SUBJECTS.includes(name) && !Object.hasOwn(shape, name) && Object.hasOwn(shape, "id");
    add(isSubject ? "id" : name, options[name]);
  }
  add("asOf", options["at"]);
  add("size", options["size"]);
  return Object.fromEntries(given);
}

async function fromService(
  folder: string,
  { id }: Question,
  given: Readonly<Record<string, string>>,
  { url, token }: Options,
): Promise<void> {
  const connection = { url, ...(token === undefined ? {} : { token }) };
  const response = await auditResponse(connection, `/evidence/${id}`, new URLSearchParams(given));
  await unpack((response.body ?? []) as AsyncIterable<Uint8Array>, folder);
}

async function fromFolder(
  folder: string,
  { id }: Question,
  given: Readonly<Record<string, string>>,
  { tenant, baseUrl: text, ...options }: Options,
  io: Io,
): Promise<void> {
  const baseUrl = parseBaseUrl(text);
  if (baseUrl === undefined) throw misused("--base-url must be an http or https URL without query and fragment");
  const data = resolve(options["data"]!);
  if (!existsSync(data)) throw new Problem(`there is no ${data}`);
  const ledgerFolder = keyFolderOf({ data }, io);
  const request = (now: number) => readEvidenceRequest(id, given, now);
  const progress = new ProgressLine(io, { what: "Replaying", say: sayCount });
  const onProgress = (done: number, all: number) => progress.at(done, all);
  try {
    await evidenceFromFolder(folder, request, { data, ledgerFolder, tenant, baseUrl, onProgress });
  } finally {
    progress.end();
  }
}
