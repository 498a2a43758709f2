// `scim-ledger token`: credentials of a running service, through its admin API.
import { Argument, InvalidArgumentError, Option } from "commander";
import { KINDS, SCOPES } from "../../access/scopes.ts";
import type { Json, JsonObject } from "../../scim/json.ts";
import { profileNames, profiles } from "../../scim/normalise/profile.ts";
import { type Connection, clientOf, connected, TOKEN_VARIABLE } from "../admin/connection.ts";
import type { Io } from "../io.ts";
import { durationOption } from "../option-values.ts";
import { EXIT, type ExitCode } from "../problem.ts";
import { textTable } from "../table.ts";
import { type Cli, examples } from "../verb.ts";

interface IssueOptions extends Connection {
  readonly name: string;
  readonly kind: string;
  readonly scopes?: readonly string[];
  readonly tenant?: string;
  /** Milliseconds from now. */
  readonly expires?: number;
  readonly profile?: string;
  readonly requestsPerMinute?: number;
  readonly me?: string;
}

interface ListOptions extends Connection {
  readonly tenant?: string;
}

export function addToken({ program, ...shared }: Cli): void {
  const token = program
    .command("token")
    .description("issue, list, rotate and revoke the tokens of a running service")
    .helpCommand(false)
    .addHelpText(
      "after",
      examples(
        `export ${TOKEN_VARIABLE}=scl_…   # an administrator's token, or the one in the service's settings`,
        'scim-ledger token issue --name "Entra ID" --kind provisioning --expires 365d',
        "scim-ledger token list",
      ),
    );
  for (const add of [addIssue, addList, addRotate, addRemoveSecret, addRevoke]) add({ program: token, ...shared });
}

const credential = () => new Argument("<id>", "the credential's id, as “token list” shows it");

function addIssue({ program, io, ending }: Cli): void {
  connected(program.command("issue"))
    .description("issue a credential and print its token, this once")
    .requiredOption("--name <name>", "what it is for, as audit answers name it")
    .addOption(choice("--kind <kind>", "what it may do", Object.keys(KINDS)).makeOptionMandatory())
    .option(
      "--scopes <scopes>",
      `instead of those of its kind, joined by commas: ${Object.keys(SCOPES).join(", ")}`,
      list,
    )
    .option("--tenant <tenant>", "for which tenant; without it, your own")
    .option("--expires <duration>", "when it ends from now on, such as 90d or 12h; without it, never", durationOption)
    .addOption(choice("--profile <profile>", "how its requests are read; see below", profileNames))
    .option("--requests-per-minute <count>", "how many requests it may make a minute", count)
    .option("--me <user>", "the id of the user whom /Me stands for")
    .addHelpText("after", `\nProfiles:\n${profileLines().join("\n")}`)
    .addHelpText(
      "after",
      examples('scim-ledger token issue --name "Okta" --kind provisioning --profile okta --expires 90d'),
    )
    .action(ending((options: IssueOptions) => issue(options, io)));
}

function addList({ program, io, ending }: Cli): void {
  connected(program.command("list"))
    .description("list the credentials that you manage; no secret is shown")
    .option("--tenant <tenant>", "of one tenant alone")
    .addHelpText("after", examples("scim-ledger token list --json"))
    .action(ending((options: ListOptions) => listAll(options, io)));
}

function addRotate({ program, io, ending }: Cli): void {
  connected(program.command("rotate"))
    .description("add a second secret to a credential and print its token, this once; the first one stays valid")
    .addArgument(credential())
    .addHelpText("after", examples("scim-ledger token rotate b3Lqk0aTz9Pw"))
    .action(ending((id: string, options: Connection) => rotate(id, options, io)));
}

function addRemoveSecret({ program, io, ending }: Cli): void {
  connected(program.command("remove-secret"))
    .description("end one of a credential's secrets, the old one after a rotation")
    .addArgument(credential())
    .addArgument(new Argument("<secret>", "the secret's id, as “token list” shows it"))
    .addHelpText("after", examples("scim-ledger token remove-secret b3Lqk0aTz9Pw X1c8sWq2LmNd"))
    .action(ending((id: string, secret: string, options: Connection) => removeSecret(id, secret, options, io)));
}

