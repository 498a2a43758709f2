// The composition root: settings → data folder → stores → services → HTTP → an orderly end. Reads top to bottom.
import type { RequestListener } from "node:http";
import { resolve } from "node:path";
import { Attempts } from "./access/attempts.ts";
import { SYSTEM_TENANT } from "./access/tenant-name.ts";
import { clientsFrom } from "./audit/clients.ts";
import { Inspections } from "./audit/inspections.ts";
import type { Sources } from "./audit/sources.ts";
import { packageVersion } from "./cli/package.ts";
import { applyDefinitions } from "./definitions-at-start.ts";
import { DataFolder } from "./embedded/data-folder.ts";
import { startLedger } from "./embedded/ledger-service.ts";
import { machinery } from "./embedded/own-views.ts";
import { openStores } from "./embedded/stores.ts";
import { systemClock } from "./eventlog/clock.ts";
import { ordinalOf, type Position } from "./eventlog/event-log.ts";
import { type FirstToken, prepareTenants } from "./first-start.ts";
import { createApp } from "./http/app.ts";
import { presentFrom } from "./http/audit/present.ts";
import { auditRoutes } from "./http/audit/routes.ts";
import type { ReadinessCheck } from "./http/health.ts";
import type { Logger } from "./http/log.ts";
import { Metrics } from "./http/metrics.ts";
import { startServer } from "./http/server.ts";
import { startingListener } from "./http/starting.ts";
import { reconcileAtStart } from "./processes/reconciler.ts";
import { createService } from "./service.ts";
import type { Settings } from "./settings/table.ts";

export interface Running {
  readonly url: string;
  readonly baseUrl: string;
  /** The data folder, absolute. */
  readonly folder: string;
  /** Tokens that this start made; none on any later start. */
  readonly firstTokens: readonly FirstToken[];
  /** Rejects when the service can no longer do its work. */
  readonly lost: Promise<never>;
  /** Stops accepting, finishes what is under way, and gives the folder back. */
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly log: Logger;
  /** Told while the read models are built or catch up. */
  readonly onProgress?: (position: Position, head: Position) => void;
}

/** Starts the service; resolves once it serves. Throws FolderInUse, and what the system says of the port. */
export async function serve(settings: Settings, options: ServeOptions): Promise<Running> {
  const unwind = new AsyncDisposableStack();
  try {
    return await start(settings, options, unwind);
  } catch (error) {
    await unwind.disposeAsync();
    throw error;
  }
}

/** Each part that has an end leaves it on `unwind`, which ends them in reverse. */
async function start(
  settings: Settings,
  { log, onProgress }: ServeOptions,
  unwind: AsyncDisposableStack,
): Promise<Running> {
  const abort = new AbortController();
  unwind.defer(() => abort.abort());
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);

  const folder = unwind.use(DataFolder.hold(resolve(settings.data)));

  let progress = "the read models are being opened";
  let listener: RequestListener = startingListener(() => progress);
  const server = await startServer(settings, () => (request, response) => listener(request, response));
  unwind.defer(() => server.close());
  folder.announce(server.url);

  const metrics = new Metrics();
  metrics.addProcessMetrics();
  const stores = unwind.use(
    await openStores(folder.path, {
      visibilityMs: settings.visibilityWaitMs,
      baseUrl: `${server.baseUrl}/scim/v2`,
      onProgress: (position, head) => {
        progress = `the read models are at event ${ordinalOf(position)} of ${ordinalOf(head)}`;
        onProgress?.(position, head);
      },
      onLost: lost.reject,
      onBatch: (appends) => metrics.appendBatchSize.observe(appends),
    }),
  );

  const clock = systemClock(await stores.readStore.effectiveAt(stores.visibility.position));
  const { signal } = abort;
  const ledger = await startLedger({ data: folder.path, stores, settings, clock, metrics, log, signal });
  const { adminToken } = settings;
  const service = await createService({
    ...stores,
    clock,
    admit: ledger.admit,
    signal: abort.signal,
    ...(adminToken === undefined ? {} : { adminToken }),
    onFailure: (error) => log.warn({ err: error }, "a background task failed and is tried again"),
  });
  const firstTokens = await prepareTenants(service.tenants, service.directory, stores.vault);
  if (settings.schemas !== undefined) {
    const applied = await applyDefinitions(settings.schemas, service.definitions, service.directory);
    log.info(applied, "definitions of schemas and resource types are in effect");
  }

  const lag = async () => ordinalOf(await stores.log.head()) - ordinalOf(stores.visibility.position);
  metrics.lagFrom(lag);
  const attempts = new Attempts(service.recorder, {
    onDropped: (count) => metrics.attemptsDropped.inc(count),
    onFailure: (error) => log.warn({ err: error }, "rejected requests could not be recorded yet"),
  });
  const readiness: readonly ReadinessCheck[] = [
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
    ledger.readiness,
  ];
  const inspections = new Inspections(service.recorder);
  const version = packageVersion();
  const stopping = new AbortController();
  const sources: Sources = {
    store: stores.readStore,
    log: stores.log,
    openKey: service.openKey,
    clientOf: clientsFrom(stores.log, stores.namespace, service.openKey),
    types: service.directory,
    present: presentFrom(stores.readStore, service.directory, `${server.baseUrl}/scim/v2`),
    clock: service.loop.clock,
  };
  await service.erasing.resume();
  listener = createApp({
    ...service,
    settings,
    baseUrl: server.baseUrl,
    readStore: stores.readStore,
    moments: sources,
    inspections,
    attempts,
    metrics,
    log,
    readiness,
    routes: [
      ...auditRoutes({
        sources,
        inspections,
        recorder: service.recorder,
        bodies: settings,
        version,
        stopping: stopping.signal,
        evidence: {
          ...sources,
          ...ledger.heads,
          ledgers: stores.ledger,
          namespace: stores.namespace,
          base: `${server.baseUrl}/scim/v2`,
          version,
          machinery,
        },
      }),
      ...ledger.routes(inspections),
    ],
  });

  stores.onEnded((ended) => service.membershipEnding.begin(ended));
  await service.membershipEnding.sweep();
  const reconciling = reconcileAtStart({ ...service, ...stores, signal: abort.signal });

  ledger.run();

  const { recordMonths } = settings;
  const sweeping =
    recordMonths === undefined
      ? undefined
      : service.keyRetention.sweepDaily(() => [...service.directory.tenants().keys(), SYSTEM_TENANT], recordMonths, {
          signal: abort.signal,
          onFailure: (error) => log.warn({ err: error }, "keys of months that are over could not be destroyed yet"),
        });

  return {
    url: server.url,
    baseUrl: server.baseUrl,
    folder: folder.path,
    firstTokens,
    lost: lost.promise,
    async close() {
      try {
        stopping.abort();
        await server.close();
        await inspections.settled();
        await attempts.close();
        abort.abort();
        await service.membershipEnding.settled();
        await service.erasing.settled();
        await reconciling;
        await sweeping;
        // The last heads are of all that was written: what is durable but not visible yet would be missing from them.
        await stores.visibility.reached(await stores.log.head()).catch(() => undefined);
        await ledger.end();
      } finally {
        await unwind.disposeAsync();
      }
    },
  };
}

/** Events behind the log from which on the service is not ready. */
const LAGGING = 10_000;
