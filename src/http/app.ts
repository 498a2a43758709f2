// The HTTP edge as a whole: what it is given, and what answers requests.
import type { RequestListener } from "node:http";
import express from "express";
import type { Attempts } from "../access/attempts.ts";
import type { Clients } from "../access/clients.ts";
import type { TenantDefinitions } from "../access/tenant-definitions.ts";
import type { TenantDirectory } from "../access/tenant-directory.ts";
import type { Tenants } from "../access/tenants.ts";
import type { Inspections } from "../audit/answers/inspections.ts";
import type { Moments } from "../audit/sources.ts";
import type { Position } from "../eventlog/event-log.ts";
import type { Provisioning } from "../eventlog/provisioning.ts";
import type { Erasing } from "../processes/erasing.ts";
import type { KeyRetention } from "../processes/key-retention.ts";
import type { ReadStore } from "../readstore/read-store.ts";
import type { TypeSet } from "../scim/schema/type-set.ts";
import type { Settings } from "../settings/table.ts";
import { markRoutes } from "./admin/marks.ts";
import { adminRoutes } from "./admin/routes.ts";
import { clientAddress } from "./client-address.ts";
import { Gate } from "./gate.ts";
import { healthRoutes, type ReadinessCheck } from "./health.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { mount } from "./mount.ts";
import type { Route } from "./route.ts";
import { scimRoutes } from "./scim/routes.ts";
import { startPageRoute } from "./start-page.ts";

/** The settings that the edge goes by. */
export type HttpSettings = Pick<
  Settings,
  | "trustedProxies"
  | "failedAuthenticationsPerMinute"
  | "bodyBytes"
  | "jsonDepth"
  | "filterLength"
  | "filterDepth"
  | "filterTerms"
  | "patchOperations"
  | "bulkOperations"
  | "bulkBytes"
  | "pageSize"
  | "maxPageSize"
  | "cursorSeconds"
>;

export interface AppDependencies {
  readonly settings: HttpSettings;
  /** How clients reach the service, without a slash at its end. */
  readonly baseUrl: string;
  readonly provisioning: Provisioning;
  readonly readStore: ReadStore;
  /** What `asOf` is read with. */
  readonly moments: Moments;
  readonly directory: TenantDirectory;
  readonly tenants: Tenants;
  readonly erasing: Pick<Erasing, "erase">;
  readonly definitions: TenantDefinitions;
  /** The types that a tenant had at a position. */
  readonly typesAt: (tenant: string, position: Position) => Promise<TypeSet>;
  readonly attempts: Attempts;
  readonly clients: Pick<Clients, "idOf" | "forget">;
  readonly keyRetention: Pick<KeyRetention, "destroyNamed">;
  readonly inspections: Inspections;
  /** The key of a tenant's cursors. */
  readonly cursorKey: (tenant: string) => Promise<Uint8Array>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly readiness: readonly ReadinessCheck[];
  /** Routes of other parts, such as the audit API. */
  readonly routes?: readonly Route[];
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** Every route of the service, the busiest first. */
export function routesOf(dependencies: AppDependencies): readonly Route[] {
  const { settings, baseUrl, readiness, metrics, clock = Date.now } = dependencies;
  const bodies = { bodyBytes: settings.bodyBytes, jsonDepth: settings.jsonDepth };
  return [
    ...scimRoutes({
      ...dependencies,
      types: dependencies.directory,
      bodies,
      patches: { operations: settings.patchOperations },
      bulk: { maxOperations: settings.bulkOperations, maxPayloadSize: settings.bulkBytes },
      pages: { pageSize: settings.pageSize, maxPageSize: settings.maxPageSize },
      cursor: { keyOf: dependencies.cursorKey, seconds: settings.cursorSeconds, clock },
      filterLimits: { length: settings.filterLength, depth: settings.filterDepth, terms: settings.filterTerms },
    }),
    ...(dependencies.routes ?? []),
    ...adminRoutes({ ...dependencies, bodies, clock }),
    ...markRoutes(dependencies),
    ...healthRoutes(readiness, metrics),
    startPageRoute(baseUrl, readiness),
  ];
}

/** What answers every request. Nothing listens yet: see `startServer`. */
export function createApp(dependencies: AppDependencies): RequestListener {
  const { settings, directory, tenants, attempts, clients, metrics, log, clock = Date.now } = dependencies;
  const addressOf = clientAddress(settings.trustedProxies);
  const gate = new Gate({
    directory,
    tenants,
    attempts,
    clock,
    clientAddress: addressOf,
    failedAuthenticationsPerMinute: settings.failedAuthenticationsPerMinute,
    onFailure: (error) => log.warn({ err: error }, "the use of a credential could not be noted"),
  });
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  return mount(app, routesOf(dependencies), { gate, attempts, clients, clientAddress: addressOf, metrics, log });
}
