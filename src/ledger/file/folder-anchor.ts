// Keeps each head as a file of its own, for storage that does not let files be changed.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Anchor } from "../anchor.ts";
import { parseCheckpoint } from "../checkpoint.ts";
import { parseNote } from "../signed-note.ts";

/** `<folder>/<tenant>/<size, 16 digits>-<beginning of the root>.checkpoint` */
export function folderAnchor(folder: string): Anchor {
  return {
    name: "folder",
    async hand(tenant, note) {
      const { size, root } = parseCheckpoint(parseNote(note).text);
      const name = `${String(size).padStart(16, "0")}-${Buffer.from(root).toString("hex", 0, 8)}.checkpoint`;
      const path = join(folder, tenant, name);
      await mkdir(join(folder, tenant), { recursive: true });
      try {
        await writeFile(path, note, { flag: "wx", flush: true });
      } catch (error) {
        const isThere = (error as NodeJS.ErrnoException).code === "EEXIST" && (await readFile(path, "utf8")) === note;
        if (!isThere) throw error;
      }
    },
  };
}
