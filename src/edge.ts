// What answers requests once stores and services are there: SCIM, audit, administration and ledger, as one listener.
import type { RequestListener } from "node:http";
import { Attempts } from "./access/attempts.ts";
import { Inspections } from "./audit/answers/inspections.ts";
import { clientsFrom } from "./audit/effects/clients.ts";
import type { Sources } from "./audit/sources.ts";
import { machinery } from "./embedded/own-views.ts";
import { createApp } from "./http/app.ts";
import { presentFrom } from "./http/audit/present.ts";
import { auditRoutes } from "./http/audit/routes.ts";
import type { Logger } from "./http/log.ts";
import type { Metrics } from "./http/metrics.ts";
import { SCIM_PATH } from "./http/scim/scim-path.ts";
import { packageVersion } from "./package-version.ts";
import type { Service } from "./service.ts";
import type { Settings } from "./settings/table.ts";
import type { LedgerService } from "./stores/ledger-service.ts";
import type { ServedStores } from "./stores/served-stores.ts";

export interface EdgeOptions {
  readonly settings: Settings;
  /** How clients reach the service, without a slash at its end. */
  readonly baseUrl: string;
  readonly service: Service;
  readonly stores: ServedStores;
  readonly ledger: LedgerService;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface ServingEdge {
  readonly listener: RequestListener;
  /** Ends what would go on waiting for something to tell its client. */
  stop(): void;
  /** Resolves once nothing is left to be recorded of the requests that came. */
  settled(): Promise<void>;
}

/** Everything that answers requests. Nothing listens yet: see `startServer`. */
export function edgeOf(options: EdgeOptions): ServingEdge {
  const { settings, baseUrl, service, stores, ledger, metrics, log } = options;
  const attempts = new Attempts(service.recorder, {
    onDropped: (count) => metrics.attemptsDropped.inc(count),
    onFailure: (error) => log.warn({ err: error }, "rejected requests could not be recorded yet"),
  });
  const inspections = new Inspections(service.recorder);
  const stopping = new AbortController();
  const sources = sourcesOf(options);
  const listener = createApp({
    ...service,
    settings,
    baseUrl,
    readStore: stores.readStore,
    moments: sources,
    inspections,
    attempts,
    metrics,
    log,
    readiness: [...stores.checks, ledger.readiness],
    routes: [...questionRoutes(options, sources, inspections, stopping.signal), ...ledger.routes(inspections)],
  });
  return {
    listener,
    stop: () => stopping.abort(),
    async settled() {
      await inspections.settled();
      await attempts.close();
    },
  };
}

/** What locations of resources begin with, before `/Users/…`. */
const scimBase = ({ baseUrl }: EdgeOptions): string => `${baseUrl}${SCIM_PATH}`;

/** What audit questions are answered from. */
function sourcesOf(options: EdgeOptions): Sources {
  const { service, stores } = options;
  return {
    store: stores.readStore,
    log: stores.log,
    findKey: service.findKey,
    clientOf: clientsFrom(stores.log, stores.namespace, service.findKey),
    types: service.directory,
    present: presentFrom(stores.readStore, service.directory, scimBase(options)),
    clock: service.loop.clock,
    reached: (position) => stores.visibility.reached(position),
  };
}

function questionRoutes(options: EdgeOptions, sources: Sources, inspections: Inspections, stopping: AbortSignal) {
  const { settings, service, stores, ledger } = options;
  const version = packageVersion();
  const rests = { ...ledger.heads, ledgers: stores.ledger, namespace: stores.namespace };
  return auditRoutes({
    sources,
    inspections,
    recorder: service.recorder,
    bodies: settings,
    version,
    stopping,
    evidence: { ...sources, ...rests, base: scimBase(options), version, machinery },
  });
}
