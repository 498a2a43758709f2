// The last signed heads in MongoDB, a document a tenant, for a service of several nodes: whoever signs goes on from the last, all
// know, and all learn which tenant's log is not to be written. Kept apart from the log, as heads must be.
import type { Collection, Db } from "mongodb";
import type { HeadKeeper } from "../keys.ts";
import { parseNote } from "../signed-note.ts";

interface HeadDocument {
  /** Tenant. */
  readonly _id: string;
  /** As it was signed. */
  readonly note?: string;
  /** The last that witnesses have cosigned. */
  readonly cosigned?: string;
  /** Why the tenant's log is not to be written. */
  readonly failure?: string;
  /** By the server's clock: what others look for. */
  readonly changed: Date;
}

/** Another node has kept a head since this one last knew. */
export class HeadMoved extends Error {
  override readonly name = "HeadMoved";
  constructor(tenant: string) {
    super(`another node has kept a head of the ledger of “${tenant}” meanwhile`);
  }
}

/** Milliseconds that a command may take. */
const WITHIN = 5_000;
/** Milliseconds by which one look overlaps with the last: what was written at nearly the same time becomes visible in any order. */
const AGAIN = 5_000;
const DUPLICATE_KEY = 11_000;

export class HeadDocuments implements HeadKeeper {
  readonly #heads: Collection<HeadDocument>;
  readonly #known = new Map<string, HeadDocument>();
  #seen = 0;

  private constructor(heads: Collection<HeadDocument>) {
    this.#heads = heads;
  }

  /** Resolves once every head is known. */
  static async open(database: Db): Promise<HeadDocuments> {
    const heads = database.collection<HeadDocument>("ledger.heads", {
      readConcern: { level: "majority" },
      writeConcern: { w: "majority", journal: true, wtimeoutMS: WITHIN },
    });
    await heads.createIndex({ changed: 1 }, { name: "changed" });
    const keeper = new HeadDocuments(heads);
    await keeper.follow();
    return keeper;
  }

  /** Takes in what other nodes wrote since the last time. */
  async follow(): Promise<void> {
    const since = new Date(Math.max(0, this.#seen - AGAIN));
    for await (const head of this.#heads.find({ changed: { $gte: since } }, { maxTimeMS: WITHIN })) {
      this.#known.set(head._id, head);
      this.#seen = Math.max(this.#seen, head.changed.getTime());
    }
  }

  last(tenant: string): string | undefined {
    return this.#known.get(tenant)?.note;
  }

  tenants(): readonly string[] {
    return [...this.#known].flatMap(([tenant, { note }]) => (note === undefined ? [] : [tenant])).sort();
  }

  cosigned(tenant: string): string | undefined {
    return this.#known.get(tenant)?.cosigned;
  }

  /** The last head as it is handed out: with what witnesses have added to it. */
  latest(tenant: string): string | undefined {
    const { note, cosigned } = this.#known.get(tenant) ?? {};
    const isOfIt = note !== undefined && cosigned !== undefined && parseNote(cosigned).text === parseNote(note).text;
    return isOfIt ? cosigned : note;
  }

  /** Why a tenant's log is not to be written; undefined where all is well. */
  failure(tenant: string): string | undefined {
    return this.#known.get(tenant)?.failure;
  }

  /** Tenants whose logs are not to be written. */
  failures(): readonly string[] {
    return [...this.#known.values()].flatMap(({ _id, failure }) => (failure === undefined ? [] : [_id]));
  }

  /** Durable once it resolves. Throws HeadMoved. */
  async keep(tenant: string, note: string): Promise<void> {
    const before = this.last(tenant);
    const known = before === undefined ? { note: { $exists: false } } : { note: { $in: [before, note] } };
    if (!(await this.#change(tenant, known, { $set: { note } }))) throw new HeadMoved(tenant);
  }

  async keepCosigned(tenant: string, note: string): Promise<void> {
    await this.#change(tenant, {}, { $set: { cosigned: note } });
  }

  /** Lets every node know why a tenant's log is not to be written; undefined: that it may be. */
  async keepFailure(tenant: string, failure: string | undefined): Promise<void> {
    if (this.failure(tenant) === failure) return;
    await this.#change(tenant, {}, failure === undefined ? { $unset: { failure: "" } } : { $set: { failure } });
  }

  /** Changes the tenant's document, or makes it, if it is as `known` says; whether it was. */
  async #change(tenant: string, known: object, change: object): Promise<boolean> {
    try {
      const changed = await this.#heads.findOneAndUpdate(
        { _id: tenant, ...known },
        { ...change, $currentDate: { changed: true } },
        { upsert: true, returnDocument: "after", maxTimeMS: WITHIN },
      );
      if (changed === null) return false;
      this.#known.set(tenant, changed);
      return true;
    } catch (error) {
      // The document is there and is not as `known` says: the upsert then tried to make a second one.
      if (error instanceof Error && "code" in error && error.code === DUPLICATE_KEY) return false;
      throw error;
    }
  }
}
