/** Result codes of SQLite that we tell apart (https://sqlite.org/rescode.html). */
export const SQLITE_BUSY = 5;
export const SQLITE_CORRUPT = 11;
export const SQLITE_FULL = 13;
export const SQLITE_CANTOPEN = 14;
export const SQLITE_NOTADB = 26;

/** The extended result code of an error of SQLite; 0 for any other error. */
export function resultCode(error: unknown): number {
  const code = typeof error === "object" && error !== null && "errcode" in error ? error.errcode : 0;
  return typeof code === "number" ? code : 0;
}

/** The primary code that an extended one refines. */
export const primaryCode = (code: number): number => code & 0xff;
