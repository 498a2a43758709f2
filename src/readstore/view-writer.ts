// The write side of the read models, for the projector alone. Places are the ordinals of positions: integers, which sort
// and compare as they are. Every write names the place it comes from, so that an adapter without transactions can guard it.
import type { CredentialTold, Told } from "./happenings.ts";
import type { EndCause, Grant, StoredResource } from "./read-store.ts";
import type { RecordKind } from "./walks.ts";

export interface ResourceKey {
  readonly tenant: string;
  /** The resource type's name: `User`. */
  readonly type: string;
  readonly id: string;
}

/** A resource as it is written: what readers get, and what filters, joins and history need. */
export interface ViewDocument extends StoredResource {
  /** Place of the event that created it: the start of its life, and its number in an adapter with integer keys. */
  readonly from: number;
  /** Place of its deletion: the end of its life; null while it lives. */
  readonly until: number | null;
  /** Place since which body and side read as they do. */
  readonly since: number;
  /** Place of the last event that this row has seen. */
  readonly place: number;
  /** What others show for it: `groups.display`, `members.display`, `manager.displayName`. */
  readonly display: string | null;
  /** Id of the user's manager. */
  readonly manager: string | null;
  /** JSON text of `shadowOf`: what filters compare. */
  readonly shadow: string;
  readonly erased: boolean;
}

/** A superseded state of a resource's own attributes: it held in [since, until). */
export interface PastVersion {
  readonly key: ResourceKey;
  /** `from` of its resource. */
  readonly resource: number;
  readonly since: number;
  readonly until: number;
  readonly body: string;
  readonly side: string;
  readonly shadow: string;
}

/** A value began (`open`) or ceased to stand at an indexed path. */
export interface IndexChange {
  readonly open: boolean;
  readonly key: ResourceKey;
  readonly resource: number;
  readonly path: string;
  readonly value: string;
  readonly place: number;
}

/** An indexed value of an erased person, which no interval may keep. */
export type ForgottenValue = Pick<IndexChange, "key" | "resource" | "path" | "value">;

/** An access interval begins (`open`) or ends. Opening an open one and ending one that is not open do nothing. */
export interface GrantChange {
  readonly open: boolean;
  readonly tenant: string;
  readonly kind: Grant["kind"];
  readonly subject: string;
  readonly target: string;
  /** Id of the element of `roles` or `entitlements` that bears the value. */
  readonly element?: string;
  readonly place: number;
  /** Why it ends. */
  readonly cause?: EndCause;
}

/** What an event does to the resource: nothing that shows, to its members alone, or to its own attributes. */
export type Touch = "none" | "members" | "attributes";

export interface ActivityRow {
  readonly place: number;
  readonly effectiveAt: number;
  readonly at: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly key: ResourceKey;
  /** `from` of the resource; absent for a stream that is no resource, or no resource yet. */
  readonly resource?: number;
  readonly revision: number;
  readonly actor: string;
  readonly credential: CredentialTold;
  readonly client?: string;
  readonly requestId: string;
  readonly paths: readonly string[];
  readonly touch: Touch;
  readonly told?: Told;
}

/** One event of a change too large for one append, kept until the change is completed or void. */
export interface PendingPart {
  readonly key: ResourceKey;
  readonly place: number;
  readonly change: string;
  /** JSON text of the fact. */
  readonly fact: string;
}

/** A tenant's own schemas and resource types, as a text of the projection's own. */
export interface StoredDefinitions {
  readonly tenant: string;
  readonly text: string;
}

/** A stretch of a tenant's Merkle tree: up to 256 hashes of 32 bytes, one after the other. */
export interface LedgerTile {
  readonly level: number;
  readonly n: number;
  readonly hashes: Uint8Array;
}

/** Which events stand at the leaves of a tile of level 0. */
export interface LedgerEntries {
  readonly n: number;
  /** Places, 6 bytes each, big-endian. */
  readonly places: Uint8Array;
  /** The first 4 bytes of each event's id. */
  readonly ids: Uint8Array;
}

/** A head of the tree that was signed into the log. */
export interface LedgerHead {
  readonly tenant: string;
  readonly revision: number;
  /** Counts the restores that were accepted, from 1. */
  readonly epoch: number;
  /** The signed note; absent right after a restore. */
  readonly note?: string;
}

/** What a tenant's tree needs to grow: the last tile of each level from 0 up, without hashes where the one before is full. */
export interface LedgerEdge {
  readonly tenant: string;
  readonly size: number;
  readonly tiles: readonly LedgerTile[];
  readonly entries: LedgerEntries;
}

