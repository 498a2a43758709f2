// One pass: read the source, then write users, their managers, groups, and members, in this order. A pass that was stopped
// goes on where it stood, on what it had read.
import type { DatabaseSync } from "node:sqlite";
import { type BadLine, readFile } from "../pull/read-file.ts";
import { readServer } from "../pull/read-server.ts";
import { Snapshot } from "../pull/snapshot.ts";
import { type Capabilities, ENDPOINTS, type Kind } from "../scim-client/discovery.ts";
import { Refused } from "../scim-client/errors.ts";
import type { ScimClient } from "../scim-client/scim-client.ts";
import type { MatchMode } from "./core/match.ts";
import { Links } from "./links.ts";
import { Notes } from "./notes.ts";
import { type Summary, summaryOf } from "./summary.ts";
import { DryTarget, type Target } from "./target.ts";
import { troublesOf } from "./troubles.ts";
import { handleVanished } from "./vanished.ts";
import type { WriteContext } from "./write-context.ts";
import { writeLinks } from "./write-links.ts";
import { writeResources } from "./write-resources.ts";

export type Source =
  | {
      readonly is: "server";
      readonly client: ScimClient;
      readonly capabilities: Capabilities;
      readonly filter?: string;
    }
  /** `version` tells one content of the file from another. */
  | { readonly is: "file"; readonly path: string; readonly version: string };

export interface PassOptions {
  readonly database: DatabaseSync;
  readonly source: Source;
  readonly target: Target;
  readonly kinds: readonly Kind[];
  readonly mode: MatchMode;
  readonly exact: boolean;
  readonly dryRun: boolean;
  readonly deactivateMissing: boolean;
  readonly atMost: number;
  readonly pageSize: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, done: number, all: number) => void;
  /** Told, once all is written, of each resource that was skipped or failed. */
  readonly onTrouble?: (kind: Kind, id: string, outcome: string, reason: string) => void;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** What is kept of a pass that is under way. */
interface Pass {
  readonly startedAt: number;
  /** Which source's content and which kinds it reads: another one is another pass. */
  readonly of: string;
  readonly read?: { readonly complete: boolean; readonly unseen: number; readonly badLines: readonly BadLine[] };
}

/** What was read longer ago is read again, milliseconds. */
const STALE_AFTER = 24 * 3_600_000;

/** Throws Stopped, ServerUnusable; what was done until then is kept. */
export async function runPass(options: PassOptions): Promise<Summary> {
  const { database, kinds, dryRun, clock = Date.now } = options;
  const snapshot = new Snapshot(database);
  const notes = new Notes(database);
  const pass = resumed(snapshot, options, clock()) ?? begun(snapshot, options, clock());
  const read = pass.read ?? (await readSource(snapshot, options));
  snapshot.keep("pass", { ...pass, read } satisfies Pass);
  const context: WriteContext = {
    ...options,
    snapshot,
    notes,
    links: new Links(database),
    target: dryRun ? new DryTarget(options.target) : options.target,
  };
  for (const kind of kinds) {
    await writeResources(kind, context);
    await writeLinks(kind, context);
  }
  const vanished = await handleVanished(context, {
    deactivate: options.deactivateMissing,
    atMost: options.atMost,
    kinds,
    complete: read.complete,
    isGone: (id) => isGone(options.source, id),
  });
  const seconds = (clock() - pass.startedAt) / 1_000;
  const summary = summaryOf({ ...context, ...read, dryRun, seconds, vanished });
  for (const kind of kinds)
    for (const { id, outcome, reason } of troublesOf(database, kind)) options.onTrouble?.(kind, id, outcome, reason);
  snapshot.keep("pass", null);
  snapshot.clear();
  return summary;
}

const passOf = ({ source, kinds }: PassOptions): string =>
  JSON.stringify([kinds, source.is === "file" ? source.version : (source.filter ?? null)]);

/** A dry run starts anew: it answers for the whole, not for a rest. */
function resumed(snapshot: Snapshot, options: PassOptions, now: number): Pass | undefined {
  const pass = snapshot.recall<Pass | null>("pass") ?? undefined;
  const isFresh = pass !== undefined && now - pass.startedAt < STALE_AFTER && pass.of === passOf(options);
  // A file is quickly read again, from its beginning.
  const hasRead = pass?.read !== undefined || options.source.is === "server";
  return isFresh && hasRead && !options.dryRun ? pass : undefined;
}

function begun(snapshot: Snapshot, options: PassOptions, startedAt: number): Pass {
  snapshot.clear();
  const pass: Pass = { startedAt, of: passOf(options) };
  snapshot.keep("pass", pass);
  return pass;
}

async function readSource(snapshot: Snapshot, options: PassOptions): Promise<NonNullable<Pass["read"]>> {
  const { source, kinds, signal, onProgress } = options;
  if (source.is === "server") return { ...(await readServer({ ...options, ...source, snapshot })), badLines: [] };
  const badLines = await readFile({ path: source.path, snapshot, kinds, signal, onProgress });
  return { complete: badLines.length === 0, unseen: 0, badLines: badLines.slice(0, MOST_LINES) };
}

/** Bad lines that are told apart. */
const MOST_LINES = 10_000;

/** A list may be wrong; a 404 for the one user is an answer. */
async function isGone(source: Source, id: string): Promise<boolean> {
  if (source.is === "file") return true;
  try {
    await source.client.get(`${ENDPOINTS.User}/${encodeURIComponent(id)}`, { attributes: "id" });
    return false;
  } catch (error) {
    if (error instanceof Refused) return error.status === 404;
    throw error;
  }
}
