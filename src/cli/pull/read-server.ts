// Reads all users and groups of a SCIM server into a snapshot. A run that was stopped goes on at the page it stood at.
import { isObject, type JsonObject } from "../../scim/json.ts";
import { searchRequestUrn } from "../../scim/messages.ts";
import { type Capabilities, ENDPOINTS, type Kind } from "../scim-client/discovery.ts";
import { Refused, ServerUnusable, Stopped } from "../scim-client/errors.ts";
import type { ScimClient } from "../scim-client/scim-client.ts";
import { concurrently } from "./concurrently.ts";
import { afterLostCursor, afterNoSearch, afterPage, firstWalk, parametersOf, type Walk } from "./page-walk.ts";
import type { Snapshot, Sourced } from "./snapshot.ts";

export interface ReadOptions {
  readonly client: ScimClient;
  readonly capabilities: Capabilities;
  readonly snapshot: Snapshot;
  readonly kinds: readonly Kind[];
  /** For users; for groups where these alone are read. */
  readonly filter?: string | undefined;
  readonly pageSize: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, done: number, all: number) => void;
}

/** Whether every walk ended undisturbed: only then is somebody who was not seen not there. */
export interface ReadResult {
  readonly complete: boolean;
  /** Resources that the server counted and never sent. */
  readonly unseen: number;
}

/** Throws Stopped, ServerUnusable. */
export async function readServer(options: ReadOptions): Promise<ReadResult> {
  let complete = true;
  let unseen = 0;
  for (const kind of options.kinds) {
    const walk = await readKind(kind, options);
    complete &&= !walk.disturbed;
    unseen += Math.max(0, (walk.total ?? 0) - options.snapshot.count(kind));
    if (kind === "Group") await readWholeGroups(options);
  }
  return { complete, unseen };
}

async function readKind(kind: Kind, options: ReadOptions): Promise<Walk> {
  const { client, snapshot, capabilities, signal } = options;
  const wanted = Math.max(1, Math.min(options.pageSize, capabilities.pageSize ?? options.pageSize));
  let walk = snapshot.walkOf(kind) ?? firstWalk(capabilities.cursor ? "cursor" : "index");
  // Computed or large, and read apart: a list is quicker without.
  let excluded: string | undefined = kind === "User" ? "groups" : "members";
  while (walk.next !== null) {
    if (signal.aborted) throw new Stopped("stopped while the source was read");
    try {
      const parameters = { ...queryOf(kind, options, excluded), ...parametersOf(walk, wanted) };
      const { body } = await (walk.method === "search"
        ? client.search(ENDPOINTS[kind], searchOf(parameters))
        : client.get(ENDPOINTS[kind], parameters));
      walk = putAway(kind, walk, body ?? {}, snapshot);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (walk.method === "search" && walk.read === 0 && excluded === undefined)
        walk = afterNoSearch(walk, ENDPOINTS[kind], error.message);
      else if (error.scimType === "expiredCursor" || error.scimType === "invalidCursor") walk = afterLostCursor(walk);
      else if ((error.status === 400 || walk.method === "search") && excluded !== undefined && walk.read === 0)
        excluded = undefined;
      else throw new ServerUnusable(`the source refuses to list ${ENDPOINTS[kind]}: ${error.message}`);
    }
    if (walk.total !== null)
      options.onProgress(`Reading ${kind.toLowerCase()}s`, walk.read, Math.max(walk.total ?? 0, walk.read));
  }
  return walk;
}

/** The parameters of a GET as the body of a search (RFC 7644 §3.4.3): numbers and lists are such there. */
function searchOf({ startIndex, count, excludedAttributes, filter }: Readonly<Record<string, string>>): JsonObject {
  return {
    schemas: [searchRequestUrn],
    startIndex: Number(startIndex),
    count: Number(count),
    ...(excludedAttributes === undefined ? {} : { excludedAttributes: excludedAttributes.split(",") }),
    ...(filter === undefined ? {} : { filter }),
  };
}

function queryOf(kind: Kind, { filter, kinds }: ReadOptions, excluded: string | undefined): Record<string, string> {
  const isFiltered = filter !== undefined && (kind === "User" || kinds.length === 1);
  return {
    ...(isFiltered ? { filter } : {}),
    ...(excluded === undefined ? {} : { excludedAttributes: excluded }),
  };
}

function putAway(kind: Kind, walk: Walk, body: JsonObject, snapshot: Snapshot): Walk {
  const list = body["Resources"] ?? [];
  if (!Array.isArray(list)) throw new ServerUnusable(`the source answers ${ENDPOINTS[kind]} with no list of resources`);
  const page = list.flatMap((one) => (isObject(one) ? sourced(one) : []));
  if (page.length < list.length) throw new ServerUnusable(`the source lists a ${kind.toLowerCase()} without an id`);
  const { totalResults, nextCursor } = body;
  return snapshot.putPage(kind, walk, page, kind === "User", (fresh) =>
    afterPage(walk, {
      ids: page.map(({ id }) => id),
      fresh,
      ...(typeof totalResults === "number" ? { total: totalResults } : {}),
      ...(typeof nextCursor === "string" && nextCursor !== "" ? { nextCursor } : {}),
    }),
  );
}

/** The id may be a number: some servers have it so. */
export function sourced(body: JsonObject): readonly Sourced[] {
  const id = body["id"];
  if (typeof id !== "string" && typeof id !== "number") return [];
  return id === "" ? [] : [{ id: String(id), body }];
}

const GROUPS_AT_ONCE = 200;

/** Lists of groups leave members out, or cut them: each group is read by itself. */
async function readWholeGroups({ client, snapshot, concurrency, signal, onProgress }: ReadOptions): Promise<void> {
  const all = snapshot.count("Group");
  let done = 0;
  for (let after = 0; ; ) {
    const rows = snapshot.unread("Group", after, GROUPS_AT_ONCE);
    if (rows.length === 0) return;
    await concurrently(rows, concurrency, async ({ ordinal, sourceId }) => {
      if (signal.aborted) throw new Stopped("stopped while the source was read");
      snapshot.complete("Group", ordinal, await oneOf(client, sourceId));
      onProgress("Reading members", ++done, all);
    });
    after = rows.at(-1)!.ordinal;
  }
}

/** Undefined where it was deleted meanwhile. */
async function oneOf(client: ScimClient, id: string): Promise<JsonObject | undefined> {
  try {
    return (await client.get(`${ENDPOINTS.Group}/${encodeURIComponent(id)}`)).body;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    if (error instanceof Refused) throw new ServerUnusable(`the source refuses to show a group: ${error.message}`);
    throw error;
  }
}
