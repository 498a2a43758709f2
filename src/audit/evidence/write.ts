// Writes an evidence folder: leaves and events of a tenant up to a signed head, and the answer that follows from them.
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { eventKey, type FindKey } from "../../eventlog/codec.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import type { EventLog, RecordedEvent } from "../../eventlog/event-log.ts";
import { toBase64 } from "../../ledger/base64.ts";
import { parseCheckpoint } from "../../ledger/checkpoint.ts";
import { type CarriedEvent, writeCarried } from "../../ledger/evidence-file.ts";
import { sameBytes } from "../../ledger/hash.ts";
import type { LedgerKeys } from "../../ledger/keys.ts";
import { encodeLeaf } from "../../ledger/leaf.ts";
import { parseNote } from "../../ledger/signed-note.ts";
import { TILE_WIDTH, writeBundle } from "../../ledger/tiles.ts";
import { formatVerifierKey } from "../../ledger/verifier-key.ts";
import { leafRecordOf } from "../../projections/ledger/leaf-of.ts";
import type { LedgerStore } from "../../readstore/ledger-store.ts";
import { ScimError } from "../../scim/errors.ts";
import { type Derived, derive, type Sink } from "./derive.ts";
import { FILES, type FileName, LISTED, measure } from "./files.ts";
import { CarriedHistory } from "./history.ts";
import { keyLine } from "./keys.ts";
import { type Asking, digestIn, type Findings, manifestText } from "./manifest.ts";
import { pageText } from "./page.ts";
import type { KeyOf, Machinery } from "./replay.ts";

export interface EvidenceSources {
  readonly ledgers: Pick<LedgerStore, "ledgerPositions">;
  readonly log: Pick<EventLog, "readAt">;
  readonly openKey: FindKey;
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
  const { origin, size, root } = parseCheckpoint(parseNote(note).text);
  put(folder, FILES.checkpoint, [note]);
  put(folder, FILES.policy, [policyText(note, origin, sources.keys)]);
  await writeHistory(folder, asking.tenant, size, sources);
  const history = CarriedHistory.open(folder, asking);
  try {
    if (!sameBytes(history.root, root))
      throw new ScimError(409, undefined, `the first ${size} events are not those over which the head was signed`);
    const { findings, keys } = await answered(folder, history, asking, sources);
    put(folder, FILES.keys, linesOf(keys));
    const parts = { asking, findings, head: { origin, size, root: toBase64(root) } };
    put(folder, FILES.page, [pageText(parts)]);
    const files = LISTED.map((name) => ({ name, ...measure(join(folder, name)) }));
    const manifest = manifestText({ ...parts, files });
    put(folder, FILES.manifest, [manifest]);
    return { findings, disclosed: keys.map(([index]) => history.event(index).id), digest: digestIn(manifest) };
  } finally {
    history.close();
  }
}

/** The log's own keys under this note, and no witness: whom to trust is for whoever verifies. */
function policyText(note: string, origin: string, keys: LedgerKeys): string {
  const { signatures } = parseNote(note);
  const own = keys
    .verifiers(origin)
    .filter((key) => signatures.some(({ name, id }) => name === key.name && id === key.id));
  return [...own.map((key) => `log ${formatVerifierKey(key)}`), "quorum none", ""].join("\n");
}

async function writeHistory(
  folder: string,
  tenant: string,
  size: number,
  { ledgers, log }: EvidenceSources,
): Promise<void> {
  const leaves = openSync(join(folder, FILES.leaves), "wx", MODE);
  const events = openSync(join(folder, FILES.events), "wx", MODE);
  try {
    for (let n = 0; n * TILE_WIDTH < size; n++) {
      const first = n * TILE_WIDTH;
      const positions = (await ledgers.ledgerPositions(tenant, n)).slice(0, size - first);
      const recorded = await log.readAt(positions);
      writeSync(leaves, writeBundle(recorded.map((event) => encodeLeaf(leafRecordOf(event, readEnvelope(event))))));
      writeSync(events, Buffer.concat(recorded.map((event, at) => writeCarried(carried(event, first + at)))));
    }
  } finally {
    closeSync(events);
    closeSync(leaves);
  }
}

const carried = ({ envelope, ciphertext }: RecordedEvent, index: number): CarriedEvent => ({
  index,
  envelope: Buffer.from(envelope),
  ...(ciphertext === null ? {} : { ciphertext }),
});

async function answered(
  folder: string,
  history: CarriedHistory,
  asking: Asking,
  { openKey, machinery }: EvidenceSources,
): Promise<Derived> {
  const dataKeys = await dataKeysOf(history, asking.tenant, openKey);
  const keyOf: KeyOf = (_, event) => {
    const { key } = readEnvelope(event);
    const dataKey = key === undefined ? undefined : dataKeys.get(key);
    return dataKey === undefined ? undefined : eventKey(dataKey, event.id);
  };
  const sinks = { json: new FileSink(folder, FILES.json), csv: new FileSink(folder, FILES.csv) };
  try {
    return await derive(history, keyOf, asking, machinery, sinks);
  } finally {
    for (const sink of Object.values(sinks)) sink.close();
  }
}

const KEYS_AT_ONCE = 1_000;

/** The data keys of a history by their ids, so that replaying it waits for none. */
async function dataKeysOf(history: CarriedHistory, tenant: string, findKey: FindKey) {
  const found = new Map<string, Uint8Array | undefined>();
  for (let start = 0; start < history.size; start += KEYS_AT_ONCE) {
    const fresh = new Set<string>();
    for (let index = start; index < Math.min(history.size, start + KEYS_AT_ONCE); index++) {
      const { key } = readEnvelope(history.event(index));
      if (key !== undefined && !found.has(key)) fresh.add(key);
    }
    const ids = [...fresh];
    const secrets = await Promise.all(ids.map((id) => findKey(tenant, id)));
    for (const [at, id] of ids.entries()) found.set(id, secrets[at]);
  }
  return found;
}

const LINES_AT_ONCE = 1_000;

function* linesOf(keys: Derived["keys"]): Generator<string> {
  for (let start = 0; start < keys.length; start += LINES_AT_ONCE)
    yield keys
      .slice(start, start + LINES_AT_ONCE)
      .map(([index, key]) => keyLine(index, key))
      .join("");
}

const MODE = 0o600;

function put(folder: string, name: FileName, texts: Iterable<string>): void {
  const sink = new FileSink(folder, name);
  try {
    for (const text of texts) sink.write(text);
  } finally {
    sink.close();
  }
}

/** A new file. */
class FileSink implements Sink {
  readonly #file: number;

  constructor(folder: string, name: FileName) {
    this.#file = openSync(join(folder, name), "wx", MODE);
  }

  write(text: string): void {
    writeSync(this.#file, text);
  }

  end(): void {}

  close(): void {
    closeSync(this.#file);
  }
}
