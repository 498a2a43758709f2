// Judges an evidence folder with nothing but its files: holds every file to the manifest, the events to the tree and the tree to
// its signed head, derives the answer again, and compares it byte for byte.
import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { toBase64 } from "../../ledger/base64.ts";
import type { Checkpoint } from "../../ledger/checkpoint.ts";
import { sameBytes } from "../../ledger/hash.ts";
import { type AtHand, failed, heldOf, readHead, Tampered, trustedHead, type Verdict } from "../../ledger/judge.ts";
import { worthOfTree } from "../../ledger/judge-tree.ts";
import { isTreeOf } from "../../ledger/keys.ts";
import { Malformed } from "../../ledger/malformed.ts";
import { type Policy, parsePolicy } from "../../ledger/policy.ts";
import { NotSigned, parseNote } from "../../ledger/signed-note.ts";
import { ScimError } from "../../scim/errors.ts";
import { checkCovered, type Derived, derive, type Sink } from "./derive.ts";
import { checkNames, FILES, type FileName, LISTED, measure } from "./files.ts";
import { CarriedHistory } from "./history.ts";
import { readKeys } from "./keys.ts";
import {
  type Asking,
  type Findings,
  type Listed,
  manifestText,
  OtherFormat,
  otherMember,
  readManifest,
} from "./manifest.ts";
import { pageText } from "./page.ts";
import { keysUnder, policyText } from "./policy-text.ts";
import type { Machinery, Replay } from "./replay.ts";
import { Scope } from "./scope.ts";

export interface Judged {
  readonly verdict: Verdict;
  /** What was asked, and what it came to; absent where something was tampered with. */
  readonly asking?: Asking;
  readonly findings?: Findings;
}

export interface JudgeOptions {
  /** Whom to trust; without it nobody. */
  readonly policy?: Policy | undefined;
  readonly atHand?: AtHand;
  readonly machinery: Machinery;
  /** Told how far the hashing is. */
  readonly onProgress?: (leaves: number, all: number) => void;
}

