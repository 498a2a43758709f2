// Makes evidence on behalf of somebody: once the asking is recorded, under a head that is over it, and with the disclosed keys
// recorded before anything is handed out.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckpointSigned } from "../../domain/ledger-events.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import type { EventLog } from "../../eventlog/event-log.ts";
import { formatStreamName } from "../../eventlog/stream-name.ts";
import { parseCheckpoint } from "../../ledger/checkpoint.ts";
import { parseNote } from "../../ledger/signed-note.ts";
import type { LedgerStore } from "../../readstore/ledger-store.ts";
import { invalidValue, ScimError, tooMany } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import type { Inspection, Underway } from "../answers/inspections.ts";
import { formatInstant } from "../answers/instant.ts";
import { level } from "../answers/moment.ts";
import type { Question } from "../answers/question.ts";
import { questions } from "../questions.ts";
import type { Moments } from "../sources.ts";
import { FILES } from "./files.ts";
import { judgeEvidence } from "./judge.ts";
import { pagingIn } from "./manifest.ts";
import type { Machinery } from "./replay.ts";
import { type EvidenceSources, type Written, writeEvidence } from "./write.ts";

export interface MakerOptions extends EvidenceSources, Moments {
  readonly ledgers: LedgerStore;
  readonly log: Pick<EventLog, "readAt" | "read" | "head">;
  readonly namespace: string;
  /** What locations of resources begin with, without a slash at the end. */
  readonly base: string;
  /** This program's version. */
  readonly version: string;
  /** Signs the head of a tenant's tree, where it has grown. */
  readonly sign: (tenant: string) => Promise<void>;
  /** The last signed head of a tenant, a note. */
  readonly latest: (tenant: string) => string | undefined;
  /** Why a tenant's ledger is FAILED. */
  readonly failure: (tenant: string) => string | undefined;
  /** Leaves of the largest tree that is carried. */
  readonly mostLeaves?: number;
}

/** What evidence is asked for. */
export interface EvidenceRequest {
  readonly question: Question;
  /** In order of their names. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Leaves of the signed head that it is to rest on; absent: the present one. */
  readonly size?: number;
}

/** Reads a request as it was typed. Throws ScimError (404, 400 invalidValue). */
export function readEvidenceRequest(id: string, given: Readonly<Record<string, string>>, now: number): EvidenceRequest {
  const question = questions.find((one) => one.id === id);
  if (question === undefined) throw new ScimError(404, undefined, `there is no question ${quote(id)}`);
  const { size, ...rest } = given;
  const paging = pagingIn(rest);
  if (paging !== undefined) throw invalidValue(`${paging}: evidence has the whole answer`);
  const parameters = Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)));
  question.read(parameters, now);
  return { question, parameters, ...(size === undefined ? {} : { size: readSize(size) }) };
}

function readSize(text: string): number {
  const size = Number(text);
  if (!Number.isSafeInteger(size) || size < 1 || String(size) !== text)
    throw invalidValue("size: must be the number of leaves of a signed head");
  return size;
}

/** The name under which evidence is recorded as an inspection, beside the question's own parameters. */
export const inspectionOf = ({
  question,
  parameters,
  size,
}: EvidenceRequest): Pick<Inspection, "question" | "parameters"> => ({
  question: "evidence",
  parameters: { ...parameters, question: question.id, ...(size === undefined ? {} : { size: String(size) }) },
});

/** Fills an empty folder, while the inspection is under way. Throws ScimError. */
export async function makeEvidence(
  folder: string,
  request: EvidenceRequest,
  { tenant, actor, requestId }: Pick<Inspection, "tenant" | "actor" | "requestId">,
  underway: Underway,
  options: MakerOptions,
): Promise<Written> {
  const { question, parameters } = request;
  const { namespace, base, version, clock } = options;
  const note = await headFor(tenant, request.size, options);
  const { size } = parseCheckpoint(parseNote(note).text);
  if (size > (options.mostLeaves ?? Number.POSITIVE_INFINITY))
    throw tooMany(
      `the history has ${size} events, too many to be carried over HTTP: make the evidence on the machine of the service`,
    );
  const written = await writeEvidence(folder, { question, parameters, tenant, namespace, base }, note, options);
  const run = {
    madeAt: formatInstant(clock()),
    by: actor,
    requestId,
    inspection: underway.id,
    program: `scim-ledger ${version}`,
    digest: written.digest,
  };
  writeFileSync(join(folder, FILES.run), `${JSON.stringify(run, null, 2)}\n`, { flag: "wx", mode: 0o600 });
  await checkWritten(folder, options.machinery);
  await underway.disclose(written.disclosed);
  return written;
}

/** What its verifier would not take is never handed out. */
async function checkWritten(folder: string, machinery: Machinery): Promise<void> {
  const { verdict } = await judgeEvidence(folder, { machinery });
  if (verdict.word === "FAILED") throw new Error(`the evidence does not hold: ${verdict.says}`);
}

/** A head of this size; without one, a head that is over all that was written before, the asking itself among it. */
async function headFor(tenant: string, size: number | undefined, options: MakerOptions): Promise<string> {
  const failure = options.failure(tenant);
  if (failure !== undefined)
    throw new ScimError(409, undefined, `the ledger is FAILED, ${failure}: no evidence can rest on it`);
  if (size !== undefined) return earlierHead(tenant, size, options);
  await level(options);
  await options.sign(tenant);
  const note = options.latest(tenant);
  if (note === undefined) throw new ScimError(503, undefined, "no head of this ledger could be signed");
  return note;
}

const HEADS_AT_ONCE = 1_000;

/** From the newest: whoever asks again asks soon. */
async function earlierHead(tenant: string, size: number, options: MakerOptions): Promise<string> {
  const { log, ledgers, namespace, latest } = options;
  const present = latest(tenant);
  if (present !== undefined && sizeOf(present) === size) return present;
  const stream = formatStreamName(namespace, { category: "ledger", tenant });
  for (let end = (await ledgers.ledgerHead(tenant))?.revision ?? -1; end >= 0; end -= HEADS_AT_ONCE) {
    const after = Math.max(-1, end - HEADS_AT_ONCE);
    for (const event of (await log.read(stream, after, end - after)).toReversed()) {
      if (event.type !== SIGNED) continue;
      const data = readEnvelope(event).data as unknown as ReturnType<typeof CheckpointSigned>["data"];
      if (data.size === size) return data.note;
    }
  }
  throw new ScimError(404, undefined, `no head over ${size} leaves was signed`);
}

const SIGNED: (typeof CheckpointSigned)["type"] = "CheckpointSigned";

const sizeOf = (note: string): number => parseCheckpoint(parseNote(note).text).size;
