// `scim-ledger erase`: erases a person for good, through the admin API of a running service.
import { isObject, type Json, type JsonObject } from "../../scim/json.ts";
import { type Connection, clientOf, connected } from "../admin/connection.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, misused } from "../problem.ts";
import { sayMany } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";

interface EraseOptions extends Connection {
  readonly user: string;
  readonly reason?: string;
  readonly approval?: string;
  readonly tenant: string;
}

export function addErase({ program, io, ending }: Cli): void {
  connected(program.command("erase"))
    .description("delete a user and destroy the key of all their values, present and past; this cannot be taken back")
    .requiredOption("--user <id>", "the user's id; it is not looked up by a name")
    .option("--reason <reason>", "why; it is kept in clear for good: a case number, not a name")
    .option("--approval <reference>", "who allowed it, as in SCIM-Ledger-Approval")
    .option("--tenant <tenant>", "the user's tenant", "default")
    .addHelpText("after", examples('scim-ledger erase --user 01a2029e-835a-7d1f-97ce-399a572f0bcd --reason "case 17"'))
    .addHelpText("after", exitCodes({ 0: "the person is erased", 1: "they are not, or not yet wholly, and why" }))
    .action(ending((options: EraseOptions) => erase(options, io)));
}

async function erase(options: EraseOptions, io: Io): Promise<ExitCode> {
  const { user, reason, approval, tenant } = options;
  if (reason === undefined && approval === undefined)
    throw misused("a --reason or an --approval is needed: it is what the log keeps of why");
  const answer = await clientOf(options).ask(
    "POST",
    `/tenants/${encodeURIComponent(tenant)}/users/${encodeURIComponent(user)}/erase`,
    { confirm: user, reason },
    approval === undefined ? {} : { "SCIM-Ledger-Approval": approval },
  );
  if (options.json) io.out(JSON.stringify(answer, null, 2));
  else for (const line of report(answer)) io.out(line);
  return EXIT.ok;
}

function report({ id, tenant, erased, unreadable, remains }: JsonObject): readonly string[] {
  const months = memberOf(remains, "recordMonths");
  return [
    `The user ${id} of the tenant ${tenant} is erased since ${erased}; their key is destroyed.`,
    `Nobody can read any more: the values in ${count(unreadable, "events", "event")}, the owner in ${count(unreadable, "claims", "claim")}.`,
    `What stays: ${count(remains, "events", "event")} and ${count(remains, "accessIntervals", "interval")} of access, without values.`,
    ...(Array.isArray(months) && months.length > 0
      ? [
          `Refused requests and audit questions of ${months.join(", ")} may hold values of theirs, under keys of these months.`,
        ]
      : []),
    "Backups that were taken before hold the key: let them expire.",
  ];
}

const memberOf = (value: Json | undefined, name: string): Json | undefined =>
  isObject(value) ? value[name] : undefined;

const count = (value: Json | undefined, name: string, one: string): string =>
  sayMany(Number(memberOf(value, name)), one);
