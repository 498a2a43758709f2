// `scim-ledger ledger`: the ledger of a data folder.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { parseSize } from "../../ledger/checkpoint.ts";
import { rotateKeys } from "../../ledger/file/key-file.ts";
import { formatVerifierKey } from "../../ledger/verifier-key.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, misused, Problem } from "../problem.ts";
import { dataFolderOf } from "../settings.ts";
import { textTable } from "../table.ts";
import { sayCount } from "../units.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { acceptRestore } from "./accept-restore.ts";
import { checkLedger } from "./check.ts";
import { exportLedger } from "./export.ts";
import {
  type DataOptions,
  keyFolderOf,
  noLedger,
  type OfflineLedger,
  openOffline,
  tenantsOf,
} from "./offline-ledger.ts";

interface TenantOptions extends DataOptions {
  readonly tenant: string;
}
interface ProveOptions extends TenantOptions {
  readonly event?: string;
  readonly index?: number;
  /** `true`: the last. */
  readonly head?: string | true;
  readonly out?: string;
}

const DEFAULT = "default";
const DAYS = 30;
const MOST_DAYS = 3_650;

export function addLedger({ program, ...shared }: Cli): void {
  const ledger = program
    .command("ledger")
    .description("the ledger of a data folder: its heads, its keys, proofs and exports")
    .helpCommand(false)
    .addHelpText(
      "after",
      examples("scim-ledger ledger status", "scim-ledger ledger prove --index 17 --out e.tlog-proof"),
    );
  for (const add of [addStatus, addVkey, addProve, addExport, addCheck, addRotateKeys, addAcceptRestore])
    add({ program: ledger, ...shared });
}

const verb = (ledger: Command, name: string, description: string): Command =>
  ledger
    .command(name)
    .description(description)
    .option("--data <folder>", "the data folder; without it, the setting SCIM_LEDGER_DATA");

const verbOfTenant = (ledger: Command, name: string, description: string): Command =>
  verb(ledger, name, description).option("--tenant <tenant>", "whose ledger", DEFAULT);

function addStatus({ program, io, ending }: Cli): void {
  verb(program, "status", "print each tenant's verdict, size and signed head")
    .option("--json", "print it as JSON")
    .addHelpText("after", exitCodes({ 0: "no ledger is FAILED", 1: "one is, and why" }))
    .action(
      ending((options: DataOptions & { json?: true }) => reading(options, io, (open) => status(open, options, io))),
    );
}

function addVkey({ program, io, ending }: Cli): void {
  const says = "print the keys under which the heads of a tenant's ledger are verified, the newest first";
  verbOfTenant(program, "vkey", says).action(
    ending((options: TenantOptions) => reading(options, io, (open) => vkey(open, options, io))),
  );
}

function addProve({ program, io, ending }: Cli): void {
  verbOfTenant(program, "prove", "write a proof that stands alone that an event is in the ledger")
    .addOption(new Option("--event <id>", "the event, by its id").conflicts("index"))
    .addOption(new Option("--index <index>", "the event, by its leaf").argParser(Number))
    .addOption(
      new Option(
        "--head [size]",
        "not an event: the last signed head, or the one over so many leaves, by the instance's tree",
      ).conflicts(["event", "index"]),
    )
    .option("--out <file>", "where to; without it, it is printed")
    .action(ending((options: ProveOptions) => reading(options, io, (open) => prove(open, options, io))));
}

function addExport({ program, io, ending }: Cli): void {
  const says = "write all events of a tenant under the last signed head into a folder that “verify” reads";
  verbOfTenant(program, "export", says)
    .requiredOption("--out <folder>", "where to; it must be empty, or not there yet")
    .action(
      ending((options: TenantOptions & { out: string }) =>
        reading(options, io, (open) => exportLedger(open, options.tenant, resolve(options.out), io)),
      ),
    );
}

function addCheck({ program, io, ending }: Cli): void {
  verb(program, "check", "make every tree anew from the log, and hold it to the signed heads and to the stored tiles")
    .addHelpText("after", exitCodes({ 0: "log, heads and tiles say the same", 1: "they do not, and where" }))
    .action(ending((options: DataOptions) => reading(options, io, (open) => checkLedger(open, io))));
}

function addRotateKeys({ program, io, ending }: Cli): void {
  const says = "make a new signing key; the one before signs beside it for a while. Restart the service afterwards";
  verb(program, "rotate-keys", says)
    .addOption(new Option("--days <days>", "how long both sign").argParser(Number).default(DAYS))
    .action(ending((options: DataOptions & { days: number }) => rotate(options, io)));
}

