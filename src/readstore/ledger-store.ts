// The read side of the tenants' Merkle trees. What was once there never changes, only more comes: several reads in a row fit
// together as long as one size is kept in mind.
import type { Position } from "../eventlog/event-log.ts";
import type { Awaitable } from "./read-store.ts";
import type { LedgerHead } from "./view-writer.ts";

export interface LedgerStore {
  /** Leaves of a tenant's tree; 0 for an unknown tenant. */
  ledgerSize(tenant: string): Awaitable<number>;
  /** A tile as far as it has grown, 32 bytes a hash; undefined where there is none. */
  ledgerTile(tenant: string, level: number, n: number): Awaitable<Uint8Array | undefined>;
  /** Which events the leaves of the n-th tile of level 0 are, as far as it has grown. */
  ledgerPositions(tenant: string, n: number): Awaitable<readonly Position[]>;
  /** Positions of the leaves, the newest first, whose events' ids may be this one: their first four bytes are the same. */
  ledgerCandidates(
    tenant: string,
    eventId: string,
  ): Awaitable<readonly { readonly index: number; readonly position: Position }[]>;
  /** The leaf of the event at exactly this position; undefined where the tenant's tree has none. */
  ledgerIndexAt(tenant: string, position: Position): Awaitable<number | undefined>;
  /** The last head that the log has of a tenant's tree. */
  ledgerHead(tenant: string): Awaitable<LedgerHead | undefined>;
  /** Every tenant whose tree has leaves. */
  ledgerTenants(): Awaitable<readonly string[]>;
}
