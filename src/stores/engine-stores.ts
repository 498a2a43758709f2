// The stores of a service on engines: log, keys and read models each where the settings say. The node that holds the lease writes
// the read models; every node watches how far they are.
import { hostname } from "node:os";
import type { FindKey } from "../eventlog/codec.ts";
import { ordinalOf, type Position } from "../eventlog/event-log.ts";
import { Visibility } from "../eventlog/visibility.ts";
import type { ReadinessCheck } from "../http/health.ts";
import { watchCheckpoint } from "../nodes/checkpoint-watch.ts";
import { Lag } from "../nodes/lag.ts";
import { type Projecting, projectWhile } from "../nodes/projecting.ts";
import { type Term, Terms } from "../nodes/terms.ts";
import { AsynchronousProjector, type AsynchronousProjectorOptions } from "../projections/asynchronous-projector.ts";
import { type EndedLife, endedLives } from "../projections/ended-lives.ts";
import { Superseded } from "../readstore/view-writer.ts";
import { isShared, type Settings } from "../settings/table.ts";
import { connectAs, lastingBeside } from "./connect-mongo.ts";
import { startFileLedger } from "./file-ledger.ts";
import { bringUpToDate } from "./mongo-outdated.ts";
import { openMongoViews } from "./mongo-views.ts";
import { startNodeLedger } from "./node-ledger.ts";
import { openKeys } from "./open-keys.ts";
import { type OpenedLog, openLog } from "./open-log.ts";
import { refuseOtherKeys } from "./same-keys.ts";
import type { ServedStores, ServedStoresOptions } from "./served-stores.ts";
import { openSqliteViews } from "./sqlite-views.ts";
import type { Views } from "./views.ts";

/** Milliseconds that the read models may be behind the log before the node is not ready. */
const LAGGING = 10_000;
/** How often it is looked how far they are behind, ms. */
const LOOK_EVERY = 1_000;

/** Opens the stores; resolves when the read models have all that was in the log at the start. Throws an Error that says why not. */
export async function openEngines(
  folder: string,
  settings: Settings,
  options: ServedStoresOptions,
): Promise<ServedStores> {
  const unwind = new AsyncDisposableStack();
  try {
    return await open(folder, settings, options, unwind);
  } catch (error) {
    await unwind.disposeAsync();
    throw error;
  }
}

async function open(
  folder: string,
  settings: Settings,
  options: ServedStoresOptions,
  unwind: AsyncDisposableStack,
): Promise<ServedStores> {
  const { log: say, metrics, baseUrl, onStart, onFailure } = options;
  const { readStore, node } = settings;
  onStart("the stores are being reached");
  const mongo = readStore.engine === "sqlite" ? undefined : unwind.use(await connectAs(settings, readStore.uri));
  const keys = unwind.use(await openKeys(folder, settings, mongo));
  const log = await openLog(folder, settings, options);
  unwind.defer(() => log.close());
  const findKey: FindKey = (tenant, keyId) => keys.vault.open(tenant, keyId);
  const head = await log.head();
  if (mongo !== undefined)
    await bringUpToDate(mongo.database, { log, namespace: log.namespace, findKey, owner: node ?? hostname(), onStart });
  const views = unwind.use(
    mongo === undefined
      ? openSqliteViews(folder, head, baseUrl)
      : await openMongoViews(mongo.database, { baseUrl, node, log: say }),
  );
  const visibility = new Visibility(await views.position(), settings.visibilityWaitMs);
  refuseAhead(visibility.position, head);
  if (mongo !== undefined) await refuseOtherKeys(mongo.database, keys.vault);

  const ending = new AbortController();
  const terms = new Terms({ lease: views.lease, signal: ending.signal, onFailure });
  const listeners: ((ended: EndedLife) => void)[] = [];
  const again: (() => void)[] = [];
  let failing = "";
  let projecting: Projecting | undefined;
  // What the others do has to become visible, to the last.
  terms.attendBelow((term) =>
    projectWhile({
      log,
      open: async (onStored) => {
        projecting = await openProjector(views, term, { namespace: log.namespace, findKey, onStored });
        return projecting;
      },
      signal: term.signal,
      onTakenUp: () => {
        for (const listener of again) listener();
      },
      onProjected: (position, events) => {
        visibility.advance(position);
        if (events.length > 0) failing = "";
        for (const ended of endedLives(events)) for (const listener of listeners) listener(ended);
      },
      onFailure: (error) => {
        failing = ", since they could not be written; they are taken up again";
        say.warn({ err: error }, "the read models could not be written; they are taken up again");
      },
      isOver: (error) => error instanceof Superseded,
    }),
  );
  const running = terms.run();
  const watching = new AbortController();
  const watched = watchCheckpoint({
    position: () => views.position(),
    visibility,
    signal: watching.signal,
    isTold: () => projecting?.failed.aborted === false && terms.term !== undefined,
    onFailure: (error) => say.warn({ err: error }, "the read models cannot be reached"),
  });
  const lag = watchLag(log, visibility);
  metrics.lagSecondsFrom(() => lag.behind() / 1_000);
  const endTerms = async () => {
    ending.abort();
    await running;
  };
  unwind.defer(async () => {
    lag.stop();
    await endTerms();
    watching.abort();
    await watched;
  });
  await caughtUp(visibility, head, onStart);

  return {
    log,
    vault: keys.vault,
    readStore: views.readStore,
    ledger: views.ledger,
    visibility,
    namespace: log.namespace,
    shared: isShared(settings),
    terms,
    checks: checksOf({ log, views, visibility, terms, behind: lag.behind, failing: () => failing }),
    onEnded: (listener) => void listeners.push(listener),
    onTakenUp: (listener) => void again.push(listener),
    startLedger: async (ledger) => {
      const { readStore, ledger: trees } = views;
      const parts = { ...ledger, stores: { log, readStore, ledger: trees, visibility, namespace: log.namespace } };
      if (keys.database === undefined && mongo === undefined) return startFileLedger(parts);
      const database = keys.database ?? lastingBeside(mongo!);
      return startNodeLedger({ ...parts, database, service: keys.service, signal: watching.signal });
    },
    endTerms,
    [Symbol.asyncDispose]: () => unwind.disposeAsync(),
  };
}

