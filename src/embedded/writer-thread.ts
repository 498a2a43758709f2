// The embedded mode's second thread: writes the log and, right after each commit, the read models.
import { parentPort, workerData } from "node:worker_threads";
import { ordinalOf, type Position, type RecordedEvent } from "../eventlog/event-log.ts";
import { SqliteLogReader } from "../eventlog/sqlite/reader.ts";
import { serveLog } from "../eventlog/sqlite/server.ts";
import { SqliteLogWriter } from "../eventlog/sqlite/writer.ts";
import { endedLives } from "../projections/ended-lives.ts";
import { Projector } from "../projections/projector.ts";
import { discardViews } from "../readstore/sqlite/views-file.ts";
import { SqliteViewWriter } from "../readstore/sqlite/writing/sqlite-view-writer.ts";
import { openVaultReadOnly } from "../vault/sqlite/vault.ts";
import { giveBackMemory } from "./give-back-memory.ts";
import { preparedEvents } from "./prepared-events.ts";
import type { PageLimit, WriterData, WriterMessage } from "./writer-messages.ts";

/** How often read models that could not be written are tried again, ms. */
const RETRY_AFTER = 500;
/** Events from which on it pays to start a thread that prepares them: a second's work. */
const MANY = 10_000;
/** How often erased values that a reader held in a file are looked after, ms. */
const DROP_EVERY = 1_000;

const { folder, namespace, cacheMegabytes, logPort } = workerData as WriterData;
const tell = (message: WriterMessage): void => parentPort?.postMessage(message);

const log = new SqliteLogWriter(folder, namespace === undefined ? {} : { namespace });
const source = new SqliteLogReader(folder);
const vault = openVaultReadOnly(folder);
const views = openViews();
const projector = new Projector(views, {
  namespace: log.namespace,
  openKey: (tenant, keyId) => vault.open(tenant, keyId),
});

let stalled = false;

/** Read models that are ahead of the log have seen what a power failure took back: they are built anew. */
function openViews(): SqliteViewWriter {
  const found = new SqliteViewWriter(folder, { cacheMegabytes });
  if (found.checkpoint().place <= ordinalOf(log.head)) return found;
  found.close();
  discardViews(folder);
  return new SqliteViewWriter(folder, { cacheMegabytes });
}

/** Projects what was committed; after a failure, whatever the log holds that the read models do not. */
function follow(events: readonly RecordedEvent[]): () => void {
  if (stalled) return () => undefined;
  try {
    const show = projector.prepare(events);
    return () => {
      try {
        tellProjected(show(), events);
      } catch (error) {
        stall(error);
      }
    };
  } catch (error) {
    stall(error);
    return () => undefined;
  }
}

const tellProjected = (position: Position, events: readonly RecordedEvent[]): void =>
  tell({ kind: "projected", position, ended: endedLives(events), leaves: projector.leaves });

function stall(error: unknown): void {
  stalled = true;
  tell({ kind: "stalled", reason: error instanceof Error ? error.message : String(error) });
  setTimeout(resume, RETRY_AFTER);
}

function resume(): void {
  try {
    for (;;) {
      const events = source.readAll(projector.position, 1_000);
      if (events.length === 0) break;
      projector.project(events);
      tellProjected(projector.position, events);
    }
    stalled = false;
  } catch {
    setTimeout(resume, RETRY_AFTER);
  }
}

await catchUp();
tell({ kind: "ready", position: projector.position });

/** Projects what the log holds already; of much of it another thread does a part. */
async function catchUp(): Promise<void> {
  const endCatchUp = views.beginCatchUp();
  const tellPosition = (position: Position) => tell({ kind: "catchingUp", position, head: log.head });
  const isLong = ordinalOf(log.head) - ordinalOf(projector.position) > MANY;
  if (isLong)
    for await (const events of preparedEvents(folder, projector.position)) tellPosition(projector.project(events));
  projector.catchUp(source, tellPosition);
  endCatchUp();
  if (isLong) giveBackMemory();
}

/** A reader, a backup for one, may keep erased values in the write-ahead log; an idle service takes them out afterwards. */
const dropping = setInterval(() => views.dropErased(), DROP_EVERY).unref();

serveLog(logPort, log, follow, () => {
  clearInterval(dropping);
  source.close();
  views.close();
  vault.close();
});
parentPort?.on("message", ({ file, pages }: PageLimit) => (file === "log" ? log : views).limitPages(pages));
// The log's channel alone keeps this thread alive.
parentPort?.unref();
