// What a backup is: `manifest.json`, written last. A folder without it is no finished backup.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { sha256Of } from "../files.ts";
import { Problem } from "../problem.ts";

const MANIFEST_FILE = "manifest.json";
const FORMAT = 1;

const position = z
  .string()
  .regex(/^[0-9]{16}$/u)
  .transform((text) => text as Position);

const manifestSchema = z.object({
  kind: z.literal("scim-ledger backup"),
  format: z.literal(FORMAT),
  /** Of the program that took it. */
  version: z.string(),
  time: z.iso.datetime(),
  source: z.string(),
  /** The last event of the log, and the last one that the read models have seen; null where they were left out. */
  positions: z.object({ log: position, views: position.nullable() }),
  files: z.array(
    // A plain name: a manifest leads nowhere else.
    z.object({
      name: z.string().regex(/^[a-z]+\.[a-z]+$/u),
      bytes: z.int(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/u),
    }),
  ),
});

export type Manifest = z.output<typeof manifestSchema>;
export type BackedUpFile = Manifest["files"][number];

export const makeManifest = (manifest: Omit<Manifest, "kind" | "format">): Manifest => ({
  kind: "scim-ledger backup",
  format: FORMAT,
  ...manifest,
});

export const writeManifest = (folder: string, manifest: Manifest): void =>
  writeFileSync(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`, {
    mode: 0o600,
    flag: "wx",
    flush: true,
  });

/** Throws a Problem for a folder that holds no finished backup, or one of a newer version. */
export function readManifest(folder: string): Manifest {
  const path = join(folder, MANIFEST_FILE);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new Problem(
      missing ? `${folder} holds no finished backup: there is no ${MANIFEST_FILE}` : `${path} is not JSON`,
    );
  }
  const read = manifestSchema.safeParse(content);
  if (read.success) return read.data;
  const { path: where, message } = read.error.issues[0]!;
  throw new Problem(`${path} is not a manifest that this version reads: ${where.join(".")}: ${message}`);
}

/** A file as the manifest lists it. */
export async function describeFile(folder: string, name: string): Promise<BackedUpFile> {
  const path = join(folder, name);
  return { name, bytes: statSync(path).size, sha256: await sha256Of(path) };
}

/** Throws a Problem where a file is not the one that was backed up. */
export async function checkFile(folder: string, { name, bytes, sha256 }: BackedUpFile): Promise<void> {
  const path = join(folder, name);
  const found = await describeFile(folder, name);
  if (found.bytes !== bytes) throw new Problem(`${path} has ${found.bytes} bytes and the manifest says ${bytes}`);
  if (found.sha256 !== sha256) throw new Problem(`${path} is not the file that was backed up: its SHA-256 differs`);
}
