// What a batch writes, made before its transaction begins, so that the very same can be tried again.
import type { AnyBulkWriteOperation, ClientSession, Collection, Document } from "mongodb";
import type { Views } from "./collections.ts";

type Name = Exclude<keyof Views, "checkpoint">;
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
  readonly #writes = new Map<Name, Write[]>();

  insert<N extends Name>(name: N, document: DocumentOf<N>): void {
    this.#add(name, orderOf((document as Document)["_id"]), { insertOne: { document } });
  }

  /** Of a document that may be there or not. */
  put<N extends Name>(name: N, document: DocumentOf<N>): void {
    const { _id, ...replacement } = document as Document;
    this.#add(name, orderOf(_id), { replaceOne: { filter: { _id }, replacement, upsert: true } });
  }

  /** `where` beside its `_id`: what must hold of the document, so that nothing older is written over it. */
  update(name: Name, _id: Order, set: Document, where: Document = {}, unset: readonly string[] = []): void {
    const $unset = Object.fromEntries(unset.map((field) => [field, ""]));
    const update = unset.length === 0 ? { $set: set } : { $set: set, $unset };
    this.#add(name, _id, { updateOne: { filter: { _id, ...where } as Document, update } });
  }

  updateAll(name: Name, filter: Document, set: Document): void {
    this.#add(name, 0, { updateMany: { filter, update: { $set: set } } });
  }

  deleteAll(name: Name, filter: Document): void {
    this.#add(name, 0, { deleteMany: { filter } });
  }

  /** Writes all of it, one collection after the other, in order of `_id`: two that write the same lock it in one order. */
  async write(views: Views, session: ClientSession, maxTimeMS: number): Promise<void> {
    for (const [name, writes] of this.#writes) {
      const operations = writes.sort(inOrder).map(({ operation }) => operation);
      const collection = views[name] as unknown as Collection<Document>;
      for (let from = 0; from < operations.length; from += OPERATIONS)
        await collection.bulkWrite(operations.slice(from, from + OPERATIONS), {
          ordered: false,
          session,
          maxTimeMS,
        });
    }
  }

  #add(name: Name, order: Order, operation: AnyBulkWriteOperation<Document>): void {
    const writes = this.#writes.get(name);
    if (writes === undefined) this.#writes.set(name, [{ order, operation }]);
    else writes.push({ order, operation });
  }
}

const orderOf = (id: unknown): Order => (typeof id === "number" || typeof id === "string" ? id : JSON.stringify(id));
const inOrder = ({ order: a }: Write, { order: b }: Write): number => (a < b ? -1 : a > b ? 1 : 0);
