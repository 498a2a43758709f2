// How a verb ends where it cannot do what was asked: a sentence for whoever typed it, and the exit code.
import { UnusableDefinitions } from "../definitions-at-start.ts";
import { FolderInUse } from "../embedded/data-folder.ts";
import { Fatal, Unavailable } from "../eventlog/event-log.ts";
import { NothingToAccept } from "../processes/checkpoints.ts";
import { MongoRefused } from "../readstore/mongodb/connection.ts";
import { AlreadyBuilding } from "../readstore/mongodb/generations/building.ts";
import { NewerFormat } from "../readstore/mongodb/generations/control.ts";
import { sentenceOfMongo } from "../readstore/mongodb/reading/unreachable.ts";
import { ScimError } from "../scim/errors.ts";
import { DamagedFile } from "../sqlite/damaged-file.ts";
import { VaultUnavailable } from "../vault/key-vault.ts";

/** Exit codes that every verb shares. */
export const EXIT = { ok: 0, failed: 1, misused: 2, interrupted: 130 } as const;
export type ExitCode = number;

/** The message is all that the user is told. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The end of a verb that was asked for something that it cannot do. */
export const misused = (message: string): Problem => new Problem(message, EXIT.misused);

/** What the system says, in words; `{subject}` is the path, or the address for the network's. */
const SYSTEM_ERRORS: ReadonlyMap<string, (subject: string) => string> = new Map([
  ["EADDRINUSE", (subject) => `${subject} is taken by another process: stop that, or choose another port with PORT`],
  ["EADDRNOTAVAIL", (subject) => `${subject} is no address of this machine: see HOST`],
  ["ENOTFOUND", (subject) => `${subject} is no known host: see HOST`],
  ["EACCES", (subject) => `${subject}: permission denied`],
  ["EPERM", (subject) => `${subject}: the system does not permit it`],
  ["EROFS", (subject) => `${subject} is on a read-only file system`],
  ["ENOENT", (subject) => `there is no ${subject}`],
  ["ENOTDIR", (subject) => `${subject} is no folder`],
  ["EEXIST", (subject) => `${subject} exists already and is no folder`],
  ["ENOSPC", (subject) => `no space is left on the disk of ${subject}`],
]);

/** Errors whose message is written for whoever typed the command. */
const SAYING = [
  Problem,
  // A question refuses its parameters in words for whoever asked it.
  ScimError,
  FolderInUse,
  VaultUnavailable,
  UnusableDefinitions,
  Unavailable,
  MongoRefused,
  NewerFormat,
  AlreadyBuilding,
  NothingToAccept,
];

/** One sentence for what a user can put right; undefined for a fault of the program, which needs its stack. */
export function sentenceOf(error: unknown): string | undefined {
  if (SAYING.some((kind) => error instanceof kind)) return (error as Error).message;
  if (error instanceof DamagedFile)
    return `${error.message}; “scim-ledger doctor” looks closer, and “scim-ledger restore” puts a backup in its place`;
  if (error instanceof Fatal) return `${error.message}; “scim-ledger doctor” looks closer`;
  if (!(error instanceof Error)) return undefined;
  const ofMongo = sentenceOfMongo(error);
  if (ofMongo !== undefined) return ofMongo;
  const system = error as NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string };
  // Errors of MongoDB and of gRPC have numbers.
  const code = typeof system.code === "string" ? system.code : "";
  const say = SYSTEM_ERRORS.get(code);
  if (say !== undefined) return say(subjectOf(system));
  if (code.startsWith("ERR_OSSL") || code.startsWith("ERR_TLS"))
    return `the TLS certificate and key cannot be used: ${error.message}`;
  // An Error of its own kind alone is one that was written to be read; all others are faults.
  return error.name === "Error" && (system.code === undefined || system.code === "ERR_SQLITE_ERROR")
    ? error.message
    : undefined;
}

const subjectOf = (error: NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string }): string =>
  error.port === undefined
    ? (error.path ?? error.hostname ?? error.message)
    : `port ${error.port} of ${error.address ?? "this machine"}`;
