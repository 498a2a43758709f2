// Reads users and groups from a file of NDJSON, one resource a line (docs/importing.md), into a snapshot.
import { createReadStream, statSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { isObject, type JsonObject, objectIn } from "../../scim/json.ts";
import { textOf } from "../import/core/match.ts";
import { misused } from "../problem.ts";
import { BUILT_IN, type Kind } from "../scim-client/discovery.ts";
import { Stopped } from "../scim-client/errors.ts";
import { sourced } from "./read-server.ts";
import type { Snapshot } from "./snapshot.ts";

export interface FileOptions {
  readonly path: string;
  readonly snapshot: Snapshot;
  readonly kinds: readonly Kind[];
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, done: number, all: number) => void;
}

/** A line that is no resource, by its number. */
export interface BadLine {
  readonly line: number;
  readonly reason: string;
}

/** Longer lines are refused: characters. A group with a million members fits. */
const LONGEST_LINE = 256 * 1_048_576;

/** Throws a Problem where the file cannot be read to its end; lines that are no resources are returned. */
export async function readFile({
  path,
  snapshot,
  kinds,
  signal,
  onProgress,
}: FileOptions): Promise<readonly BadLine[]> {
  const bad: BadLine[] = [];
  const size = sizeOf(path);
  let number = 0;
  for await (const { text, bytesRead } of linesOf(path)) {
    number += 1;
    if (signal.aborted) throw new Stopped("stopped while the file was read");
    if (text.trim() === "") continue;
    const reason = putAway(text, kinds, snapshot);
    if (reason !== undefined) bad.push({ line: number, reason });
    onProgress("Reading the file", bytesRead, size);
  }
  return bad;
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    throw misused(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Why the line is no resource; undefined where it is one, or one of a kind that was not asked for. */
function putAway(text: string, kinds: readonly Kind[], snapshot: Snapshot): string | undefined {
  const body = objectIn(text);
  if (body === undefined) return "it is no JSON object";
  const kind = kindOf(body);
  if (kind === undefined) return "neither meta.resourceType nor schemas says that it is a user or a group";
  if (!kinds.includes(kind)) return undefined;
  // People write files by hand: what the owner of the data calls them will do.
  const [one] = sourced(body);
  const id = one?.id ?? textOf(body, "externalId");
  if (id === undefined) return "it has neither id nor externalId";
  return snapshot.add(kind, { id, body }) ? undefined : "its id was on a line before";
}

/** By `meta.resourceType`, else by the core schema among `schemas`. */
function kindOf(body: JsonObject): Kind | undefined {
  const meta = body["meta"];
  const named = isObject(meta) ? meta["resourceType"] : undefined;
  if (named === "User" || named === "Group") return named;
  const schemas = Array.isArray(body["schemas"]) ? body["schemas"] : [];
  const declares = (kind: Kind): boolean =>
    schemas.some((urn) => typeof urn === "string" && urn.toLowerCase() === BUILT_IN[kind].schema.id.toLowerCase());
  return declares("User") ? "User" : declares("Group") ? "Group" : undefined;
}

/** `bytesRead` counts the bytes of the file, compressed or not. */
async function* linesOf(path: string): AsyncGenerator<{ readonly text: string; readonly bytesRead: number }> {
  const file = createReadStream(path);
  const content = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  // The error of the file is not passed on by `pipe`.
  file.on("error", (error) => content.destroy(error));
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  try {
    for await (const piece of content) {
      const [first = "", ...more] = decoder.decode(piece as Uint8Array, { stream: true }).split("\n");
      parts.push(first);
      length += first.length;
      if (length > LONGEST_LINE) throw new Error(`a line has more than ${LONGEST_LINE} characters`);
      for (const text of more) {
        yield { text: parts.join(""), bytesRead: file.bytesRead };
        parts = [text];
        length = text.length;
      }
    }
  } catch (error) {
    if (error instanceof Stopped) throw error;
    throw misused(`${path} cannot be read to its end: ${(error as Error).message}`);
  }
  yield { text: parts.join("") + decoder.decode(), bytesRead: file.bytesRead };
}
