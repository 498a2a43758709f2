// What holding a data folder adds to it, for whoever then changes nothing else.
import { existsSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { HOLDER_FILE, LOCK_FILE } from "../../embedded/take-folder.ts";

/** Looks at a folder before it is held. What is returned takes away, while it still is, the files and folders that this made. */
export function tracesOf(data: string): () => void {
  const files = [HOLDER_FILE, LOCK_FILE, `${LOCK_FILE}-journal`]
    .map((name) => join(data, name))
    .filter((path) => !existsSync(path));
  const folders = missing(data);
  return () => {
    for (const file of files) rmSync(file, { force: true });
    for (const folder of folders) if (!removed(folder)) return;
  };
}

/** The folder and those that it is in, the innermost first, as far as there are none. */
const missing = (folder: string): readonly string[] =>
  existsSync(folder) ? [] : [folder, ...missing(dirname(folder))];

/** False where something is in it meanwhile. */
function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
