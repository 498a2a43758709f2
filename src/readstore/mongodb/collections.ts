// Where the read models are in MongoDB: one database, and in it one set of collections for each generation of the models, so
// that a new one fills beside the one that serves.
import type { Collection, Db, IndexDescription } from "mongodb";
import type {
  ActivityDocument,
  CheckpointDocument,
  CountDocument,
  DefinitionsDocument,
  EntriesDocument,
  HeadDocument,
  HoldDocument,
  MemberDocument,
  PartDocument,
  PendingDocument,
  ResourceDocument,
  TailDocument,
  TallyDocument,
  TickDocument,
  TileDocument,
  VersionDocument,
} from "./documents.ts";

/** The documents of one generation, by what they say. Some kinds share a collection: see `COLLECTIONS`. */
export interface Views {
  readonly checkpoint: Collection<CheckpointDocument>;
  readonly resources: Collection<ResourceDocument>;
  readonly parts: Collection<PartDocument>;
  readonly versions: Collection<VersionDocument>;
  readonly members: Collection<MemberDocument>;
  readonly holds: Collection<HoldDocument>;
  readonly activity: Collection<ActivityDocument>;
  readonly ticks: Collection<TickDocument>;
  readonly tallies: Collection<TallyDocument>;
  readonly definitions: Collection<DefinitionsDocument>;
  readonly pending: Collection<PendingDocument>;
  readonly counts: Collection<CountDocument>;
  readonly tails: Collection<TailDocument>;
  readonly tiles: Collection<TileDocument>;
  readonly entries: Collection<EntriesDocument>;
  readonly heads: Collection<HeadDocument>;
}

export type Kind = keyof Views;

/**
 * Where each kind of document is. What changes with nearly every batch, and is small, stands beside the checkpoint: one command
 * moves and writes all of it. An event that no read model shows stands among those that one does, by its place as they do.
 */
export const COLLECTIONS = {
  checkpoint: "state",
  counts: "state",
  tails: "state",
  heads: "state",
  resources: "resources",
  parts: "parts",
  versions: "versions",
  members: "members",
  holds: "holds",
  activity: "activity",
  ticks: "activity",
  tallies: "tallies",
  definitions: "definitions",
  pending: "pending",
  tiles: "tiles",
  entries: "entries",
} as const satisfies Record<Kind, string>;

/** Names of collections, as they follow that of the generation. */
export type CollectionName = (typeof COLLECTIONS)[Kind];

type Index = IndexDescription & { readonly name: string };

/** The index of the erased: named where it is wanted, for it is far smaller than those that would also do. */
export const ERASED = "erased";
/** That of resources which are too large to be held. */
export const TOO_LARGE = "tooLarge";

/** Of documents alone that have the field: an event that no read model shows has few of those that activity is found by. */
const having = (field: string) => ({ partialFilterExpression: { [field]: { $exists: true } } });

/** Every collection and what finds its documents, beside `_id`. */
export const INDEXES: Readonly<Record<CollectionName, readonly Index[]>> = {
  state: [],
  resources: [
    // A join finds others by their ids alone.
    { name: "byId", key: { id: 1, tenant: 1, type: 1 }, unique: true },
    { name: "inOrder", key: { tenant: 1, type: 1, _id: 1, until: 1 } },
    { name: "byKey", key: { tenant: 1, type: 1, keys: 1, _id: 1 } },
    { name: "byUserName", key: { tenant: 1, type: 1, "ix.userName": 1, _id: 1 } },
    { name: ERASED, key: { tenant: 1, type: 1, _id: 1 }, partialFilterExpression: { erased: true } },
    { name: TOO_LARGE, key: { parts: 1, until: 1 }, ...having("parts") },
  ],
  parts: [],
  versions: [
    { name: "ofResource", key: { rid: 1, since: 1 } },
    { name: "inOrder", key: { tenant: 1, type: 1, rid: 1, since: 1 } },
    { name: "byKey", key: { tenant: 1, type: 1, keys: 1, rid: 1 } },
  ],
  members: [
    { name: "now", key: { grp: 1, to: 1, member: 1 } },
    { name: "then", key: { grp: 1, member: 1, since: 1 } },
    { name: "nested", key: { grp: 1, member: 1, since: 1, to: 1 }, partialFilterExpression: { nested: true } },
    { name: "ofMember", key: { member: 1, to: 1, grp: 1 } },
    { name: "inTenant", key: { tenant: 1, grp: 1, member: 1, since: 1 } },
  ],
  holds: [{ name: "ofResource", key: { rid: 1, kind: 1, target: 1, since: 1 } }],
  activity: [
    { name: "ofStream", key: { tenant: 1, type: 1, id: 1, _id: 1 }, ...having("tenant") },
    { name: "byTouch", key: { rid: 1, touch: 1, _id: 1 }, ...having("rid") },
    { name: "ofActor", key: { tenant: 1, actor: 1, _id: 1 }, ...having("tenant") },
    { name: "ofRequest", key: { tenant: 1, requestId: 1, _id: 1 }, ...having("tenant") },
    { name: "inTenant", key: { tenant: 1, _id: 1 }, ...having("tenant") },
    { name: "inTime", key: { effectiveAt: 1, _id: 1 } },
    { name: "records", key: { recordOf: 1, kind: 1, _id: 1 }, ...having("recordOf") },
  ],
  tallies: [],
  definitions: [],
  pending: [{ name: "ofStream", key: { tenant: 1, type: 1, id: 1, _id: 1 } }],
  tiles: [],
  entries: [{ name: "byId", key: { "_id.tenant": 1, starts: 1 } }],
};

/** The documents of a generation; its name leads those of their collections. */
export function viewsIn(database: Db, generation: string): Views {
  const named = Object.entries(COLLECTIONS).map(([kind, name]) => [kind, database.collection(`${generation}.${name}`)]);
  return Object.fromEntries(named) as unknown as Views;
}

/** The indexes without which a batch cannot be written; a generation that is being built has these alone. */
const FOR_WRITING: readonly string[] = [
  "resources.byId",
  "versions.ofResource",
  "members.ofMember",
  "holds.ofResource",
  "activity.ofStream",
  "pending.ofStream",
];

/** Makes the collections and indexes of a generation, or those alone that writing needs; a no-op for what exists. */
export async function makeViews(database: Db, generation: string, indexes: "all" | "writing" = "all"): Promise<Views> {
  for (const [name, declared] of Object.entries(INDEXES)) {
    const collection = database.collection(`${generation}.${name}`);
    await database.createCollection(collection.collectionName).catch(ignoreExisting);
    const made = declared.filter((index) => indexes === "all" || FOR_WRITING.includes(`${name}.${index.name}`));
    if (made.length > 0) await collection.createIndexes(made.map((index) => ({ ...index })));
  }
  return viewsIn(database, generation);
}

/** Code of an error: the collection exists. */
const NAMESPACE_EXISTS = 48;

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === NAMESPACE_EXISTS)) throw error;
}
