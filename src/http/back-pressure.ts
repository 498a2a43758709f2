// Answers in pieces, no faster than the client takes them.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { ClientGone } from "./body.ts";

/** Ends the connection of a client that has not taken an answer within so many milliseconds. */
export async function within(
  response: ServerResponse,
  milliseconds: number,
  answer: () => Promise<void>,
): Promise<void> {
  // A timer takes no more than 31 bits.
  const timer = setTimeout(() => response.destroy(), Math.min(milliseconds, 2 ** 31 - 1));
  try {
    await answer();
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves once the client has taken enough for the next piece. Throws ClientGone where it went away. */
export async function writePiece(response: ServerResponse, piece: string | Uint8Array): Promise<void> {
  if (response.destroyed) throw new ClientGone();
  if (response.write(piece)) return;
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once("close", leave);
  try {
    await once(response, "drain", { signal: gone.signal });
  } catch {
    throw new ClientGone();
  } finally {
    response.off("close", leave);
  }
}
