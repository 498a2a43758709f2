import { randomUUIDv7 } from "node:crypto";

const LONGEST = 64;

function isPlain(text: string): boolean {
  if (text.length === 0 || text.length > LONGEST) return false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i) | 0x20;
    const letterOrDigit = (unit >= 97 && unit <= 122) || (text.charCodeAt(i) >= 48 && text.charCodeAt(i) <= 57);
    if (!letterOrDigit && !"._-".includes(text[i] as string)) return false;
  }
  return true;
}

/**
 * The caller's `X-Request-Id` if it is 1 to 64 of `[A-Za-z0-9._-]` (it reaches logs and events), else a UUID of version 7:
 * those of one time lie together in an index.
 */
export const requestIdOf = (header: string | string[] | undefined): string =>
  typeof header === "string" && isPlain(header) ? header : randomUUIDv7();
