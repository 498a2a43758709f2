// `scim-ledger witness`: an independent witness of logs, of ours or of anybody's.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { DataFolder, FolderInUse, holderOf } from "../../embedded/data-folder.ts";
import { WitnessFiles } from "../../ledger/file/witness-files.ts";
import { Malformed } from "../../ledger/malformed.ts";
import { cosigner } from "../../ledger/signing.ts";
import {
  ED25519,
  formatVerifierKey,
  isKeyName,
  parseVerifierKey,
  type VerifierKey,
} from "../../ledger/verifier-key.ts";
import type { Io } from "../io.ts";
import { EXIT, type ExitCode, misused, Problem } from "../problem.ts";
import { type Cli, examples } from "../verb.ts";
import { witnessServer } from "./witness-server.ts";

interface WitnessVerbOptions {
  readonly listen: string;
  readonly log: readonly string[];
  readonly name: string;
  readonly data: string;
}

export function addWitness({ program, io, ending }: Cli): void {
  program
    .command("witness")
    .description(
      "cosign heads of logs that continue those cosigned before: run it where the logs' administrators cannot write",
    )
    .requiredOption("--log <vkey...>", "the logs that it knows, by their verifier keys")
    .requiredOption("--name <name>", "its own name, such as witness.example.org")
    .option("--listen <address>", "where it listens", "127.0.0.1:3100")
    .option("--data <folder>", "where it keeps its key and the heads it has cosigned", "./witness")
    .addHelpText(
      "after",
      examples("scim-ledger witness --name witness.example.org --log id.example.com/ledger/v1/default+8f3c1a2b+AT…"),
    )
    .addHelpText("after", "\nIt speaks plain HTTP: put TLS before it where it listens beyond loopback.")
    .action(ending((options: WitnessVerbOptions) => witness(options, io)));
}

async function witness(options: WitnessVerbOptions, io: Io): Promise<ExitCode> {
  const logs = logsOf(options.log);
  const { host, port } = addressOf(options.listen);
  if (!isKeyName(options.name)) throw misused("--name must have neither blanks nor a plus");
  const folder = resolve(options.data);
  // Two processes could each cosign what the other did not see.
  const held = hold(folder);
  try {
    return await serveWitness(folder, logs, { host, port }, options.name, io);
  } finally {
    held[Symbol.dispose]();
  }
}

async function serveWitness(
  folder: string,
  logs: readonly VerifierKey[],
  { host, port }: { readonly host: string; readonly port: number },
  name: string,
  io: Io,
): Promise<ExitCode> {
  const memory = new WitnessFiles(folder);
  const signer = cosigner(name, memory.seed(), () => Math.floor(Date.now() / 1_000));
  const server = witnessServer({ logs, signer, memory, onFault: (error) => io.err(String(error)) });
  const asked = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  server.listen(port, host);
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    const says = CANNOT_LISTEN.get(error.code ?? "");
    throw says === undefined ? error : new Problem(`${host}:${port} ${says}: name another with --listen`);
  });
  io.out(`The witness listens on http://${host}:${(server.address() as AddressInfo).port}. Its verifier key:`);
  io.out(`  ${formatVerifierKey(signer.key)}`);
  await asked;
  server.close();
  server.closeAllConnections();
  return EXIT.ok;
}

const CANNOT_LISTEN: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "is taken by another process"],
  ["EADDRNOTAVAIL", "is no address of this machine"],
  ["EACCES", "is not for this user to listen on"],
]);

function hold(folder: string): DataFolder {
  try {
    return DataFolder.hold(folder);
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    throw new Problem(`${folder} is held by process ${holderOf(folder)?.pid}: stop it, or name another with --data`);
  }
}

function logsOf(texts: readonly string[]): readonly VerifierKey[] {
  try {
    const logs = texts.map(parseVerifierKey);
    if (logs.every(({ type }) => type === ED25519)) return logs;
  } catch (error) {
    if (error instanceof Malformed) throw misused(`--log: ${error.message}`);
    throw error;
  }
  throw misused("--log: that is the key of a witness, not of a log");
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(":");
  const port = Number(text.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Problem(`--listen is “${text}”; it must be an address and a port`, EXIT.misused);
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/u, "$1"), port };
}