/** Throws what the system says where a file cannot be read, and OtherFormat; whatever else cannot be so is FAILED. */
export async function judgeEvidence(folder: string, options: JudgeOptions): Promise<Judged> {
  try {
    return await judge(folder, options);
  } catch (error) {
    if (error instanceof OtherFormat || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    return { verdict: failed(saysOf(error as Error), error instanceof Tampered ? error.index : undefined) };
  }
}

function saysOf(error: Error): string {
  if (error instanceof Tampered || error instanceof Malformed || error instanceof NotSigned) return error.message;
  if (error instanceof ScimError) return `the question in ${FILES.manifest} has no answer: ${error.message}`;
  return `its events cannot be replayed: ${error.message}`;
}

async function judge(folder: string, { policy, atHand = {}, machinery, onProgress }: JudgeOptions): Promise<Judged> {
  checkNames(folder);
  const manifest = textOf(folder, FILES.manifest);
  const { asking, files } = readManifest(manifest);
  await checkFiles(folder, files);
  const head = headsIn(folder, asking.tenant, policy, atHand.above);
  const { own } = head;
  const kept = heldOf(own.origin, atHand.held ?? [], policy);
  const history = await CarriedHistory.open(folder, {
    ...asking,
    heads: kept.filter(({ size }) => size <= own.size),
    onProgress: (leaves) => onProgress?.(leaves, own.size),
  });
  try {
    checkTree(history, own);
    const scope = asking.question.rests === "streams" ? new Scope(history) : undefined;
    checkCovered(history, scope);
    const { findings } = await derivedFrom(folder, asking, { history, machinery, scope });
    checkTexts(folder, manifest, { asking, findings, head: own, files });
    const worth = worthOfTree("evidence", { ...head, kept, met: history.met }, policy, atHand);
    return { verdict: weighed(worth, findings), asking, findings };
  } finally {
    history.close();
  }
}

async function checkFiles(folder: string, files: readonly Listed[]): Promise<void> {
  const names = files.map(({ name }) => name);
  if (names.join() !== LISTED.join()) throw new Tampered(`${FILES.manifest} does not list the files of evidence`);
  for (const { name, bytes, sha256 } of files) {
    const found = await measure(join(folder, name));
    if (found.sha256 !== sha256 || found.bytes !== bytes)
      throw new Tampered(`${name} is not the file that the manifest lists`);
  }
}

/** The head, and the one by which it is trusted; the policy in the folder must name the keys under it. */
function headsIn(folder: string, tenant: string, policy: Policy | undefined, above: string | undefined) {
  const note = textOf(folder, FILES.checkpoint);
  const given = textOf(folder, FILES.policy);
  const own = parsePolicy(given);
  const { origin } = readHead(note, own);
  const under = keysUnder(
    parseNote(note),
    own.logs.filter(({ name }) => name === origin),
  );
  if (given !== policyText(under))
    throw new Tampered(`${FILES.policy} does not name the keys under the head and no more`);
  if (!isTreeOf(origin, tenant)) throw new Tampered(`the events are of “${tenant}”, and the head of “${origin}”`);
  return trustedHead(note, policy, above);
}

function checkTree(history: CarriedHistory, head: Checkpoint): void {
  if (history.size !== head.size)
    throw new Tampered(`there are ${history.size} leaves and the head is over ${head.size}`, history.size);
  if (!sameBytes(history.root, head.root))
    throw new Tampered("the leaves are not those over which the head was signed");
}

async function derivedFrom(
  folder: string,
  asking: Asking,
  replay: Pick<Replay, "history" | "machinery" | "scope">,
): Promise<Derived> {
  const disclosed = await readKeys(folder, replay.history);
  const sinks = { json: new Comparison(folder, FILES.json), csv: new Comparison(folder, FILES.csv) };
  try {
    const derived = await derive(asking, { ...replay, keyOf: (index) => disclosed.get(index) }, sinks);
    const used = new Set(derived.keys.map(([index]) => index));
    const idle = [...disclosed.keys()].find((index) => !used.has(index));
    if (idle !== undefined)
      throw new Tampered(`${FILES.keys} discloses an event on which the answer does not rest`, idle);
    return derived;
  } finally {
    for (const sink of Object.values(sinks)) sink.close();
  }
}

function checkTexts(
  folder: string,
  manifest: string,
  { asking, findings, head, files }: { asking: Asking; findings: Findings; head: Checkpoint; files: readonly Listed[] },
): void {
  const { origin, size, root } = head;
  const parts = { asking, findings, head: { origin, size, root: toBase64(root) }, files };
  if (textOf(folder, FILES.page) !== pageText(parts))
    throw new Tampered(`${FILES.page} is not the page that belongs to this answer`);
  const follows = manifestText(parts);
  if (manifest === follows) return;
  const member = otherMember(JSON.parse(manifest), JSON.parse(follows));
  const where = member === undefined ? "" : `, of ${member}`;
  throw new Tampered(`${FILES.manifest} says otherwise than the other files${where}`);
}

/** Less than all, where something is left open. */
function weighed(verdict: Verdict, { unopened: { unexplained } }: Findings): Verdict {
  if (unexplained === 0) return verdict;
  const why = `${unexplained} events cannot be read, and the ledger does not say that their keys were destroyed`;
  return { ...verdict, enough: false, says: `${verdict.says}; ${why}` };
}

/** Bytes of the texts that are read as a whole: a manifest lists a few files, and parameters that fitted into a URL. */
const LONGEST_TEXT = 1_048_576;

function textOf(folder: string, name: FileName): string {
  const path = join(folder, name);
  if (statSync(path).size > LONGEST_TEXT) throw new Tampered(`${name} is longer than any evidence has it`);
  const bytes = readFileSync(path);
  if (!isUtf8(bytes)) throw new Tampered(`${name} is not UTF-8`);
  return bytes.toString();
}

/** Compares a text with a file while it is made. */
class Comparison implements Sink {
  readonly #name: FileName;
  readonly #file: number;
  #offset = 0;

  constructor(folder: string, name: FileName) {
    this.#name = name;
    this.#file = openSync(join(folder, name), "r");
  }

  write(text: string): void {
    const expected = Buffer.from(text);
    const found = Buffer.alloc(expected.length);
    const length = readSync(this.#file, found, 0, found.length, this.#offset);
    if (length < found.length || Buffer.compare(found, expected) !== 0) throw this.#other();
    this.#offset += length;
  }

  end(): void {
    if (readSync(this.#file, Buffer.alloc(1), 0, 1, this.#offset) > 0) throw this.#other();
  }

  close(): void {
    closeSync(this.#file);
  }

  #other(): Tampered {
    return new Tampered(`${this.#name} is not the answer that follows from the events (after byte ${this.#offset})`);
  }
}
