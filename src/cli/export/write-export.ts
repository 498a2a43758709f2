// Writes an export: under another name until it is whole, users before groups, each in the order of their ids.
import { once } from "node:events";
import { createWriteStream, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Json, JsonObject } from "../../scim/json.ts";
import { isObject } from "../../scim/json.ts";
import { sync } from "../files.ts";
import { Problem } from "../problem.ts";
import { type ReadOptions, readServer } from "../pull/read-server.ts";
import { Snapshot } from "../pull/snapshot.ts";
import { openWorkFile } from "../pull/work-file.ts";
import type { Kind } from "../scim-client/discovery.ts";

export interface ExportTask extends Omit<ReadOptions, "snapshot"> {
  /** A path, or `-` for `out`. */
  readonly to: string;
  readonly out: (line: string) => void;
}

export interface Exported {
  readonly users: number;
  readonly groups: number;
  /** Resources that the source counted and never sent. */
  readonly unseen: number;
}

/** Resolves once the file is whole and durable. Throws Stopped, ServerUnusable; there is no file then. */
export async function writeExport(task: ExportTask): Promise<Exported> {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-export-"));
  const database = openWorkFile(join(folder, "read"));
  try {
    const snapshot = new Snapshot(database);
    const { unseen } = await readServer({ ...task, snapshot });
    if (task.to === "-") for (const line of linesOf(snapshot, task.kinds)) task.out(line);
    else await writeFile(resolve(task.to), linesOf(snapshot, task.kinds));
    return { users: snapshot.count("User"), groups: snapshot.count("Group"), unseen };
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function* linesOf(snapshot: Snapshot, kinds: readonly Kind[]): Generator<string> {
  for (const kind of kinds)
    for (const body of snapshot.sorted(kind)) yield JSON.stringify(kind === "Group" ? withSortedMembers(body) : body);
}

/** The same directory gives the same file, whatever the order in which a server names members. */
function withSortedMembers(group: JsonObject): JsonObject {
  const members = group["members"];
  if (!Array.isArray(members)) return group;
  const idOf = (member: Json): string => {
    const id = isObject(member) ? member["value"] : member;
    return typeof id === "string" ? id : JSON.stringify(member);
  };
  return { ...group, members: members.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0)) };
}

async function writeFile(path: string, lines: Iterable<string>): Promise<void> {
  const unfinished = `${path}.unfinished-${process.pid}`;
  try {
    const file = createWriteStream(unfinished, { mode: 0o600, flags: "wx" });
    await once(file, "open");
    const out = path.endsWith(".gz") ? createGzip() : file;
    if (out !== file) out.pipe(file);
    await pour(lines, out, file);
    sync(unfinished);
    renameSync(unfinished, path);
    sync(dirname(path));
  } catch (error) {
    rmSync(unfinished, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new Problem(`${path} cannot be written: ${message}`);
  }
}

async function pour(lines: Iterable<string>, out: Writable, file: Writable): Promise<void> {
  const whole = finished(file);
  // Whoever waits for room is told as well that there will be none.
  whole.catch((error) => out.destroy(error));
  for (const line of lines) if (!out.write(`${line}\n`)) await Promise.race([once(out, "drain"), whole]);
  out.end();
  await whole;
}
