// Read models in MongoDB: written by whoever holds the lease, read by all.
import { hostname } from "node:os";
import type { Db } from "mongodb";
import { Unavailable } from "../eventlog/event-log.ts";
import type { Logger } from "../http/log.ts";
import { CurrentViews, openServing } from "../readstore/mongodb/generations/generations.ts";
import { MongoLease } from "../readstore/mongodb/generations/lease.ts";
import { inTime } from "../readstore/mongodb/in-time.ts";
import { countUnheld } from "../readstore/mongodb/lists/unheld.ts";
import { mongoReadStore } from "../readstore/mongodb/mongo-read-store.ts";
import type { Views } from "./views.ts";

export interface MongoViewsOptions {
  readonly baseUrl: string;
  /** What this node is called; absent: as its host is. */
  readonly node: string | undefined;
  readonly log: Logger;
}

/** How often it is looked which generation serves, ms: more often than a reader would have to. */
const LOOK_EVERY = 400;
/** For how long a look at the checkpoint is waited for, or the first count, ms: a server that hangs keeps its connections. */
const LOOKED_WITHIN = 3_000;
/** How often the resources are counted that are too large to be held, ms. */
const COUNT_EVERY = 10_000;

/** Opens or makes them; the lease is only looked for. */
export async function openMongoViews(database: Db, { baseUrl, node, log }: MongoViewsOptions): Promise<Views> {
  const current = new CurrentViews(database);
  await current.look();
  const looking = setInterval(() => current.look().catch(() => undefined), LOOK_EVERY).unref();
  const views = () => {
    const known = current.views();
    if (!(known instanceof Promise)) return known;
    known.catch(() => undefined);
    throw new Unavailable("MongoDB has not said for a while which read models serve", "no");
  };
  let unheld = 0;
  const count = async () => {
    unheld = await countUnheld(views());
  };
  const counting = setInterval(() => count().catch(() => undefined), COUNT_EVERY).unref();
  await inTime(count(), LOOKED_WITHIN).catch(() => undefined);
  const readStore = mongoReadStore({ client: database.client, baseUrl, views });
  return {
    readStore,
    ledger: readStore.ledger,
    lease: new MongoLease(database, {
      owner: `${node ?? hostname()} (process ${process.pid})`,
      onTrouble: (error) => log.warn({ err: error }, "the lease could not be asked for or renewed"),
    }),
    unheld: () => unheld,
    position: async () => inTime(Promise.resolve(readStore.position()), LOOKED_WITHIN),
    openWriter: ({ epoch, signal }) => openServing(database, epoch, signal),
    async [Symbol.asyncDispose]() {
      clearInterval(looking);
      clearInterval(counting);
    },
  };
}
