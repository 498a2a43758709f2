// Folders for what evidence is made of, below the system's folder for temporary files. They hold personal values in clear: what a
// process left behind that was killed, or interrupted, goes away with the next one.
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "scim-ledger-evidence-";
const NAME = /^scim-ledger-evidence-([1-9][0-9]{0,9})-[A-Za-z0-9]{6}$/u;

/** A new folder, empty, its owner's alone. Whoever made it removes it. */
export function ownFolder(below: string = tmpdir()): string {
  removeAbandoned(below);
  return mkdtempSync(join(below, `${PREFIX}${process.pid}-`));
}

/** Removes the folders of processes of this user that are no more. What cannot be removed stays. */
export function removeAbandoned(below: string = tmpdir()): void {
  for (const name of namesIn(below)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined) continue;
    try {
      const path = join(below, name);
      const { uid, mtimeMs } = lstatSync(path);
      if (uid === process.getuid?.() && isOver(Number(pid), mtimeMs)) rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else removed it, or it cannot be removed.
    }
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** In a container each process has the same id as the one before it. */
function isOver(pid: number, touchedAt: number): boolean {
  if (pid === process.pid) return touchedAt < performance.timeOrigin;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
