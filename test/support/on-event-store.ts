// The service on a log in EventStoreDB (its double), with read models and keys in SQLite; as the embedded one, without its HTTP edge.

import type { Stores } from "../../src/embedded/stores.ts";
import type { FindKey } from "../../src/eventlog/codec.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../src/eventlog/eventstoredb/event-store-log.ts";
import { Visibility } from "../../src/eventlog/visibility.ts";
import { projectWhile } from "../../src/nodes/projecting.ts";
import { AsynchronousProjector } from "../../src/projections/asynchronous-projector.ts";
import { type EndedLife, endedLives } from "../../src/projections/ended-lives.ts";
import { openSqliteViews } from "../../src/stores/sqlite-views.ts";
import { openSqliteVault } from "../../src/vault/sqlite/vault.ts";
import { EventStoreDouble } from "./event-store/double.ts";

const VISIBILITY_MS = 15_000;

/** Opens the stores of a folder on a double; a folder that is opened again finds its log again. */
export function onEventStore(double: EventStoreDouble): (folder: string) => Promise<Stores> {
  return async (folder) => {
    const vault = await openSqliteVault(folder);
    const log = await EventStoreEventLog.open(double.address);
    const views = openSqliteViews(folder, await log.head(), "");
    const visibility = new Visibility(await views.position(), VISIBILITY_MS);
    const listeners: ((ended: EndedLife) => void)[] = [];
    const ending = new AbortController();
    const findKey: FindKey = (tenant, keyId) => vault.open(tenant, keyId);
    const projecting = projectWhile({
      log,
      signal: ending.signal,
      open: async (onStored) => {
        const writer = await views.openWriter({ epoch: 1, signal: ending.signal, lost: ending.signal });
        return AsynchronousProjector.resume(writer, { namespace: log.namespace, findKey, onStored });
      },
      onProjected: (position, events) => {
        visibility.advance(position);
        for (const ended of endedLives(events)) for (const listener of listeners) listener(ended);
      },
      onFailure: (error) => process.stderr.write(`${error}\n`),
      isOver: () => false,
    });
    const head = await log.head();
    if (head !== START) await visibility.reached(head);
    return {
      log,
      vault,
      readStore: views.readStore,
      ledger: views.ledger,
      visibility,
      namespace: log.namespace,
      writeFailure: () => log.writeFailure,
      onEnded: (listener) => void listeners.push(listener),
      limitPages: () => {
        throw new Error("this log has no pages");
      },
      async [Symbol.asyncDispose]() {
        ending.abort();
        await projecting;
        await log.close();
        await views[Symbol.asyncDispose]();
        await vault.close();
      },
    };
  };
}

/** A double that holds others' events too. */
export async function startDouble(): Promise<EventStoreDouble> {
  const double = await new EventStoreDouble().start();
  double.log.noise = 1;
  return double;
}
