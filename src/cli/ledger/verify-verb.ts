// `scim-ledger verify`: judges a proof, an export or evidence, with nothing but the files that are named.
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Option } from "commander";
import { z } from "zod";
import { OtherFormat } from "../../audit/evidence/manifest.ts";
import {
  type AtHand,
  exitCodeOf,
  type Growth,
  type JudgedProof,
  judgeProof,
  readHead,
  type Verdict,
} from "../../ledger/judge.ts";
import type { LeafRecord } from "../../ledger/leaf.ts";
import { Malformed } from "../../ledger/malformed.ts";
import { type Policy, parsePolicy, policyOfKeys } from "../../ledger/policy.ts";
import { hashes } from "../../ledger/tlog-proof.ts";
import { ED25519, parseVerifierKey } from "../../ledger/verifier-key.ts";
import type { Io } from "../io.ts";
import { oneLine, printable, printableJson } from "../printable.ts";
import { type ExitCode, Problem } from "../problem.ts";
import { type Cli, examples, exitCodes } from "../verb.ts";
import { findingsOf, isEvidence, judgeCase, sayFindings } from "./judge-case.ts";
import { judgeExport } from "./judge-export.ts";

interface VerifyOptions {
  readonly key?: readonly string[];
  readonly policy?: string;
  readonly head?: readonly string[];
  readonly consistency?: readonly string[];
  readonly instance?: string;
  readonly json?: true;
}

/** The exit code for a wrong command line: 1 and 2 are verdicts here. */
export const MISUSED = 3;

export function addVerify({ program, io, ending }: Cli): void {
  program
    .command("verify")
    .description("judge a proof, an export or the evidence for an answer, offline")
    .argument("<path>", "a .tlog-proof, or the folder of an export or of evidence")
    .addOption(many("--key <vkey...>", "a key of the log that you trust, got from elsewhere than the proof"))
    .option("--policy <file>", "whom you trust, as c2sp.org/tlog-policy writes it, instead of --key")
    .addOption(many("--head <file...>", "a head of the log that you have kept, or of the instance"))
    .addOption(many("--consistency <file...>", "what /consistency answered: that one head continues another"))
    .option(
      "--instance <file>",
      "a proof that the head is in the instance's tree, whose head then says what it is worth",
    )
    .option("--json", "print the verdict as JSON")
    .addHelpText(
      "after",
      examples(
        "scim-ledger verify e.tlog-proof --policy our.policy",
        "scim-ledger verify case-17/ --policy our.policy",
      ),
    )
    .addHelpText(
      "after",
      exitCodes({
        0: "it holds, and is all that the policy asks for",
        1: "FAILED: something was tampered with",
        2: "it holds, and is not all that is asked for: UNANCHORED, or too few witnesses",
        3: "it was not asked rightly, or another version has to be asked",
      }),
    )
    .action(ending((path: string, options: VerifyOptions) => verify(path, options, io)));
}

const many = (flags: string, says: string): Option => new Option(flags, says);

async function verify(path: string, options: VerifyOptions, io: Io): Promise<ExitCode> {
  refuseOwn(path, options);
  const policy = policyOf(options);
  const atHand: AtHand = {
    held: (options.head ?? []).map(readHeld),
    growths: (options.consistency ?? []).map(readGrowth),
    ...(options.instance === undefined ? {} : { above: read(options.instance) }),
  };
  if (!existsSync(path)) throw new Problem(`there is no ${path}`, MISUSED);
  if (statSync(path).isDirectory() && isEvidence(path)) {
    const judged = await judgeCase(path, policy, atHand, io).catch(refuseOtherFormat);
    say(judged.verdict, { more: findingsOf(judged) }, options, io);
    if (options.json !== true) sayFindings(judged, io);
    return exitCodeOf(judged.verdict);
  }
  if (statSync(path).isDirectory()) {
    const verdict = await judgeExport(path, policy, atHand, io);
    say(verdict, {}, options, io);
    return exitCodeOf(verdict);
  }
  const { verdict, ...proved } = judgeProof(read(path), policy, atHand);
  say(verdict, proved, options, io);
  return exitCodeOf(verdict);
}

