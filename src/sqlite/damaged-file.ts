import { primaryCode, resultCode, SQLITE_CORRUPT, SQLITE_NOTADB } from "./result-code.ts";

/** A file of ours that SQLite cannot read; the message names it. */
export class DamagedFile extends Error {
  override readonly name = "DamagedFile";
  constructor(path: string, cause: unknown) {
    super(`${path} is damaged: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** Does what reads a file; SQLite itself does not say which file it finds damaged. Throws DamagedFile. */
export function namingDamage<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DamagedFile) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw [SQLITE_CORRUPT, SQLITE_NOTADB].includes(primaryCode(resultCode(cause)))
      ? new DamagedFile(path, cause)
      : error;
  }
}
