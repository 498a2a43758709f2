// The file that an import keeps its state in: whose it is, and a copy of it for a run that writes nothing.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { EXIT, Problem } from "../problem.ts";
import { Snapshot } from "../pull/snapshot.ts";
import { openWorkFile } from "../pull/work-file.ts";

/** Between what the state stands: it is of no use, and harmful, between anything else. */
export interface Between {
  /** The base URL of the source, or `file:` and the path. */
  readonly from: string;
  readonly to: string;
  /** A source seen through another filter is another source. */
  readonly filter: string | null;
}

/** The name without `--state`: the same for the same source and target, in the present folder. */
export function derivedStatePath(between: Between): string {
  const digest = createHash("sha256").update(textOf(between)).digest("hex");
  return resolve(`scim-ledger-import-${digest.slice(0, 12)}.state`);
}

const textOf = ({ from, to, filter }: Between): string => JSON.stringify([from, to, filter]);

export interface StateFile extends Disposable {
  readonly database: DatabaseSync;
}

/** Throws a Problem where the file belongs to another source or target, or to another process. */
export function openState(path: string, between: Between): StateFile {
  const isNew = !existsSync(path);
  const database = openWorkFile(path);
  if (isNew) chmodSync(path, 0o600);
  try {
    claim(path, new Snapshot(database), between);
  } catch (error) {
    database.close();
    throw error;
  }
  return { database, [Symbol.dispose]: () => database.close() };
}

function claim(path: string, snapshot: Snapshot, between: Between): void {
  const before = snapshot.recall<Between>("between");
  if (before === undefined) snapshot.keep("between", between);
  if (before === undefined || textOf(before) === textOf(between)) return;
  const filter = before.filter === null ? "" : " with another --filter";
  throw new Problem(
    `${path} is the state of an import from ${before.from} to ${before.to}${filter}: name another file with --state`,
    EXIT.misused,
  );
}

/** A copy that goes away with its use; what an earlier run learnt is in it. */
export function openCopy(path: string, between: Between): StateFile {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-dry-run-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const copy = join(folder, "state");
  try {
    if (existsSync(path)) {
      const original = openState(path, between);
      try {
        original.database.prepare("VACUUM INTO ?").run(copy);
      } finally {
        original[Symbol.dispose]();
      }
    }
    const opened = openState(copy, between);
    return {
      database: opened.database,
      [Symbol.dispose]: () => {
        opened[Symbol.dispose]();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
