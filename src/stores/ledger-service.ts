// The ledger as a part of the service: heads are signed, handed out and served.
import { resolve } from "node:path";
import type { Inspections } from "../audit/answers/inspections.ts";
import type { MakerOptions } from "../audit/evidence/make.ts";
import { TenantLedger } from "../audit/tenant-ledger.ts";
import type { Clock } from "../eventlog/clock.ts";
import type { EventLog } from "../eventlog/event-log.ts";
import type { Visibility } from "../eventlog/visibility.ts";
import type { ReadinessCheck } from "../http/health.ts";
import { ledgerRoutes } from "../http/ledger/routes.ts";
import type { Logger } from "../http/log.ts";
import type { Metrics } from "../http/metrics.ts";
import type { Route } from "../http/route.ts";
import type { Anchor } from "../ledger/anchor.ts";
import { folderAnchor } from "../ledger/file/folder-anchor.ts";
import { httpAnchor } from "../ledger/http/http-anchor.ts";
import { type WitnessAnchorOptions, witnessAddress, witnessAnchor } from "../ledger/http/witness-anchor.ts";
import { INSTANCE, type LedgerKeys } from "../ledger/keys.ts";
import { proveConsistency } from "../ledger/prove.ts";
import type { Duty } from "../nodes/terms.ts";
import { Anchoring } from "../processes/anchoring.ts";
import type { Checkpoints } from "../processes/checkpoints.ts";
import type { LedgerStore } from "../readstore/ledger-store.ts";
import type { ReadStore } from "../readstore/read-store.ts";
import type { Settings } from "../settings/table.ts";

export interface LedgerServiceOptions {
  /** The data folder. */
  readonly data: string;
  readonly stores: {
    readonly log: EventLog;
    readonly readStore: Pick<ReadStore, "eventsSeen">;
    readonly ledger: LedgerStore;
    readonly visibility: Visibility;
    readonly namespace: string;
  };
  readonly settings: Settings;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface LedgerService {
  /** Throws Unavailable where a tenant's log is behind its last signed head. */
  readonly admit: (tenant: string) => void;
  readonly readiness: ReadinessCheck;
  /** What evidence rests on. */
  readonly heads: Pick<MakerOptions, "keys" | "sign" | "latest" | "failure">;
  routes(inspections: Inspections): readonly Route[];
  /** Signs what is new, until its term is over, and what is still new then. */
  readonly duty: Duty;
}

export interface Heads {
  readonly keys: LedgerKeys;
  readonly latest: (tenant: string) => string | undefined;
  readonly failure: (tenant: string) => string | undefined;
  /** Signs now, and takes a log as it is. */
  readonly checkpoints: Pick<Checkpoints, "sign" | "acceptRestore">;
  /** Tenants whose logs are behind their last signed heads. */
  readonly failures: () => number;
}

/** What the ledger shows, whoever signs it. */
export const shownLedger = (
  { keys, latest, failure, failures, checkpoints }: Heads,
  { stores, settings }: LedgerServiceOptions,
): Pick<LedgerService, "readiness" | "routes" | "heads"> => ({
  // Requests should come all the same: other tenants are served, and this one is read, which no other node would do better.
  readiness: { name: "ledger", check: () => ({ ok: true, says: sayFailures(failures()) }) },
  heads: { keys, latest, failure, sign: (tenant) => checkpoints.sign(tenant) },
  routes: (inspections) =>
    ledgerRoutes({
      ledger: new TenantLedger({
        ledgers: stores.ledger,
        log: stores.log,
        namespace: stores.namespace,
        keys,
        latest,
        failure,
      }),
      inspections,
      checkpoints,
      bodies: settings,
      publicCheckpoints: settings.publicCheckpoints ?? [],
      checkpointSeconds: settings.checkpointSeconds,
    }),
});

/** Everybody who is handed the heads, as the settings say. */
export const anchoringOf = (
  { stores, settings, log }: LedgerServiceOptions,
  onCosigned: WitnessAnchorOptions["onCosigned"],
): Anchoring =>
  new Anchoring({
    anchors: anchorsOf(settings, {
      prove: (tenant, from, to) =>
        proveConsistency(from, to, ({ level, n }) => stores.ledger.ledgerTile(tenant, level, n)),
      onCosigned,
    }),
    onFailure: (anchor, error) =>
      log.warn({ err: error, anchor }, "an anchor of the ledger did not take a head; it is tried again"),
  });

/** Hands out what the settings say: every head, or that over all alone. */
export const offering =
  (anchoring: Anchoring, { anchoredHeads }: Settings) =>
  (tenant: string, note: string): void => {
    if (anchoredHeads === "all" || tenant === INSTANCE) anchoring.offer(tenant, note);
  };

const anchorsOf = (
  { anchorFolder, anchorUrl, witnesses = [] }: Settings,
  witnessing: WitnessAnchorOptions,
): Anchor[] => [
  ...(anchorFolder === undefined ? [] : [folderAnchor(resolve(anchorFolder))]),
  ...(anchorUrl === undefined ? [] : [httpAnchor(anchorUrl)]),
  ...witnesses.map((witness) => witnessAnchor(witnessAddress(witness), witnessing)),
];

const sayFailures = (failed: number): string =>
  failed === 0
    ? "the log bears out the last signed heads"
    : `ledgers that the log does not bear out: ${failed}; their tenants are read and not written, all others are served; the service's own log says why`;

/** Told of each head that is signed, and of each tenant whose log is behind one. Any copy of the process's log is a copy of the heads. */
export const sayHeads = (log: Logger) => ({
  signed: (tenant: string, checkpoint: string) => log.info({ tenant, checkpoint }, "a head of the ledger was signed"),
  failed: (tenant: string, reason: string) => log.error({ tenant }, `the ledger is FAILED: ${reason}`),
  failure: (error: unknown) => log.warn({ err: error }, "a head of the ledger could not be signed or kept yet"),
});