/** Looks from time to time how far the read models are behind the log. */
function watchLag(log: OpenedLog, visibility: Visibility) {
  const lag = new Lag();
  const looking = setInterval(async () => {
    const now = performance.now();
    await log.head().then(
      (position) => lag.note(position, visibility.position, now),
      () => undefined,
    );
  }, LOOK_EVERY).unref();
  return {
    /** Milliseconds. */
    behind: () => lag.at(visibility.position, performance.now()),
    stop: () => clearInterval(looking),
  };
}

interface Checked {
  readonly log: OpenedLog;
  readonly views: Pick<Views, "unheld">;
  readonly visibility: Visibility;
  readonly terms: Terms;
  /** Milliseconds. */
  readonly behind: () => number;
  /** Why, as the end of a sentence; empty where nothing failed. */
  readonly failing: () => string;
}

/** What readiness goes by; the lease is said, not asked for: any node may serve. */
const checksOf = ({ log, views, visibility, terms, behind, failing }: Checked): readonly ReadinessCheck[] => [
  {
    name: "event log",
    check: async () => {
      if (log.writeFailure !== undefined) return { ok: false, says: `the last append failed: ${log.writeFailure}` };
      return { ok: true, says: `at position ${ordinalOf(await log.head())}` };
    },
  },
  {
    name: "read models",
    check: () => {
      if (visibility.stalled !== undefined) return { ok: false, says: visibility.stalled };
      const seconds = Math.round(behind() / 1_000);
      const says = seconds === 0 ? "level with the log" : `${seconds} s behind the log${failing()}`;
      const unheld = views.unheld();
      const without = unheld === 0 ? "" : `; too large for them, and refused to whoever reads it: ${unheld}`;
      return { ok: behind() < LAGGING, says: `${says}${without}` };
    },
  },
  {
    name: "lease",
    check: () => ({ ok: true, says: terms.term === undefined ? "another node's, or nobody's" : "this node's" }),
  },
];

/** Goes on from the checkpoint that is stored; closing it closes the writer. */
async function openProjector(views: Views, term: Term, options: AsynchronousProjectorOptions): Promise<Projecting> {
  const writer = await views.openWriter(term);
  const projector = await AsynchronousProjector.resume(writer, options);
  return {
    get position() {
      return projector.position;
    },
    failed: projector.failed,
    take: (events) => projector.take(events),
    settled: () => projector.settled(),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}

/** Read models have seen what a log that was set back has no more. */
function refuseAhead(visible: Position, head: Position): void {
  if (visible <= head) return;
  throw new Error(
    `the read models are at position ${ordinalOf(visible)} of a log that ends at ${ordinalOf(head)}: it is another log, ` +
      "or it was set back. Drop the database of the read models, and they are built anew",
  );
}

/** Whoever projects, all that was in the log at the start has to be visible before this node answers. */
async function caughtUp(visibility: Visibility, head: Position, onStart: (progress: string) => void): Promise<void> {
  const from = ordinalOf(visibility.position);
  const all = Math.max(1, ordinalOf(head) - from);
  while (visibility.position < head) {
    const share = Math.floor((100 * (ordinalOf(visibility.position) - from)) / all);
    onStart(`the read models are catching up with the log: ${share} % of what was missing`);
    await Promise.race([visibility.reached(head).catch(() => undefined), pause(LOOK_EVERY)]);
  }
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref());
