// The ledger as a part of the service: heads are signed, handed out and served.
import { resolve } from "node:path";
import type { MakerOptions } from "../audit/evidence/make.ts";
import type { Inspections } from "../audit/inspections.ts";
import { TenantLedger } from "../audit/tenant-ledger.ts";
import type { Clock } from "../eventlog/clock.ts";
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
import { Anchoring } from "../processes/anchoring.ts";
import { signRegularly } from "../processes/checkpoint-timer.ts";
import type { Checkpoints } from "../processes/checkpoints.ts";
import type { Settings } from "../settings/table.ts";
import { ledgerFolderOf, openLedger } from "./open-ledger.ts";
import type { Stores } from "./stores.ts";

export interface LedgerServiceOptions {
  /** The data folder. */
  readonly data: string;
  readonly stores: Stores;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Ends the signing in regular turns. */
  readonly signal: AbortSignal;
}

export interface LedgerService {
  /** Throws Unavailable where a tenant's log is behind its last signed head. */
  readonly admit: (tenant: string) => void;
  readonly readiness: ReadinessCheck;
  /** What evidence rests on. */
  readonly heads: Pick<MakerOptions, "keys" | "sign" | "latest" | "failure">;
  routes(inspections: Inspections): readonly Route[];
  /** Signs from now on what is new, until the signal. */
  run(): void;
  /** Signs what is still new, and hands it out; to be called after the signal, while the stores are open. */
  end(): Promise<void>;
}

/** Resolves once every tenant's log was held to its last signed head. */
export async function startLedger(options: LedgerServiceOptions): Promise<LedgerService> {
  const { data, stores, settings, clock, metrics, log, signal } = options;
  const { baseUrl, checkpointSeconds, publicCheckpoints = [] } = settings;
  const anchoring = new Anchoring({
    anchors: anchorsOf(settings, {
      prove: (tenant, from, to) =>
        proveConsistency(from, to, ({ level, n }) => stores.ledger.ledgerTile(tenant, level, n)),
      onCosigned: (tenant, text, cosignature) => checkpoints.addCosignature(tenant, text, cosignature),
    }),
    onFailure: (anchor, error) =>
      log.warn({ err: error, anchor }, "an anchor of the ledger did not take a head; it is tried again"),
  });
  const offer = (tenant: string, note: string): void => {
    if (settings.anchoredHeads === "all" || tenant === INSTANCE) anchoring.offer(tenant, note);
  };
  metrics.unanchoredFrom(() => anchoring.pending());
  const { keys, checkpoints } = await openLedger(stores, {
    folder: ledgerFolderOf(data, settings.ledgerFolder),
    clock,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    // Any copy of the process's log is a copy of the heads.
    onSigned: (tenant, checkpoint) => {
      log.info({ tenant, checkpoint }, "a head of the ledger was signed");
      offer(tenant, checkpoint);
    },
    onFailed: (tenant, reason) => log.error({ tenant }, `the ledger is FAILED: ${reason}`),
  });
  for (const [tenant, note] of checkpoints.heads()) offer(tenant, note);
  const onFailure = (error: unknown) =>
    log.warn({ err: error }, "a head of the ledger could not be signed or kept yet");
  let signing: Promise<void> | undefined;
  return {
    admit: (tenant) => checkpoints.admit(tenant),
    // Other tenants are served, and this one is read.
    readiness: { name: "ledger", check: () => ({ ok: true, says: sayFailures(checkpoints.failures.size) }) },
    heads: headsOf(keys, checkpoints),
    routes: (inspections) =>
      ledgerRoutes({
        ledger: new TenantLedger({
          ledgers: stores.ledger,
          log: stores.log,
          namespace: stores.namespace,
          keys,
          latest: (tenant) => checkpoints.latest(tenant),
          failure: (tenant) => checkpoints.failure(tenant),
        }),
        inspections,
        checkpoints,
        bodies: settings,
        publicCheckpoints,
        checkpointSeconds,
      }),
    run() {
      signing = signRegularly({
        checkpoints,
        position: () => stores.visibility.position,
        every: checkpointSeconds * 1_000,
        after: settings.checkpointEvents,
        signal,
        onFailure,
      });
    },
    async end() {
      await signing;
      await checkpoints.signAll().catch(onFailure);
      await anchoring.end();
    },
  };
}

export const headsOf = (keys: LedgerKeys, checkpoints: Checkpoints): LedgerService["heads"] => ({
  keys,
  sign: (tenant) => checkpoints.sign(tenant),
  latest: (tenant) => checkpoints.latest(tenant),
  failure: (tenant) => checkpoints.failure(tenant),
});

const anchorsOf = (
  { anchorFolder, anchorUrl, witnesses = [] }: Settings,
  witnessing: WitnessAnchorOptions,
): Anchor[] => [
  ...(anchorFolder === undefined ? [] : [folderAnchor(resolve(anchorFolder))]),
  ...(anchorUrl === undefined ? [] : [httpAnchor(anchorUrl)]),
  ...witnesses.map((witness) => witnessAnchor(witnessAddress(witness), witnessing)),
];

const sayFailures = (failed: number): string =>
  failed === 0 ? "no log is behind its last signed head" : `FAILED for ${failed} of the tenants; see the log`;
