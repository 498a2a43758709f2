// The ledger of a service that is one process: its keys and last heads are files.
import { ledgerFolderOf } from "../embedded/ledger-folder.ts";
import { openLedger } from "../embedded/open-ledger.ts";
import { signRegularly } from "../processes/checkpoint-timer.ts";
import {
  anchoringOf,
  type LedgerService,
  type LedgerServiceOptions,
  offering,
  sayHeads,
  shownLedger,
} from "./ledger-service.ts";

/** Resolves once every tenant's log was held to its last signed head. */
export async function startFileLedger(options: LedgerServiceOptions): Promise<LedgerService> {
  const { data, stores, settings, clock, metrics, log } = options;
  const { baseUrl, checkpointSeconds } = settings;
  const say = sayHeads(log);
  const anchoring = anchoringOf(options, (tenant, text, cosignature) =>
    checkpoints.addCosignature(tenant, text, cosignature),
  );
  const offer = offering(anchoring, settings);
  metrics.unanchoredFrom(() => anchoring.pending());
  const { keys, checkpoints } = await openLedger(stores, {
    folder: ledgerFolderOf(data, settings.ledgerFolder),
    clock,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    onSigned: (tenant, checkpoint) => {
      say.signed(tenant, checkpoint);
      offer(tenant, checkpoint);
    },
    onFailed: say.failed,
  });
  for (const [tenant, note] of checkpoints.heads()) offer(tenant, note);
  const heads = {
    keys,
    latest: (tenant: string) => checkpoints.latest(tenant),
    failure: (tenant: string) => checkpoints.failure(tenant),
    failures: () => checkpoints.failures.size,
    checkpoints,
  };
  return {
    ...shownLedger(heads, options),
    admit: (tenant) => checkpoints.admit(tenant),
    async duty({ signal }) {
      await signRegularly({
        checkpoints,
        position: () => stores.visibility.position,
        seen: (after, until) => stores.readStore.eventsSeen(after, until),
        every: checkpointSeconds * 1_000,
        after: settings.checkpointEvents,
        signal,
        onFailure: say.failure,
      });
      await checkpoints.signAll().catch(say.failure);
      await anchoring.end();
    },
  };
}
