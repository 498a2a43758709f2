// The composition root: settings → data folder → stores → services → HTTP → an orderly end. Reads top to bottom.
import type { RequestListener } from "node:http";
import { resolve } from "node:path";
import { Attempts } from "./access/attempts.ts";
import { DEFAULT_TENANT } from "./access/tenant-name.ts";
import { clientsFrom } from "./audit/clients.ts";
import { removeAbandoned } from "./audit/evidence/own-folder.ts";
import { Inspections } from "./audit/inspections.ts";
import type { Sources } from "./audit/sources.ts";
import { packageVersion } from "./cli/package.ts";
import { applyDefinitions } from "./definitions-at-start.ts";
import { attendDuties } from "./duties.ts";
import { machinery } from "./embedded/own-views.ts";
import { systemClock } from "./eventlog/clock.ts";
import type { Position } from "./eventlog/event-log.ts";
import { type FirstToken, prepareTenants } from "./first-start.ts";
import { createApp } from "./http/app.ts";
import { presentFrom } from "./http/audit/present.ts";
import { auditRoutes } from "./http/audit/routes.ts";
import type { Logger } from "./http/log.ts";
import { Metrics } from "./http/metrics.ts";
import { startServer } from "./http/server.ts";
import { startingListener } from "./http/starting.ts";
import { preparedByOne } from "./nodes/prepared.ts";
import { createService, type Service } from "./service.ts";
import type { Settings } from "./settings/table.ts";
import { holdFolder, openServedStores } from "./stores/open-stores.ts";
import type { ServedStores } from "./stores/served-stores.ts";

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

  const folder = unwind.use(holdFolder(resolve(settings.data), settings));

  let progress = "the read models are being opened";
  let listener: RequestListener = startingListener(() => progress);
  const server = await startServer(settings, () => (request, response) => listener(request, response));
  unwind.defer(() => server.close());
  folder.announce(server.url);
  const base = `${server.baseUrl}/scim/v2`;

  removeAbandoned();
  const metrics = new Metrics();
  metrics.addProcessMetrics();
  const onFailure = (error: unknown) => log.warn({ err: error }, "a background task failed and is tried again");
  const stores = unwind.use(
    await openServedStores(folder.path, settings, {
      log,
      metrics,
      baseUrl: base,
      onStart: (said) => {
        progress = said;
      },
      ...(onProgress === undefined ? {} : { onProgress }),
      onFailure,
      onLost: lost.reject,
    }),
  );

  const clock = systemClock(await stores.readStore.effectiveAt(stores.visibility.position));
  const ledger = await stores.startLedger({ data: folder.path, settings, clock, metrics, log });
  const { adminToken } = settings;
  const service = await createService({
    ...stores,
    clock,
    admit: ledger.admit,
    signal: abort.signal,
    ...(adminToken === undefined ? {} : { adminToken }),
    onFailure,
  });
  const firstTokens = await firstTokensOf(service, stores);
  if (settings.schemas !== undefined) {
    const applied = await applyDefinitions(settings.schemas, service.definitions, service.directory);
    log.info(applied, "definitions of schemas and resource types are in effect");
  }

  const attempts = new Attempts(service.recorder, {
    onDropped: (count) => metrics.attemptsDropped.inc(count),
    onFailure: (error) => log.warn({ err: error }, "rejected requests could not be recorded yet"),
  });
  const inspections = new Inspections(service.recorder);
  const version = packageVersion();
  const stopping = new AbortController();
  const sources = sourcesOf(service, stores, base);
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
    readiness: [...stores.checks, ledger.readiness],
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
          base,
          version,
          machinery,
        },
      }),
      ...ledger.routes(inspections),
    ],
  });

  const duties = attendDuties({
    service,
    stores,
    signing: ledger.duty,
    recordMonths: settings.recordMonths,
    signal: abort.signal,
    log,
    onFailure,
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
        await duties.settled();
        await service.following;
        // The last heads are of all that was written: what is durable but not visible yet would be missing from them.
        await stores.visibility.reached(await stores.log.head()).catch(() => undefined);
        await stores.endTerms();
      } finally {
        await unwind.disposeAsync();
      }
    },
  };
}

/** Makes what a first start needs; of several nodes that start together, one does. */
function firstTokensOf({ tenants, directory }: Service, { vault, shared, terms }: ServedStores) {
  const prepare = () => prepareTenants(tenants, directory, vault);
  const isDone = () => (directory.tenant(DEFAULT_TENANT)?.credentials.size ?? 0) > 0;
  return shared ? preparedByOne(terms, { prepare, isDone, otherwise: [] }) : prepare();
}

/** What audit questions are answered from; `base`: before `/Users/…` in locations. */
const sourcesOf = (service: Service, stores: ServedStores, base: string): Sources => ({
  store: stores.readStore,
  log: stores.log,
  findKey: service.findKey,
  clientOf: clientsFrom(stores.log, stores.namespace, service.findKey),
  types: service.directory,
  present: presentFrom(stores.readStore, service.directory, base),
  clock: service.loop.clock,
});
