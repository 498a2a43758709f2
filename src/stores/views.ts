// The read models as the engines' composition needs them: who reads, who writes, and who may write.
import type { Position } from "../eventlog/event-log.ts";
import type { Lease, Term } from "../nodes/terms.ts";
import type { LedgerStore } from "../readstore/ledger-store.ts";
import type { ReadStore } from "../readstore/read-store.ts";
import type { ViewWriter } from "../readstore/view-writer.ts";

export interface Views extends AsyncDisposable {
  readonly readStore: ReadStore;
  readonly ledger: LedgerStore;
  /** Of whoever may write them. */
  readonly lease: Lease;
  /** How many live resources they cannot hold for their size, when last looked. */
  unheld(): number;
  /** How far they are, as every node may rely on it. */
  position(): Promise<Position>;
  /** Takes them up where they are. Throws Superseded where another writes them. */
  openWriter(term: Term): Promise<ViewWriter & AsyncDisposable>;
}
