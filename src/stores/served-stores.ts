// What the service stands on, whichever engines keep it: the log, the read models, the keys, and who does what one node alone does.
import type { EventLog, Position } from "../eventlog/event-log.ts";
import type { Visibility } from "../eventlog/visibility.ts";
import type { ReadinessCheck } from "../http/health.ts";
import type { Logger } from "../http/log.ts";
import type { Metrics } from "../http/metrics.ts";
import type { Terms } from "../nodes/terms.ts";
import type { EndedLife } from "../projections/ended-lives.ts";
import type { LedgerStore } from "../readstore/ledger-store.ts";
import type { ReadStore } from "../readstore/read-store.ts";
import type { KeyVault } from "../vault/key-vault.ts";
import type { LedgerService, LedgerServiceOptions } from "./ledger-service.ts";

export interface ServedStores extends AsyncDisposable {
  readonly log: EventLog;
  readonly vault: KeyVault;
  readonly readStore: ReadStore;
  readonly ledger: LedgerStore;
  readonly visibility: Visibility;
  readonly namespace: string;
  /** Whether other nodes write to the log too. */
  readonly shared: boolean;
  /** What one node alone does; begun once the stores are open. */
  readonly terms: Terms;
  /** Of the log and of the read models. */
  readonly checks: readonly ReadinessCheck[];
  /** Called with users and groups that ceased to exist, once that is visible; on the node that projects. */
  onEnded(listener: (ended: EndedLife) => void): void;
  /** Called when the read models are written again after a failure: some who ceased to exist may have been told to nobody. */
  onTakenUp(listener: () => void): void;
  /** Opens the ledger; resolves once every tenant's log was held to its last signed head. */
  startLedger(options: Omit<LedgerServiceOptions, "stores">): Promise<LedgerService>;
  /** Ends the last term; resolves when its duties are done. */
  endTerms(): Promise<void>;
}

export interface ServedStoresOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The URI of the SCIM service, without a slash at its end. */
  readonly baseUrl: string;
  /** Told, in words, how far the start is. */
  readonly onStart: (progress: string) => void;
  /** Told while the read models catch up with a log whose positions are counts of events. */
  readonly onProgress?: (position: Position, head: Position) => void;
  /** Told of each failure of what goes on in the background; it is tried again. */
  readonly onFailure: (error: unknown) => void;
  /** Told when nothing can be written any more. */
  readonly onLost: (error: Error) => void;
}