function addRevoke({ program, io, ending }: Cli): void {
  connected(program.command("revoke"))
    .description("end a credential with all of its secrets, for good")
    .addArgument(credential())
    .addHelpText("after", examples("scim-ledger token revoke b3Lqk0aTz9Pw"))
    .action(ending((id: string, options: Connection) => revoke(id, options, io)));
}

const choice = (flags: string, says: string, choices: readonly string[]): Option =>
  new Option(flags, says).choices(choices);

/** One line a profile, as the table of profiles has it. */
const profileLines = (): string[] =>
  textTable(profileNames.map((name) => [name, profiles[name].says])).map((line) => `  ${line}`);

const list = (text: string): string[] => text.split(",").map((one) => one.trim());

function count(text: string): number {
  if (!/^[1-9][0-9]{0,7}$/u.test(text)) throw new InvalidArgumentError("It must be a whole number above 0.");
  return Number(text);
}

async function issue(options: IssueOptions, io: Io): Promise<ExitCode> {
  const { name, kind, scopes, tenant, expires, profile, requestsPerMinute, me } = options;
  const expiresAt = expires === undefined ? undefined : new Date(Date.now() + expires).toISOString();
  const body = { name, kind, scopes, tenant, expiresAt, profile, requestsPerMinute, me };
  return showSecret(await clientOf(options).ask("POST", "/credentials", body), options, io);
}

async function rotate(id: string, options: Connection, io: Io): Promise<ExitCode> {
  return showSecret(await clientOf(options).ask("POST", `${pathOf(id)}/rotate`), options, io);
}

async function removeSecret(id: string, secret: string, options: Connection, io: Io): Promise<ExitCode> {
  await clientOf(options).ask("DELETE", `${pathOf(id)}/secrets/${encodeURIComponent(secret)}`);
  return done(
    { id, secret, status: "removed" },
    `the secret ${secret} of the credential ${id} is removed`,
    options,
    io,
  );
}

async function revoke(id: string, options: Connection, io: Io): Promise<ExitCode> {
  await clientOf(options).ask("DELETE", pathOf(id));
  return done({ id, status: "revoked" }, `the credential ${id} is revoked`, options, io);
}

async function listAll(options: ListOptions, io: Io): Promise<ExitCode> {
  const query = options.tenant === undefined ? "" : `?tenant=${encodeURIComponent(options.tenant)}`;
  const answer = await clientOf(options).ask("GET", `/credentials${query}`);
  if (options.json) io.out(JSON.stringify(answer, null, 2));
  else for (const line of credentialTable(answer)) io.out(line);
  return EXIT.ok;
}

const pathOf = (id: string): string => `/credentials/${encodeURIComponent(id)}`;

const COLUMNS = ["id", "tenant", "name", "kind", "profile", "status", "scopes", "expires", "lastUsed", "secrets"];

function credentialTable({ credentials }: JsonObject): string[] {
  const rows = (Array.isArray(credentials) ? credentials : []) as readonly JsonObject[];
  return textTable([COLUMNS, ...rows.map((row) => COLUMNS.map((column) => cellOf(row[column])))]);
}

function cellOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "–";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

/** The token goes to stdout, all else to stderr: `TOKEN=$(scim-ledger token issue …)`. */
function showSecret(answer: JsonObject, { json }: Connection, io: Io): ExitCode {
  if (json) {
    io.out(JSON.stringify(answer, null, 2));
    return EXIT.ok;
  }
  const { id, name, kind, tenant, expires, token } = answer;
  const until = expires === undefined ? "without an end" : `until ${expires}`;
  io.err(`The credential ${id} (“${name}”, ${kind}, tenant ${tenant}, ${until}) has a new token, shown this once:`);
  io.out(String(token));
  return EXIT.ok;
}

function done(answer: object, sentence: string, { json }: Connection, io: Io): ExitCode {
  io.out(json ? JSON.stringify(answer) : sentence);
  return EXIT.ok;
}
