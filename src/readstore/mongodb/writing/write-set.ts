// What a batch writes, made before its transaction begins, so that the very same can be tried again.
import type {
  AnyBulkWriteOperation,
  BulkWriteOptions,
  ClientSession,
  Collection,
  Document,
  UpdateOneModel,
} from "mongodb";
import { COLLECTIONS, type CollectionName, type Kind, type Views } from "../collections.ts";
import type { CheckpointDocument } from "../documents.ts";

type Name = Exclude<Kind, "checkpoint">;
type DocumentOf<N extends Name> = Views[N] extends Collection<infer Stored extends Document> ? Stored : never;
/** A document's `_id`, as far as it tells an order. */
type Order = number | string;

interface Write {
  readonly order: Order;
  readonly operation: AnyBulkWriteOperation<Document>;
}

/** Commands above this size are cut by the driver as well; this bounds what is serialised in one go. */
const OPERATIONS = 1_000;

export class WriteSet {
  readonly #writes = new Map<CollectionName, { readonly kind: Kind; readonly writes: Write[] }>();

  insert<N extends Name>(name: N, document: DocumentOf<N>): void {
    this.#add(name, orderOf((document as Document)["_id"]), { insertOne: { document } });
  }

  /** Of a document that may be there or not. */
  put<N extends Name>(name: N, document: DocumentOf<N>): void {
    const { _id, ...replacement } = document as Document;
    this.#add(name, orderOf(_id), { replaceOne: { filter: { _id }, replacement, upsert: true } });
  }

  /** `where` beside its `_id`: what must hold of the document, so that nothing older is written over it. */
  update(name: Name, _id: Order, update: Document, where: Document = {}): void {
    this.#add(name, _id, { updateOne: { filter: { _id, ...where } as Document, update } });
  }

  updateAll(name: Name, filter: Document, set: Document): void {
    this.#add(name, 0, { updateMany: { filter, update: { $set: set } } });
  }

  deleteAll(name: Name, filter: Document): void {
    this.#add(name, 0, { deleteMany: { filter } });
  }

  /**
   * Moves the checkpoint and writes all of it, in a transaction of the session: one collection after the other, that of the
   * checkpoint first, and in order of `_id`, so that two that write the same lock it in one order. Whether the checkpoint was
   * where it is moved from; where it was not, the transaction must not be committed.
   */
  async write(
    views: Views,
    move: UpdateOneModel<CheckpointDocument>,
    within: { readonly session: ClientSession; readonly maxTimeMS: number },
  ): Promise<boolean> {
    const beside = this.#inOrder(COLLECTIONS.checkpoint);
    const first = [{ updateOne: move as UpdateOneModel }, ...beside.slice(0, OPERATIONS - 1)];
    const options = { ordered: false, ...within };
    const { matchedCount, upsertedCount } = await bulkOf(views, "checkpoint").bulkWrite(first, options);
    if (matchedCount + upsertedCount !== first.length) return false;
    await writeAll(bulkOf(views, "checkpoint"), beside.slice(OPERATIONS - 1), options);
    for (const [name, { kind }] of this.#writes)
      if (name !== COLLECTIONS.checkpoint) await writeAll(bulkOf(views, kind), this.#inOrder(name), options);
    return true;
  }

  #inOrder(name: CollectionName): AnyBulkWriteOperation<Document>[] {
    const writes = this.#writes.get(name)?.writes ?? [];
    return writes.sort(inOrder).map(({ operation }) => operation);
  }

  #add(kind: Name, order: Order, operation: AnyBulkWriteOperation<Document>): void {
    const found = this.#writes.get(COLLECTIONS[kind]);
    if (found === undefined) this.#writes.set(COLLECTIONS[kind], { kind, writes: [{ order, operation }] });
    else found.writes.push({ order, operation });
  }
}

const bulkOf = (views: Views, kind: Kind) => views[kind] as unknown as Collection<Document>;

async function writeAll(
  collection: Collection<Document>,
  operations: readonly AnyBulkWriteOperation<Document>[],
  options: BulkWriteOptions,
): Promise<void> {
  for (let from = 0; from < operations.length; from += OPERATIONS)
    await collection.bulkWrite(operations.slice(from, from + OPERATIONS), options);
}

const orderOf = (id: unknown): Order => (typeof id === "number" || typeof id === "string" ? id : JSON.stringify(id));
const inOrder = ({ order: a }: Write, { order: b }: Write): number => (a < b ? -1 : a > b ? 1 : 0);
