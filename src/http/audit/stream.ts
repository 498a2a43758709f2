// Sends text as it comes, in large pieces, no faster than the client reads, and counts what has left.
import { finished } from "node:stream/promises";
import type { Tally } from "../../audit/answers/inspections.ts";
import { Turns } from "../../audit/answers/turns.ts";
import { writePiece } from "../back-pressure.ts";
import { ClientGone } from "../body.ts";
import type { Exchange } from "../exchange.ts";

/** UTF-16 units. */
const PIECE = 65_536;

/** Resolves when the last byte has left. What `text` throws before the first piece is full is thrown before the headers are sent. */
export async function send(exchange: Exchange, type: string, text: AsyncIterable<string>, tally: Tally): Promise<void> {
  const { response } = exchange;
  for await (const piece of pieces(text)) {
    if (!response.headersSent) exchange.begin(200, type);
    await writePiece(response, piece);
    const bytes = exchange.request.method === "HEAD" ? 0 : Buffer.byteLength(piece);
    exchange.bytesSent += bytes;
    tally.bytes += bytes;
  }
  const left = finished(response);
  exchange.ended(200);
  await left.catch(() => {
    throw new ClientGone();
  });
}

async function* pieces(text: AsyncIterable<string>): AsyncGenerator<string> {
  // Embedded stores answer at once: without turns, a long answer to a fast reader would hold up everybody else.
  const turns = new Turns();
  let piece = "";
  for await (const part of text) {
    await turns.pause();
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}