function addAcceptRestore({ program, io, ending }: Cli): void {
  const says = "take a tenant's log as it is, though it is behind its last signed head; the service must be stopped";
  verbOfTenant(program, "accept-restore", says)
    .requiredOption("--reason <reason>", "why, in 200 characters at most; it is kept in clear for good")
    .action(
      ending((options: TenantOptions & { reason: string }) =>
        acceptRestore({
          data: dataFolderOf(options.data, io.env),
          folder: keyFolderOf(options, io),
          tenant: options.tenant,
          reason: options.reason,
          io,
        }),
      ),
    );
}

async function reading(
  options: DataOptions,
  io: Io,
  work: (open: OfflineLedger) => Promise<ExitCode>,
): Promise<ExitCode> {
  const open = await openOffline(options, io);
  try {
    return await work(open);
  } finally {
    await open[Symbol.asyncDispose]();
  }
}

async function status(open: OfflineLedger, { json }: { json?: true }, io: Io): Promise<ExitCode> {
  const all = await Promise.all((await tenantsOf(open)).map((tenant) => open.ledger.status(tenant)));
  if (json) io.out(JSON.stringify(all, null, 2));
  else {
    const rows = all.map(({ tenant, verdict, size, head, reason }) => [
      tenant,
      verdict,
      `${sayCount(size)} leaves`,
      head === undefined ? (reason ?? "no head yet") : `signed to ${sayCount(head.size)}`,
      head?.root ?? "",
    ]);
    for (const line of textTable(rows)) io.out(line);
  }
  return all.some(({ verdict }) => verdict === "FAILED") ? EXIT.failed : EXIT.ok;
}

async function vkey(open: OfflineLedger, { tenant }: TenantOptions, io: Io): Promise<ExitCode> {
  const tenants = await tenantsOf(open);
  if (!tenants.includes(tenant)) throw noLedger(tenant, tenants);
  for (const key of open.ledger.keys(tenant)) io.out(formatVerifierKey(key));
  return EXIT.ok;
}

async function prove(open: OfflineLedger, options: ProveOptions, io: Io): Promise<ExitCode> {
  if (options.head !== undefined) return proveHead(open, options.head, options, io);
  const { ledger } = open;
  const { tenant, event, index = event === undefined ? undefined : await ledger.indexOf(tenant, event) } = options;
  if (event === undefined && options.index === undefined) throw misused("one of --event, --index and --head is needed");
  if (index === undefined) throw new Problem(`no event ${event} is in the ledger of “${tenant}”`);
  if (!Number.isSafeInteger(index) || index < 0) throw misused("--index must be a whole number");
  const proof = await ledger.proof(tenant, index);
  if (proof === "absent") throw new Problem(`the ledger of “${tenant}” has no leaf ${index}`);
  if (proof === "unsigned") throw new Problem(`leaf ${index} is not under a signed head yet; try again in a while`);
  return hand(proof, `leaf ${index} of the ledger of “${tenant}”`, options, io);
}

async function proveHead(
  { ledger }: OfflineLedger,
  head: string | true,
  options: ProveOptions,
  io: Io,
): Promise<ExitCode> {
  const { tenant } = options;
  const size = head === true ? undefined : parseSize(head);
  if (head !== true && size === undefined) throw misused("--head must be a whole number");
  const proof = await ledger.headProof(tenant, size);
  if (proof === "absent")
    throw new Problem(
      `the instance's tree has no head of “${tenant}”${size === undefined ? "" : ` over ${size} leaves`}`,
    );
  if (proof === "unsigned") throw new Problem("the head is not under a head of the instance yet; try again in a while");
  return hand(proof, `a head of “${tenant}” by the instance's tree`, options, io);
}

function hand(proof: string, what: string, { out }: ProveOptions, io: Io): ExitCode {
  if (out === undefined) io.out(proof.trimEnd());
  else {
    writeFileSync(out, proof, { flag: "wx" });
    io.out(`${out} proves ${what}.`);
  }
  return EXIT.ok;
}

async function rotate(options: DataOptions & { days: number }, io: Io): Promise<ExitCode> {
  if (!Number.isSafeInteger(options.days) || options.days < 0 || options.days > MOST_DAYS)
    throw misused(`--days must be a whole number from 0 to ${MOST_DAYS}`);
  rotateKeys(keyFolderOf(options, io), options.days);
  io.out("A new key signs once the service is started again; hand out its vkey while both sign.");
  return EXIT.ok;
}
