// The ledger of several nodes: keys and last heads are in MongoDB, the holder of the lease signs in regular turns, every node
// serves what was signed and refuses to write what is not to be written.
import { setTimeout as pause } from "node:timers/promises";
import type { Db } from "mongodb";
import { ledgerNameOf } from "../embedded/open-ledger.ts";
import { HeadDocuments, HeadMoved } from "../ledger/mongodb/head-documents.ts";
import { openKeyDocument } from "../ledger/mongodb/key-document.ts";
import { aborted, type Term } from "../nodes/terms.ts";
import type { Anchoring } from "../processes/anchoring.ts";
import { signRegularly } from "../processes/checkpoint-timer.ts";
import { notAdmitted } from "../processes/checkpoints.ts";
import { LedgerLog } from "../processes/ledger-log.ts";
import { NodeCheckpoints } from "../processes/node-checkpoints.ts";
import type { KeyService } from "../vault/key-service.ts";
import {
  anchoringOf,
  type LedgerService,
  type LedgerServiceOptions,
  offering,
  sayHeads,
  shownLedger,
} from "./ledger-service.ts";
import { wrappingBy } from "./take-over-ledger.ts";

export interface NodeLedgerOptions extends LedgerServiceOptions {
  /** Where heads and keys are kept: not with the read models, which may be deleted. */
  readonly database: Db;
  /** Wraps the keys. */
  readonly service: KeyService;
  /** Ends with the node. */
  readonly signal: AbortSignal;
}

/** How long the head over all waits for the heads that it is over, ms. */
const VISIBLE_WITHIN = 3_000;
/** How often a node looks for heads and failures of others, ms. */
const LOOK_EVERY = 500;

/** Resolves once every tenant's log was held to its last signed head. */
export async function startNodeLedger(options: NodeLedgerOptions): Promise<LedgerService> {
  const { database, service, settings, stores, clock, log, metrics, signal } = options;
  const say = sayHeads(log);
  const heads = await HeadDocuments.open(database);
  const keys = await openKeyDocument(database, ledgerNameOf(settings.baseUrl), wrappingBy(service));
  let anchoring: Anchoring | undefined;
  metrics.unanchoredFrom(() => anchoring?.pending() ?? []);
  const checkpoints = new NodeCheckpoints({
    ledgers: stores.ledger,
    ledgerLog: new LedgerLog({ log: stores.log, namespace: stores.namespace, clock }),
    keys,
    heads,
    isMoved: (error) => error instanceof HeadMoved,
    visible: (position) => inTime(stores.visibility.reached(position)),
    onSigned: (tenant, note) => {
      say.signed(tenant, note);
      if (anchoring !== undefined) offering(anchoring, settings)(tenant, note);
    },
    onFailed: say.failed,
  });
  await checkpoints.inspect();
  void follow(heads, signal, say.failure);
  const shown = {
    keys,
    checkpoints,
    latest: (tenant: string) => heads.latest(tenant),
    failure: (tenant: string) => heads.failure(tenant),
    failures: () => heads.failures().length,
  };
  return {
    ...shownLedger(shown, options),
    admit(tenant) {
      const reason = heads.failure(tenant);
      if (reason !== undefined) throw notAdmitted(tenant, reason);
    },
    async duty(term) {
      const handing = anchoringOf(options, (tenant, text, cosignature) => {
        Promise.resolve(checkpoints.addCosignature(tenant, text, cosignature)).catch(say.failure);
      });
      anchoring = handing;
      try {
        await signWhile(term, options, checkpoints, handing);
      } finally {
        if (anchoring === handing) anchoring = undefined;
        await handing.end();
      }
    },
  };
}

/** What the holder of the lease does. */
async function signWhile(
  { signal, lost }: Term,
  { stores, settings, log }: NodeLedgerOptions,
  checkpoints: NodeCheckpoints,
  anchoring: Anchoring,
): Promise<void> {
  const say = sayHeads(log);
  await level(stores, signal);
  if (signal.aborted) return;
  await checkpoints.inspect();
  for (const [tenant, note] of checkpoints.heads()) offering(anchoring, settings)(tenant, note);
  await signRegularly({
    checkpoints,
    position: () => stores.visibility.position,
    seen: (after, until) => stores.readStore.eventsSeen(after, until),
    every: settings.checkpointSeconds * 1_000,
    after: settings.checkpointEvents,
    signal,
    onFailure: say.failure,
  });
  if (!lost.aborted) await checkpoints.signAll().catch(say.failure);
}

/** Resolves once the read models have all that is in the log now, or with the signal: a tree may seem too small before. */
async function level({ log, visibility }: LedgerServiceOptions["stores"], signal: AbortSignal): Promise<void> {
  const head = await log.head();
  while (!signal.aborted && visibility.position < head)
    await Promise.race([visibility.reached(head).catch(() => undefined), aborted(signal)]);
}

/** Whatever is not visible by then is under the next head. */
async function inTime(visible: Promise<void>): Promise<void> {
  await Promise.race([visible, pause(VISIBLE_WITHIN, undefined, { ref: false })]);
}

async function follow(heads: HeadDocuments, signal: AbortSignal, onFailure: (error: unknown) => void): Promise<void> {
  for (let isTold = false; !signal.aborted; ) {
    await pause(LOOK_EVERY, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      await heads.follow();
      isTold = false;
    } catch (error) {
      if (!isTold) onFailure(error);
      isTold = true;
    }
  }
}
