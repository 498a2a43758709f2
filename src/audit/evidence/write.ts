// Writes an evidence folder: leaves and events of a tenant up to a signed head, and the answer that follows from them.
import { join } from "node:path";
import type { FindKey } from "../../eventlog/codec.ts";
import { toBase64 } from "../../ledger/base64.ts";
import { type Checkpoint, parseCheckpoint } from "../../ledger/checkpoint.ts";
import { sameBytes } from "../../ledger/hash.ts";
import type { LedgerKeys } from "../../ledger/keys.ts";
import { parseNote } from "../../ledger/signed-note.ts";
import { ScimError } from "../../scim/errors.ts";
import { keysFrom } from "./data-keys.ts";
import { ALWAYS, type Derived, derive } from "./derive.ts";
import { FileSink, put } from "./file-sink.ts";
import { FILES, LISTED, measure } from "./files.ts";
import { CarriedHistory } from "./history.ts";
import { keyLine } from "./keys.ts";
import { type Asking, digestIn, type Findings, type Listed, manifestText } from "./manifest.ts";
import { pageText } from "./page.ts";
import { keysUnder, policyText } from "./policy-text.ts";
import type { Machinery, Replay } from "./replay.ts";
import { Scope } from "./scope.ts";
import { narrow, type TreeSources, writeHistory } from "./write-history.ts";

export interface EvidenceSources extends TreeSources {
  readonly findKey: FindKey;
  readonly keys: LedgerKeys;
  readonly machinery: Machinery;
}

export interface Written {
  readonly findings: Findings;
  /** Ids of the events whose keys the folder discloses. */
  readonly disclosed: readonly string[];
  readonly digest: string;
}

/** Writes all files but the run's into a folder, which must be empty. Throws ScimError where the question has no answer. */
export async function writeEvidence(
  folder: string,
  asking: Asking,
  note: string,
  sources: EvidenceSources,
): Promise<Written> {
  const head = parseCheckpoint(parseNote(note).text);
  put(folder, FILES.checkpoint, [note]);
  put(folder, FILES.policy, [policyText(keysUnder(parseNote(note), sources.keys.verifiers(head.origin)))]);
  const { history, keyOf } = await carry(folder, asking, head, sources);
  try {
    const { findings, keys } = await answer(folder, asking, { history, keyOf, machinery: sources.machinery });
    put(folder, FILES.keys, linesOf(keys));
    const { origin, size, root } = head;
    const parts = { asking, findings, head: { origin, size, root: toBase64(root) } };
    put(folder, FILES.page, [pageText(parts)]);
    const files: Listed[] = [];
    for (const name of LISTED) files.push({ name, ...(await measure(join(folder, name))) });
    const manifest = manifestText({ ...parts, files });
    put(folder, FILES.manifest, [manifest]);
    return { findings, disclosed: keys.map(([index]) => history.event(index).id), digest: digestIn(manifest) };
  } finally {
    history.close();
  }
}

type Carried = Pick<Replay, "history" | "keyOf">;

/** The events that the answer rests on: all of them, or those that a look through all of them found. */
async function carry(
  folder: string,
  asking: Asking,
  { size, root }: Checkpoint,
  sources: EvidenceSources,
): Promise<Carried> {
  await writeHistory(folder, asking.tenant, size, sources);
  const history = await CarriedHistory.open(folder, asking);
  try {
    if (!sameBytes(history.root, root))
      throw new ScimError(409, undefined, `the first ${size} events are not those over which the head was signed`);
    const keyOf = await keysFrom(history, asking.tenant, sources.findKey);
    if (asking.question.rests !== "streams") return { history, keyOf };
    const { streams } = await scopeOf(asking, { history, keyOf, machinery: sources.machinery });
    const always = new Set(history.leaves.ofType(ALWAYS));
    await narrow(folder, history, (index) => always.has(index) || streams.has(history.leaves.streamOf(index)));
    history.close();
    return { history: await CarriedHistory.open(folder, asking), keyOf };
  } catch (error) {
    history.close();
    throw error;
  }
}

const nowhere = { write: () => {}, end: () => {} };

async function scopeOf(asking: Asking, replay: Omit<Replay, "base">): Promise<Scope> {
  const scope = new Scope(replay.history);
  await derive(asking, { ...replay, scope }, { json: nowhere, csv: nowhere });
  return scope;
}

async function answer(folder: string, asking: Asking, replay: Omit<Replay, "base">): Promise<Derived> {
  const scope = asking.question.rests === "streams" ? new Scope(replay.history) : undefined;
  const json = new FileSink(folder, FILES.json);
  const csv = new FileSink(folder, FILES.csv);
  try {
    return await derive(asking, { ...replay, scope }, { json, csv });
  } finally {
    json.close();
    csv.close();
  }
}

const LINES_AT_ONCE = 1_000;

function* linesOf(keys: Derived["keys"]): Generator<string> {
  for (let start = 0; start < keys.length; start += LINES_AT_ONCE)
    yield keys
      .slice(start, start + LINES_AT_ONCE)
      .map(([index, key]) => keyLine(index, key))
      .join("");
}
