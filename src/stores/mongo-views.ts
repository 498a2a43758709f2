// Read models in MongoDB: written by whoever holds the lease, read by all.
import { hostname } from "node:os";
import type { Db } from "mongodb";
import type { Logger } from "../http/log.ts";
import { CurrentViews, openServing } from "../readstore/mongodb/generations.ts";
import { MongoLease } from "../readstore/mongodb/lease.ts";
import { MongoReadStore } from "../readstore/mongodb/mongo-read-store.ts";
import type { Views } from "./views.ts";

export interface MongoViewsOptions {
  readonly baseUrl: string;
  /** What this node is called; absent: as its host is. */
  readonly node: string | undefined;
  readonly log: Logger;
}

/** Opens or makes them; the lease is only looked for. */
export function openMongoViews(database: Db, { baseUrl, node, log }: MongoViewsOptions): Views {
  const current = new CurrentViews(database);
  const readStore = new MongoReadStore({ client: database.client, baseUrl, views: () => current.views() });
  return {
    readStore,
    ledger: readStore.ledger,
    lease: new MongoLease(database, {
      owner: `${node ?? hostname()} (process ${process.pid})`,
      onTrouble: (error) => log.warn({ err: error }, "the lease could not be asked for or renewed"),
    }),
    position: async () => readStore.position(),
    openWriter: ({ epoch, signal }) => openServing(database, epoch, signal),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