/** What a batch adds to a tenant's tree. Tiles and entries replace those of the same name, of which they are longer forms. */
export interface LedgerGrowth {
  readonly edge: LedgerEdge;
  readonly tiles: readonly LedgerTile[];
  readonly entries: readonly LedgerEntries[];
}

/** How many events there are up to a place. */
export interface Tally {
  readonly place: number;
  readonly events: number;
}

/** The last place that the read models have seen, and what they took in up to there. */
export interface Checkpoint extends Tally {
  /** The running maximum of `at` up to there, microseconds. */
  readonly effectiveAt: number;
}

/** An event that no read model shows. */
export interface TickRow extends Omit<Checkpoint, "events"> {
  readonly record?: { readonly tenant: string; readonly kind: RecordKind };
}

/** What one batch of events comes to. A write with a place that the row has already seen does nothing. */
export interface ViewBatch {
  /** The checkpoint it starts from: the write is refused if the store is elsewhere. */
  readonly from: Checkpoint;
  readonly to: Checkpoint;
  /** The last state of each resource touched; `stored` is false for one that this batch created. */
  readonly resources: readonly { readonly document: ViewDocument; readonly stored: boolean }[];
  readonly index: readonly IndexChange[];
  readonly versions: readonly PastVersion[];
  /** Past versions of erased persons, as they read from now on. */
  readonly rewritten: readonly PastVersion[];
  readonly forgotten: readonly ForgottenValue[];
  readonly grants: readonly GrantChange[];
  readonly activity: readonly ActivityRow[];
  /** Events that no read model shows, for their effective times; records among them are found again by their place. */
  readonly ticks: readonly TickRow[];
  /** Of tenants whose definitions changed. */
  readonly definitions: readonly StoredDefinitions[];
  /** Once in so many events, so that those up to a place are counted without looking at each. */
  readonly tallies: readonly Tally[];
  readonly pending: { readonly added: readonly PendingPart[]; readonly dropped: readonly ResourceKey[] };
  /** One a tenant. */
  readonly ledgers: readonly LedgerGrowth[];
  /** In order. */
  readonly heads: readonly LedgerHead[];
}

/** What must be at hand before a batch is folded. */
export interface ViewRequest {
  /** In the order in which the events name them. */
  readonly resources: readonly ResourceKey[];
  /** Streams in which a large change may be open. */
  readonly pendingOf: readonly ResourceKey[];
  /** Persons whose past is rewritten. */
  readonly pastOf: readonly ResourceKey[];
  /** Tenants whose definitions are needed. */
  readonly definitionsOf: readonly string[];
  /** Tenants whose trees grow. */
  readonly ledgers: readonly string[];
}

export interface LoadedViews {
  readonly resources: readonly ViewDocument[];
  /** How many of the resources that were asked for were looked for, in their order: not all where they are large. Absent: all. */
  readonly lookedFor?: number;
  /** In order of their places. */
  readonly pending: readonly PendingPart[];
  readonly past: readonly PastVersion[];
  /** Of the tenants that have any. */
  readonly definitions: readonly StoredDefinitions[];
  /** Of each tenant that was asked for; an empty one where it has no leaves yet. */
  readonly ledgers: readonly LedgerEdge[];
}

/** An adapter that answers at once; the embedded projector needs no other. */
export interface SynchronousViewWriter {
  checkpoint(): Checkpoint;
  load(request: ViewRequest): LoadedViews;
  /** Stores the batch and its checkpoint, together or (without transactions) in this order; nobody sees it yet. */
  stage(batch: ViewBatch): void;
  /** Lets readers see what was staged. */
  show(): void;
}

/** An adapter that somebody else may answer for: each answer is awaited, and a write's outcome may be unknown. */
export interface ViewWriter {
  checkpoint(): Promise<Checkpoint>;
  /** As of the last batch that was staged, whether it is stored yet or not. */
  load(request: ViewRequest): Promise<LoadedViews>;
  /**
   * Makes ready the batch that was loaded for last; the one before may still be on its way. What it resolves with stores the
   * batch and its checkpoint, together and visible once that resolves; it is called once the batch before is stored, and
   * before anything more is loaded. Where anything rejects, whoever called is done with the writer and asks another for the
   * checkpoint, which says what was stored. Throws Superseded where others write these read models now.
   */
  stage(batch: ViewBatch): Promise<() => Promise<void>>;
}

/** The read models are not where the batch starts from: another projector writes them, or did meanwhile. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}
