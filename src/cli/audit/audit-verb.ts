// `scim-ledger audit`: every audit question of a running service, one verb each, made from the questions' own rows.
import { Argument, type Command, Option } from "commander";
import type { z } from "zod";
import { FORMATS } from "../../audit/answers/answer-text.ts";
import type { Question } from "../../audit/answers/question.ts";
import { questions } from "../../audit/questions.ts";
import { answerOut } from "../answer-out.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode } from "../problem.ts";
import { type Cli, examples } from "../verb.ts";
import { showTable } from "./answer-table.ts";
import { AUDIT_TOKEN, type AuditConnection, auditAnswer } from "./audit-client.ts";
import { addEvidence } from "./evidence/evidence-verb.ts";
import { optionOf, PARAMETERS } from "./parameters.ts";
import { addStream } from "./stream.ts";

type Options = AuditConnection & { readonly format: string } & Readonly<Record<string, string | undefined>>;

export function addAudit({ program, io, ending }: Cli): void {
  const audit = program
    .command("audit")
    .description("ask a running service who had access to what, when, granted by whom")
    .helpCommand(false)
    .addHelpText(
      "after",
      examples(
        `export ${AUDIT_TOKEN}=scl_…   # an auditor's token`,
        "scim-ledger audit members-at <group> --as-of 2026-05-01T00:00:00Z",
        "scim-ledger audit blast-radius --actor <credential> --from 2026-05-01T00:00:00Z --format csv",
      ),
    );
  addStream(connection(audit.command("stream")), io, ending);
  addEvidence(connection(audit.command("evidence")), io, ending);
  for (const question of questions) {
    const verb = connected(audit.command(question.id).description(question.asks));
    const inPath = pathParameters(question);
    for (const name of inPath) verb.addArgument(new Argument(`<${name}>`, PARAMETERS[name]));
    for (const name of parametersOf(question))
      if (!inPath.includes(name)) verb.option(`${optionOf(name)} <${name}>`, PARAMETERS[name]);
    verb.addHelpText("after", examples(exampleOf(question, inPath)));
    verb.action(
      ending((...given: unknown[]) => {
        const values = given.slice(0, inPath.length) as string[];
        return ask(
          question,
          Object.fromEntries(inPath.map((name, index) => [name, values[index]!])),
          optionsIn(given),
          io,
        );
      }),
    );
  }
}

/** Options of every verb that asks the audit API. */
const connection = (command: Command): Command =>
  command
    .option("--url <url>", "where the service is", "http://127.0.0.1:3000")
    .addOption(new Option("--token <token>", "an auditor's token").env(AUDIT_TOKEN));

/** Commander hands over the arguments, the options, and the command. */
const optionsIn = (given: readonly unknown[]): Options => (given.at(-1) as Command).opts<Options>();

export const pathParameters = ({ route }: Question): readonly string[] =>
  route.split("/").flatMap((part) => (part.startsWith(":") ? [part.slice(1)] : []));

export const parametersOf = ({ parameters }: Question): readonly string[] =>
  Object.keys((parameters as z.ZodObject).shape);

const exampleOf = ({ id }: Question, inPath: readonly string[]): string =>
  `scim-ledger audit ${[id, ...inPath.map((name) => `<${name}>`)].join(" ")} --format csv`;

const connected = (command: Command): Command =>
  connection(command).addOption(
    new Option("--format <format>", "how the answer is printed").choices(["table", ...FORMATS]).default("table"),
  );

async function ask(
  question: Question,
  inPath: Readonly<Record<string, string>>,
  { url, token, format, ...options }: Options,
  io: Io,
): Promise<ExitCode> {
  const path = question.route
    .split("/")
    .map((part) => (part.startsWith(":") ? encodeURIComponent(inPath[part.slice(1)]!) : part))
    .join("/");
  const query = new URLSearchParams({ format: format === "table" ? "ndjson" : format });
  for (const name of parametersOf(question)) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  const pieces = auditAnswer({ url, ...(token === undefined ? {} : { token }) }, path, query);
  if (format === "table") await showTable(pieces, columnsOf(question), io);
  else {
    const out = answerOut(io);
    for await (const piece of pieces) {
      await out.write(piece);
      if (!io.isRead()) return EXIT.ok;
    }
    await out.end();
    if (format === "json") await io.write("\n");
  }
  return EXIT.ok;
}

const columnsOf = ({ row }: Question): readonly string[] =>
  "shape" in row ? Object.keys((row as z.ZodObject).shape) : [];
