// What the ledger's own work costs, without a service around it: a child process.
import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { TenantLedger } from "../../src/audit/tenant-ledger.ts";
import { judgeExport } from "../../src/cli/ledger/judge-export.ts";
import type { RecordedEvent } from "../../src/eventlog/event-log.ts";
import { ordinalOf, type Position } from "../../src/eventlog/event-log.ts";
import { formatCheckpoint } from "../../src/ledger/checkpoint.ts";
import { policyOfKeys } from "../../src/ledger/policy.ts";
import { rootAt } from "../../src/ledger/prove.ts";
import { formatNote } from "../../src/ledger/signed-note.ts";
import { noteSigner } from "../../src/ledger/signing.ts";
import { SqliteReadStore } from "../../src/readstore/sqlite/sqlite-read-store.ts";
import { viewsFile } from "../../src/readstore/sqlite/views-file.ts";
import { writeExport } from "./synthetic-export.ts";
import { eventIdOf, growTree, indexOfPlace } from "./synthetic-tree.ts";

export type LedgerMeasure = "proof" | "verify" | "tiles";

export interface MeasuringRequest {
  readonly measure: LedgerMeasure;
  readonly folder: string;
  readonly size: number;
  readonly rounds: number;
}

export interface MeasuringResult {
  /** One a round: milliseconds a proof, leaves in a second, bytes of tiles a leaf. */
  readonly values: readonly number[];
  readonly note?: string;
}

const TENANT = "acme";
const PROOFS = 300;

const MEASURES: Readonly<Record<LedgerMeasure, (request: MeasuringRequest) => Promise<MeasuringResult>>> = {
  /** The whole way from an event's id to a proof that stands alone. */
  async proof({ folder, size, rounds }) {
    growTree(folder, TENANT, size);
    const store = new SqliteReadStore(folder);
    const ledger = await ledgerOver(store, size);
    const round = async (): Promise<number> => {
      const began = performance.now();
      for (let count = 0; count < PROOFS; count++) {
        const index = Math.floor(Math.random() * size);
        const found = await ledger.indexOf(TENANT, eventIdOf(index));
        if (found !== index) throw new Error(`leaf ${index} was found at ${found}`);
        await ledger.proof(TENANT, index);
      }
      return (performance.now() - began) / PROOFS;
    };
    await round();
    const values: number[] = [];
    while (values.length < rounds) values.push(await round());
    await store.close();
    return { values };
  },

  /** By the clock, on one thread; the events are in the system's cache as far as they fit. */
  async verify({ folder, size, rounds }) {
    const policy = policyOfKeys([writeExport(folder, size)]);
    const values: number[] = [];
    const cpu: number[] = [];
    while (values.length < rounds) {
      const [began, used] = [performance.now(), process.cpuUsage()];
      const { word, says } = await judgeExport(folder, policy, {}, SILENT);
      if (word !== "SIGNED") throw new Error(says);
      values.push(size / ((performance.now() - began) / 1_000));
      const { user, system } = process.cpuUsage(used);
      cpu.push(size / ((user + system) / 1e6));
    }
    return { values, note: `${Math.round(cpu.sort((a, b) => a - b)[cpu.length >> 1]!)} leaves in a second of CPU` };
  },

  async tiles({ folder, size }) {
    growTree(folder, TENANT, size);
    using views = new DatabaseSync(viewsFile(folder), { readOnly: true });
    const { bytes } = views.prepare("SELECT sum(length(hashes)) AS bytes FROM ledger_tiles").get() as { bytes: number };
    const all = statSync(viewsFile(folder)).size / size;
    return { values: [bytes / size], note: `${all.toFixed(1)} bytes of file, with positions, ids and SQLite's pages` };
  },
};

/** A ledger whose log has one event, which stands at every place. */
async function ledgerOver(store: SqliteReadStore, size: number): Promise<TenantLedger> {
  const origin = `bench.example/${TENANT}`;
  const signer = noteSigner(origin, Buffer.alloc(32, 1));
  const root = await rootAt(size, ({ level, n }) => store.ledger.ledgerTile(TENANT, level, n));
  const text = formatCheckpoint({ origin, size, root });
  const checkpoint = formatNote({ text, signatures: [signer.sign(text)] });
  const readAt = async (positions: readonly Position[]): Promise<readonly RecordedEvent[]> => positions.map(eventAt);
  return new TenantLedger({
    ledgers: store.ledger,
    log: { readAt, read: async () => [] },
    namespace: "scim",
    keys: { name: "bench.example", signers: () => [signer], verifiers: () => [signer.key] },
    latest: () => checkpoint,
    failure: () => undefined,
  });
}

function eventAt(position: Position): RecordedEvent {
  const place = { stream: `scim.user-${TENANT}:01a2029e-835a-7d1f-97ce-399a572f0bcd`, type: "UserCreated" };
  const id = eventIdOf(indexOfPlace(ordinalOf(position)));
  const envelope = JSON.stringify({
    at: 1,
    data: {},
    id,
    metadata: {},
    revision: 0,
    tenant: TENANT,
    version: 1,
    ...place,
  });
  return { ...place, id, envelope, ciphertext: null, revision: 0, position };
}

const SILENT = {
  out: () => {},
  write: async () => {},
  err: () => {},
  progress: () => {},
  isRead: () => true,
  outIsTerminal: false,
  errIsTerminal: false,
  env: {},
};

process.on("disconnect", () => process.exit());
process.once("message", async (request: MeasuringRequest) => {
  process.send!(await MEASURES[request.measure](request));
});
