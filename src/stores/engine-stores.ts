// The stores of a service on engines: log, keys and read models each where the settings say. The node that holds the lease writes
// the read models; every node watches how far they are.
import { hostname } from "node:os";
import { refuseUnfitVault } from "../embedded/unfit-vault.ts";
import type { FindKey } from "../eventlog/codec.ts";
import { Visibility } from "../eventlog/visibility.ts";
import { watchCheckpoint } from "../nodes/checkpoint-watch.ts";
import { Terms } from "../nodes/terms.ts";
import { inTime } from "../readstore/mongodb/in-time.ts";
import { isShared, keysIn, type Settings } from "../settings/table.ts";
import { caughtUp, positionWithin } from "./caught-up.ts";
import { connectAs, lastingBeside } from "./connect-mongo.ts";
import { checksOf, watchLag } from "./engine-checks.ts";
import { startFileLedger } from "./file-ledger.ts";
import { bringUpToDate } from "./mongo-outdated.ts";
import { openMongoViews } from "./mongo-views.ts";
import { startNodeLedger } from "./node-ledger.ts";
import { openKeys } from "./open-keys.ts";
import { openLog } from "./open-log.ts";
import { ProjectionDuty } from "./projection-duty.ts";
import { refuseOtherKeys } from "./same-keys.ts";
import type { ServedStores, ServedStoresOptions } from "./served-stores.ts";
import { openSqliteViews } from "./sqlite-views.ts";

/** How long a start waits for one answer of MongoDB, ms. */
const ANSWERED_WITHIN = 10_000;

/** Opens the stores; resolves when the read models have all that was in the log at the start. Throws an Error that says why not. */
export async function openEngines(
  folder: string,
  settings: Settings,
  options: ServedStoresOptions,
): Promise<ServedStores> {
  const unwind = new AsyncDisposableStack();
  try {
    return await open(folder, settings, options, unwind);
  } catch (error) {
    await unwind.disposeAsync();
    throw error;
  }
}

async function open(
  folder: string,
  settings: Settings,
  options: ServedStoresOptions,
  unwind: AsyncDisposableStack,
): Promise<ServedStores> {
  const { log: say, metrics, baseUrl, onStart, onFailure } = options;
  const { readStore, node } = settings;
  onStart("the stores are being reached");
  if (settings.eventStore.engine === "sqlite" && keysIn(settings) === "file") refuseUnfitVault(folder);
  const mongo = readStore.engine === "sqlite" ? undefined : unwind.use(await connectAs(settings, readStore.uri));
  const keys = unwind.use(await openKeys(folder, settings, mongo));
  const log = await openLog(folder, settings, options);
  unwind.defer(() => log.close());
  const findKey: FindKey = (tenant, keyId) => keys.vault.open(tenant, keyId);
  const head = await log.head();
  if (mongo !== undefined)
    await bringUpToDate(mongo.database, { log, namespace: log.namespace, findKey, owner: node ?? hostname(), onStart });
  const views = unwind.use(
    mongo === undefined
      ? openSqliteViews(folder, head, baseUrl)
      : await openMongoViews(mongo.database, { baseUrl, node, log: say }),
  );
  const visibility = new Visibility(await positionWithin(log, views), settings.visibilityWaitMs);
  if (mongo !== undefined) await inTime(refuseOtherKeys(mongo.database, keys.vault), ANSWERED_WITHIN);

  const ending = new AbortController();
  const terms = new Terms({ lease: views.lease, signal: ending.signal, onFailure });
  const projection = new ProjectionDuty({ log, views, visibility, findKey, say });
  // What the others do has to become visible, to the last.
  terms.attendBelow((term) => projection.attend(term));
  const running = terms.run();
  const watching = new AbortController();
  const watched = watchCheckpoint({
    position: () => views.position(),
    visibility,
    signal: watching.signal,
    isTold: () => projection.goesWell && terms.term !== undefined,
    onFailure: (error) => say.warn({ err: error }, "the read models cannot be reached"),
  });
  const lag = watchLag(log, visibility);
  metrics.lagSecondsFrom(() => lag.behind() / 1_000);
  const endTerms = async () => {
    ending.abort();
    await running;
  };
  unwind.defer(async () => {
    lag.stop();
    await endTerms();
    watching.abort();
    await watched;
  });
  await caughtUp(visibility, head, { onStart });

  return {
    log,
    vault: keys.vault,
    readStore: views.readStore,
    ledger: views.ledger,
    visibility,
    namespace: log.namespace,
    shared: isShared(settings),
    terms,
    checks: checksOf({ log, views, visibility, terms, projection, behind: lag.behind }),
    onEnded: (listener) => projection.onEnded(listener),
    onTakenUp: (listener) => projection.onTakenUp(listener),
    startLedger: async (ledger) => {
      const { readStore, ledger: trees } = views;
      const parts = { ...ledger, stores: { log, readStore, ledger: trees, visibility, namespace: log.namespace } };
      if (keys.database === undefined && mongo === undefined) return startFileLedger(parts);
      const database = keys.database ?? lastingBeside(mongo!);
      return startNodeLedger({ ...parts, database, service: keys.service, signal: watching.signal });
    },
    endTerms,
    [Symbol.asyncDispose]: () => unwind.disposeAsync(),
  };
}
