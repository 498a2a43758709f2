// The composition root: settings → data folder → stores → services → HTTP → an orderly end. Reads top to bottom.
import type { RequestListener } from "node:http";
import { resolve } from "node:path";
import { DEFAULT_TENANT } from "./access/tenant-name.ts";
import { removeAbandoned } from "./audit/evidence/own-folder.ts";
import { applyDefinitions } from "./definitions-at-start.ts";
import { attendDuties } from "./duties.ts";
import { edgeOf, type ServingEdge } from "./edge.ts";
import { systemClock } from "./eventlog/clock.ts";
import type { Position } from "./eventlog/event-log.ts";
import { type FirstToken, prepareTenants } from "./first-start.ts";
import type { Logger } from "./http/log.ts";
import { Metrics } from "./http/metrics.ts";
import { SCIM_PATH } from "./http/scim/scim-path.ts";
import { type HttpServer, startServer } from "./http/server.ts";
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

  removeAbandoned();
  const metrics = new Metrics();
  metrics.addProcessMetrics();
  const onFailure = (error: unknown) => log.warn({ err: error }, "a background task failed and is tried again");
  const stores = unwind.use(
    await openServedStores(folder.path, settings, {
      log,
      metrics,
      baseUrl: server.baseUrl + SCIM_PATH,
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
  await definitionsOf(service, settings, log);
  await service.erasing.resume();
  const edge = edgeOf({ settings, baseUrl: server.baseUrl, service, stores, ledger, metrics, log });
  listener = edge.listener;

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
        await end({ server, edge, service, stores, duties }, abort);
      } finally {
        await unwind.disposeAsync();
      }
    },
  };
}

interface Serving {
  readonly server: HttpServer;
  readonly edge: ServingEdge;
  readonly service: Service;
  readonly stores: ServedStores;
  readonly duties: ReturnType<typeof attendDuties>;
}

/** An orderly end: what is under way is finished, from the requests to the last heads. */
async function end({ server, edge, service, stores, duties }: Serving, abort: AbortController): Promise<void> {
  edge.stop();
  await server.close();
  await edge.settled();
  abort.abort();
  await service.membershipEnding.settled();
  await service.erasing.settled();
  await duties.settled();
  await service.following;
  // The last heads are of all that was written: what is durable but not visible yet would be missing from them.
  await stores.visibility.reached(await stores.log.head()).catch(() => undefined);
  await stores.endTerms();
}

/** Makes what a first start needs; of several nodes that start together, one does. */
function firstTokensOf({ tenants, directory }: Service, { vault, shared, terms }: ServedStores) {
  const prepare = () => prepareTenants(tenants, directory, vault);
  const isDone = () => (directory.tenant(DEFAULT_TENANT)?.credentials.size ?? 0) > 0;
  return shared ? preparedByOne(terms, { prepare, isDone, otherwise: [] }) : prepare();
}

/** Applies the definitions that the settings name. */
async function definitionsOf(service: Service, { schemas }: Settings, log: Logger): Promise<void> {
  if (schemas === undefined) return;
  const applied = await applyDefinitions(schemas, service.definitions, service.directory);
  log.info(applied, "definitions of schemas and resource types are in effect");
}