function refuseOtherFormat(error: unknown): never {
  throw error instanceof OtherFormat ? new Problem(error.message, MISUSED) : error;
}

/** Whoever makes a folder anew makes its policy and its head too: by those, every folder would hold. */
function refuseOwn(path: string, { policy, head = [] }: VerifyOptions): void {
  if (!existsSync(path) || !statSync(path).isDirectory()) return;
  const folder = realpathSync(path);
  for (const file of [...(policy === undefined ? [] : [policy]), ...head].filter((one) => existsSync(one)))
    if (dirname(realpathSync(file)) === folder)
      throw new Problem(
        `${file} came with what is to be judged, and whoever forged the one wrote the other: name a policy, a --key or a --head that you have from elsewhere`,
        MISUSED,
      );
}

/** A head that was kept. What is none says nothing of what is to be judged. */
function readHeld(path: string): string {
  const note = read(path);
  try {
    readHead(note, undefined);
    return note;
  } catch (error) {
    if (error instanceof Malformed) throw new Problem(`${path} is no head: ${error.message}`, MISUSED);
    throw error;
  }
}

function policyOf({ key, policy }: VerifyOptions): Policy | undefined {
  if (key !== undefined && policy !== undefined)
    throw new Problem("--key and --policy exclude each other: write the key into the policy", MISUSED);
  try {
    if (policy !== undefined) return parsePolicy(read(policy));
    if (key === undefined) return undefined;
    const keys = key.map(parseVerifierKey);
    if (keys.some(({ type }) => type !== ED25519))
      throw new Malformed("--key is a log's; name witnesses in a --policy");
    return policyOfKeys(keys);
  } catch (error) {
    if (error instanceof Malformed) throw new Problem(error.message, MISUSED);
    throw error;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Problem(`${path} cannot be read: ${(error as Error).message}`, MISUSED);
  }
}

const growth = z.object({ from: z.int().min(0), to: z.int().min(0), hashes: z.array(z.string()) });

/** What `/consistency` answered. */
function readGrowth(path: string): Growth {
  try {
    const { from, to, hashes: lines } = growth.parse(JSON.parse(read(path)));
    return { from, to, path: hashes(lines) };
  } catch (error) {
    if (error instanceof Malformed || error instanceof z.ZodError || error instanceof SyntaxError)
      throw new Problem(`${path} is no answer of /consistency`, MISUSED);
    throw error;
  }
}

type Proved = Omit<JudgedProof, "verdict"> & { readonly more?: object };

function say(verdict: Verdict, { leaf, note, more = {} }: Proved, { json }: VerifyOptions, io: Io): void {
  const { word, says, index, enough } = verdict;
  if (json) {
    io.out(
      printableJson(
        {
          verdict: word,
          says,
          enough,
          ...(index === undefined ? {} : { index }),
          ...leafOf(leaf),
          ...(note === undefined ? {} : { note }),
          ...more,
        },
        2,
      ),
    );
    return;
  }
  // Whoever made the files chose these words: none of them may look like another verdict.
  io.out(oneLine(`${word}: ${says}${index === undefined ? "" : ` (leaf ${index})`}`));
  if (leaf !== undefined)
    io.out(
      oneLine(
        `The leaf is revision ${leaf.revision} of ${leaf.stream}: ${leaf.type} at ${timeOf(leaf)}, envelope ${hexOf(leaf.envelope)}.`,
      ),
    );
  if (note !== undefined) io.out(`The leaf is this word of a tenant's ledger:\n${printable(note.trimEnd())}`);
}

const timeOf = ({ at }: LeafRecord): string => new Date(at / 1_000).toISOString();
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const leafOf = (leaf: LeafRecord | undefined): object => {
  if (leaf === undefined) return {};
  const { tenant, stream, revision, type, at, envelope, ciphertext, commitment } = leaf;
  const hashes = { envelope, ciphertext, commitment };
  const inHex = Object.fromEntries(
    Object.entries(hashes).flatMap(([name, hash]) => (hash === undefined ? [] : [[name, hexOf(hash)]])),
  );
  return { leaf: { tenant, stream, revision, type, at, ...inHex } };
};
