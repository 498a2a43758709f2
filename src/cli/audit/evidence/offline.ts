// Evidence from a data folder whose service is stopped: the asking and the disclosure are recorded in its log as a service
// records them, and a head is signed over the asking.
import { StreamRecorder } from "../../../access/stream-recorder.ts";
import { inspected } from "../../../audit/answers/inspections.ts";
import { type EvidenceRequest, inspectionOf, makeEvidence } from "../../../audit/evidence/make.ts";
import type { Written } from "../../../audit/evidence/write.ts";
import { DataFolder } from "../../../embedded/data-folder.ts";
import { headsOf, openLedger } from "../../../embedded/open-ledger.ts";
import { machinery } from "../../../embedded/own-views.ts";
import { openStores } from "../../../embedded/stores.ts";
import { systemClock } from "../../../eventlog/clock.ts";
import { packageVersion } from "../../../package-version.ts";
import { createService } from "../../../service.ts";
import { Problem } from "../../problem.ts";

export interface OfflineOptions {
  /** The data folder. */
  readonly data: string;
  /** The folder of the ledger's keys and heads. */
  readonly ledgerFolder: string;
  readonly tenant: string;
  readonly baseUrl: string;
  /** Told how far a replay of the history is. */
  readonly onProgress: (done: number, all: number) => void;
}

const actor = { credential: "command-line", name: "scim-ledger audit evidence", kind: "service" } as const;

/** Fills an empty folder. Throws FolderInUse while the service runs, ScimError, a Problem. */
export async function evidenceFromFolder(
  out: string,
  readRequest: (now: number) => EvidenceRequest,
  options: OfflineOptions,
): Promise<Written> {
  const unwind = new AsyncDisposableStack();
  try {
    return await made(out, readRequest, options, unwind);
  } finally {
    await unwind.disposeAsync();
  }
}

async function made(
  out: string,
  readRequest: (now: number) => EvidenceRequest,
  { data, ledgerFolder, tenant, baseUrl, onProgress }: OfflineOptions,
  unwind: AsyncDisposableStack,
): Promise<Written> {
  unwind.use(DataFolder.hold(data));
  const stores = unwind.use(await openStores(data, { ledgerFolder }));
  const abort = new AbortController();
  unwind.defer(() => abort.abort());
  const clock = systemClock(await stores.readStore.effectiveAt(stores.visibility.position));
  const { keys, checkpoints } = await openLedger(stores, { folder: ledgerFolder, clock });
  const service = await createService({ ...stores, clock, signal: abort.signal });
  if (service.directory.tenant(tenant) === undefined) throw new Problem(`there is no tenant “${tenant}” in ${data}`);
  await service.erasing.resume();
  unwind.defer(() => service.erasing.settled());
  const request = readRequest(clock());
  const requestId = crypto.randomUUID();
  const inspection = { tenant, actor, requestId, ...inspectionOf(request) };
  return inspected(new StreamRecorder({ ...stores, clock }), inspection, async (tally, underway) => {
    const written = await makeEvidence(out, request, inspection, underway, {
      ...headsOf(keys, checkpoints),
      ledgers: stores.ledger,
      log: stores.log,
      store: stores.readStore,
      findKey: service.findKey,
      namespace: stores.namespace,
      base: `${baseUrl}/scim/v2`,
      version: packageVersion(),
      machinery: { ...machinery, onProgress },
      clock,
    });
    tally.rows = written.findings.rows;
    return written;
  });
}
