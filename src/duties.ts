// What one node does for all of them: what a former one left undone, and what comes up.
import { SYSTEM_TENANT } from "./access/tenant-name.ts";
import type { EventLog } from "./eventlog/event-log.ts";
import type { Logger } from "./http/log.ts";
import type { Duty, Terms } from "./nodes/terms.ts";
import { reconcileAtStart } from "./processes/reconciler.ts";
import type { EndedLife } from "./projections/ended-lives.ts";
import type { ReadStore } from "./readstore/read-store.ts";
import type { Service } from "./service.ts";

export interface DutiesOptions {
  readonly service: Service;
  readonly stores: {
    readonly log: EventLog;
    readonly readStore: ReadStore;
    readonly terms: Terms;
    onEnded(listener: (ended: EndedLife) => void): void;
    onTakenUp(listener: () => void): void;
  };
  /** Signs heads of the ledger. */
  readonly signing: Duty;
  /** Whole months for which records can be read; absent: for good. */
  readonly recordMonths?: number | undefined;
  /** Ends with the service. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly onFailure: (error: unknown) => void;
}

/** Takes them up with each term; `settled` resolves when nothing is under way that a term left behind. */
export function attendDuties(options: DutiesOptions): { settled(): Promise<unknown> } {
  const { service, stores, signing, recordMonths, signal, log, onFailure } = options;
  const { membershipEnding, keyRetention, directory } = service;
  let reconciling: Promise<void> = Promise.resolve();
  stores.onEnded((ended) => membershipEnding.begin(ended));
  stores.onTakenUp(() => {
    membershipEnding.sweep().catch(onFailure);
  });
  stores.terms.attend(async (term) => {
    await membershipEnding.sweep();
    reconciling = reconcileAtStart({ ...service, ...stores, signal: AbortSignal.any([term.signal, signal]) });
    await reconciling;
  });
  if (recordMonths !== undefined)
    stores.terms.attend((term) =>
      keyRetention.sweepDaily(() => [...directory.tenants().keys(), SYSTEM_TENANT], recordMonths, {
        signal: AbortSignal.any([term.signal, signal]),
        onFailure: (error) => log.warn({ err: error }, "keys of months that are over could not be destroyed yet"),
      }),
    );
  stores.terms.attend(signing);
  return { settled: () => reconciling };
}
