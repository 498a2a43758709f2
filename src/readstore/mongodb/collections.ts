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
  TickDocument,
  TileDocument,
  VersionDocument,
} from "./documents.ts";

/** The collections of one generation. */
export interface Views {
  readonly checkpoint: Collection<CheckpointDocument>;
  readonly resources: Collection<ResourceDocument>;
  readonly parts: Collection<PartDocument>;
  readonly versions: Collection<VersionDocument>;
  readonly members: Collection<MemberDocument>;
  readonly holds: Collection<HoldDocument>;
  readonly activity: Collection<ActivityDocument>;
  readonly ticks: Collection<TickDocument>;
  readonly definitions: Collection<DefinitionsDocument>;
  readonly pending: Collection<PendingDocument>;
  readonly counts: Collection<CountDocument>;
  readonly tiles: Collection<TileDocument>;
  readonly entries: Collection<EntriesDocument>;
  readonly heads: Collection<HeadDocument>;
}

type Index = IndexDescription & { readonly name: string };

/** The index of the erased: named where it is wanted, for it is far smaller than those that would also do. */
export const ERASED = "erased";
/** That of resources which are too large to be held. */
export const TOO_LARGE = "tooLarge";

/** Every collection and what finds its documents, beside `_id`. */
export const INDEXES: Readonly<Record<keyof Views, readonly Index[]>> = {
  checkpoint: [],
  resources: [
    // A join finds others by their ids alone.
    { name: "byId", key: { id: 1, tenant: 1, type: 1 }, unique: true },
    { name: "inOrder", key: { tenant: 1, type: 1, _id: 1, until: 1 } },
    { name: "byKey", key: { tenant: 1, type: 1, keys: 1, _id: 1 } },
    { name: "byUserName", key: { tenant: 1, type: 1, "ix.userName": 1, _id: 1 } },
    { name: ERASED, key: { tenant: 1, type: 1, _id: 1 }, partialFilterExpression: { erased: true } },
    { name: TOO_LARGE, key: { parts: 1, until: 1 }, partialFilterExpression: { parts: { $exists: true } } },
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
    { name: "ofStream", key: { tenant: 1, type: 1, id: 1, _id: 1 } },
    { name: "byTouch", key: { rid: 1, touch: 1, _id: 1 } },
    { name: "ofActor", key: { tenant: 1, actor: 1, _id: 1 } },
    { name: "inTenant", key: { tenant: 1, _id: 1 } },
    { name: "inTime", key: { effectiveAt: 1, _id: 1 } },
  ],
  ticks: [
    { name: "inTime", key: { effectiveAt: 1, _id: 1 } },
    { name: "records", key: { tenant: 1, kind: 1, _id: 1 }, partialFilterExpression: { kind: { $exists: true } } },
  ],
  definitions: [],
  pending: [{ name: "ofStream", key: { tenant: 1, type: 1, id: 1, _id: 1 } }],
  counts: [],
  tiles: [],
  entries: [
    { name: "byId", key: { "_id.tenant": 1, starts: 1 } },
    { name: "first", key: { "_id.n": 1 }, partialFilterExpression: { "_id.n": 0 } },
  ],
  heads: [],
};

/** The collections of a generation; its name leads theirs. */
export function viewsIn(database: Db, generation: string): Views {
  const named = Object.keys(INDEXES).map((name) => [name, database.collection(`${generation}.${name}`)]);
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
  const views = viewsIn(database, generation);
  for (const [name, declared] of Object.entries(INDEXES)) {
    const collection: Collection<never> = views[name as keyof Views] as never;
    await database.createCollection(collection.collectionName).catch(ignoreExisting);
    const made = declared.filter((index) => indexes === "all" || FOR_WRITING.includes(`${name}.${index.name}`));
    if (made.length > 0) await collection.createIndexes(made.map((index) => ({ ...index })));
  }
  return views;
}

/** Code of an error: the collection exists. */
const NAMESPACE_EXISTS = 48;

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === NAMESPACE_EXISTS)) throw error;
}
