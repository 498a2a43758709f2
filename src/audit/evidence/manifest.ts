// The manifest of an evidence folder: how this list was made. It follows from the other files, so that a verifier makes it
// anew and compares, byte for byte.
import { createHash } from "node:crypto";
import { z } from "zod";
import { isNamespace } from "../../eventlog/stream-name.ts";
import { Tampered } from "../../ledger/judge.ts";
import { isObject, type Json } from "../../scim/json.ts";
import type { Question } from "../answers/question.ts";
import { questions } from "../questions.ts";
import { FILES } from "./files.ts";

const KIND = "scim-ledger evidence";
/** A format stands for the wording of answers: what is worded otherwise is verified by the version that made it. */
export const FORMAT = 3;

/** Made by another version, which is not to say that anything is wrong with it. */
export class OtherFormat extends Error {
  override readonly name = "OtherFormat";
  constructor(format: number) {
    super(
      `this is evidence of format ${format}, and this version of scim-ledger verifies format ${FORMAT}: verify it with the version that made it, which ${FILES.run} names`,
    );
  }
}

/** What was asked, of what: all that the manifest says which does not follow from other files. */
const asking = z.object({
  kind: z.literal(KIND),
  format: z.literal(FORMAT),
  question: z.string(),
  parameters: z.record(z.string(), z.string()),
  tenant: z.string(),
  namespace: z.string().refine(isNamespace),
  // Proved by nothing, so that it must be what it is for and no text for a reader.
  base: z.url({ protocol: /^https?$/u }),
});

export interface Asking {
  readonly question: Question;
  /** As they were given, in order of their names. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly tenant: string;
  /** What names of streams begin with. */
  readonly namespace: string;
  /** What locations of resources begin with. */
  readonly base: string;
}

/** What an answer came to. */
export interface Findings {
  readonly asOf: string | null;
  readonly position: string;
  readonly knownAt: string | null;
  readonly rows: number;
  readonly leaves: number;
  readonly events: number;
  readonly streams: number;
  /** Events whose keys are disclosed. */
  readonly keys: number;
  /** Events that the answer rests on and that nobody can read any more. */
  readonly unopened: {
    /** The ledger says that their keys were destroyed. */
    readonly destroyed: number;
    /** It does not. */
    readonly unexplained: number;
    /** Persons, resources and records that they speak of. */
    readonly subjects: number;
  };
}

export interface Listed {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface ManifestParts {
  readonly asking: Asking;
  readonly findings: Findings;
  readonly head: { readonly origin: string; readonly size: number; readonly root: string };
  readonly files: readonly Listed[];
}

export function manifestText({ asking, findings, head, files }: ManifestParts): string {
  const { question, parameters, tenant, namespace, base } = asking;
  const { asOf, position, knownAt, leaves, ...counts } = findings;
  const manifest = {
    kind: KIND,
    format: FORMAT,
    question: question.id,
    asks: question.asks,
    parameters,
    tenant,
    namespace,
    base,
    asOf,
    position,
    knownAt,
    rests: question.rests ?? "tenant",
    tree: head,
    indexes: { first: 0, last: leaves - 1 },
    counts: { ...counts, leaves },
    files,
    unlisted: [FILES.run],
  };
  return `${JSON.stringify({ ...manifest, digest: digestOf(manifest) }, null, 2)}\n`;
}

/** The first member in which a manifest is not the one that follows; undefined where only its bytes are others. */
export function otherMember(said: Json, follows: Json): string | undefined {
  if (!isObject(said) || !isObject(follows)) return undefined;
  if (Object.keys(said).some((name) => !Object.hasOwn(follows, name))) return "a member that it does not have";
  for (const [name, value] of Object.entries(follows)) {
    const found = Object.hasOwn(said, name) ? said[name] : undefined;
    if (JSON.stringify(found) === JSON.stringify(value)) continue;
    const within = found === undefined ? undefined : otherMember(found, value!);
    return within === undefined ? name : `${name}.${within}`;
  }
  return undefined;
}

/** SHA-256 of a manifest without its digest, in hex: the same for the same question of the same head. */
export const digestOf = (manifest: object): string =>
  createHash("sha256")
    .update(JSON.stringify(manifest, null, 2))
    .digest("hex");

/** The digest that a manifest names. */
export const digestIn = (text: string): string => (JSON.parse(text) as { readonly digest: string }).digest;

/** Throws Tampered where this is no manifest that this version reads, OtherFormat where another one does. */
export function readManifest(text: string): { readonly asking: Asking; readonly files: readonly Listed[] } {
  const parsed = jsonIn(text);
  const { digest, ...rest } = (isObject(parsed) ? parsed : {}) as Readonly<Record<string, unknown>>;
  if (digest !== digestOf(rest)) throw new Tampered(`${FILES.manifest} is not the one that its digest stands for`);
  if (
    isObject(parsed) &&
    parsed["kind"] === KIND &&
    typeof parsed["format"] === "number" &&
    parsed["format"] !== FORMAT
  )
    throw new OtherFormat(parsed["format"]);
  const said = asking.safeParse(parsed);
  const listed = z.object({ files: z.array(listedFile) }).safeParse(parsed);
  if (!said.success || !listed.success)
    throw new Tampered(`${FILES.manifest} is no manifest of evidence that this version reads`);
  const { question: id, parameters, tenant, namespace, base } = said.data;
  const question = questions.find((one) => one.id === id);
  if (question === undefined) throw new Tampered(`${FILES.manifest} names no question of this version`);
  const paging = pagingIn(parameters);
  if (paging !== undefined) throw new Tampered(`${FILES.manifest} asks for a part of the answer: ${paging}`);
  return { asking: { question, parameters, tenant, namespace, base }, files: listed.data.files };
}

/** What cuts an answer into pages: evidence has the whole one. */
const PAGING: readonly string[] = ["cursor", "limit"];

/** The name of a parameter by which not the whole answer would be given. */
export const pagingIn = (parameters: Readonly<Record<string, string>>): string | undefined =>
  PAGING.find((name) => Object.hasOwn(parameters, name));

const listedFile = z.strictObject({ name: z.string(), bytes: z.int(), sha256: z.string() });

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Tampered(`${FILES.manifest} is not JSON`);
  }
}
