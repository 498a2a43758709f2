// Request bodies, read up to a limit that is known before the first byte is kept.
import type { IncomingMessage } from "node:http";
import { parseJson } from "./json-text.ts";
import { requireJson } from "./media-type.ts";
import { bodyTooLarge } from "./refusal.ts";

export interface BodyLimits {
  readonly bodyBytes: number;
  readonly jsonDepth: number;
}

/** The client went away in the middle of its request: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > limit) return Promise.reject(bodyTooLarge(limit));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        chunks.length = 0;
        reject(bodyTooLarge(limit));
      } else {
        chunks.push(chunk);
      }
    });
    request.on("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)));
    request.on("error", () => reject(new ClientGone()));
    request.on("close", () => reject(new ClientGone()));
  });
}

/** The JSON of a request's body. Throws 400 invalidSyntax, 413, 415 and ClientGone. */
export async function readJson(request: IncomingMessage, { bodyBytes, jsonDepth }: BodyLimits): Promise<unknown> {
  requireJson(request.headers["content-type"], request.headers["content-encoding"]);
  return parseJson(await readBytes(request, bodyBytes), jsonDepth);
}
