// The embedded mode as the service stands on it: everything in files of this process, which does alone what one node does.
import { openStores, type Stores } from "../embedded/stores.ts";
import { ordinalOf } from "../eventlog/event-log.ts";
import { lifelong, Terms } from "../nodes/terms.ts";
import type { Settings } from "../settings/table.ts";
import { startFileLedger } from "./file-ledger.ts";
import type { ServedStores, ServedStoresOptions } from "./served-stores.ts";

/** Events behind the log from which on the service is not ready. */
const LAGGING = 10_000;

/** Opens or makes the stores of a folder that this process holds; resolves when the read models have caught up. */
export async function openEmbedded(
  folder: string,
  settings: Settings,
  options: ServedStoresOptions,
): Promise<ServedStores> {
  const { metrics, baseUrl, onStart, onProgress, onFailure, onLost } = options;
  const stores = await openStores(folder, {
    ...(settings.namespace === undefined ? {} : { namespace: settings.namespace }),
    ...(settings.ledgerFolder === undefined ? {} : { ledgerFolder: settings.ledgerFolder }),
    visibilityMs: settings.visibilityWaitMs,
    baseUrl,
    onProgress: (position, head) => {
      onStart(`the read models are at event ${ordinalOf(position)} of ${ordinalOf(head)}`);
      onProgress?.(position, head);
    },
    onLost,
    onBatch: (appends) => metrics.appendBatchSize.observe(appends),
  });
  const lag = lagOf(stores);
  metrics.lagFrom(lag);
  const ending = new AbortController();
  const terms = new Terms({ lease: lifelong, signal: ending.signal, onFailure });
  const running = terms.run();
  const endTerms = () => {
    ending.abort();
    return running;
  };
  return {
    ...stores,
    shared: false,
    // What was written while nobody listened is told when it is projected.
    onTakenUp: () => undefined,
    terms,
    checks: [
      {
        name: "event log",
        check: async () => {
          const failure = stores.writeFailure();
          if (failure !== undefined) return { ok: false, says: `the last append failed: ${failure}` };
          return { ok: true, says: `at event ${ordinalOf(await stores.log.head())}` };
        },
      },
      {
        name: "read models",
        check: async () => {
          const { stalled } = stores.visibility;
          if (stalled !== undefined) return { ok: false, says: `they cannot be written: ${stalled}` };
          const behind = await lag();
          return { ok: behind < LAGGING, says: behind <= 0 ? "level with the log" : `${behind} events behind the log` };
        },
      },
    ],
    startLedger: (ledger) => startFileLedger({ ...ledger, stores }),
    endTerms,
    async [Symbol.asyncDispose]() {
      await endTerms();
      await stores[Symbol.asyncDispose]();
    },
  };
}

const lagOf = (stores: Stores) => async () =>
  ordinalOf(await stores.log.head()) - ordinalOf(stores.visibility.position);
