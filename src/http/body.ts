// Request bodies, read up to a limit that is known before the first byte is kept.
import type { IncomingMessage } from "node:http";
import { parseJson } from "./json-text.ts";
import { requireJson } from "./media-type.ts";
import { bodyTooLarge, type Refusal, tooManyBodies } from "./refusal.ts";

export interface BodyLimits {
  readonly bodyBytes: number;
  readonly jsonDepth: number;
  /** The refusal of a body over the limit. `sent`: its length in bytes, where the client said so. */
  readonly tooLarge?: (limit: number, sent: number | undefined) => Refusal;
}

/** The client went away in the middle of its request: there is nobody to answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

/** Bytes of all bodies that are only in part there, however many connections they come on. */
const MOST_UNDER_WAY = 128 * 1_048_576;
let underWay = 0;

type ByteLimits = Pick<BodyLimits, "bodyBytes" | "tooLarge">;

function readBytes(
  request: IncomingMessage,
  { bodyBytes: limit, tooLarge = bodyTooLarge }: ByteLimits,
): Promise<Buffer> {
  const announced = request.headers["content-length"];
  if (Number(announced ?? 0) > limit) return Promise.reject(tooLarge(limit, Number(announced)));
  // A client that left before this has had its events emitted already: none would come any more.
  if (request.destroyed && !request.readableEnded) return Promise.reject(new ClientGone());
  const chunks: Buffer[] = [];
  let length = 0;
  const bytes = new Promise<Buffer>((resolve, reject) => {
    request.on("data", keep);
    request.on("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length)));
    request.on("error", () => reject(new ClientGone()));
    request.on("close", () => {
      if (!request.complete) reject(new ClientGone());
    });

    function keep(chunk: Buffer): void {
      const isTooMany = underWay + chunk.length > Math.max(MOST_UNDER_WAY, limit);
      if (length + chunk.length > limit || isTooMany) {
        request.off("data", keep).resume();
        reject(isTooMany ? tooManyBodies() : tooLarge(limit, undefined));
        return;
      }
      chunks.push(chunk);
      length += chunk.length;
      underWay += chunk.length;
    }
  });
  const release = () => {
    underWay -= length;
    chunks.length = 0;
  };
  bytes.then(release, release);
  return bytes;
}

/** The JSON of a request's body. Throws 400 invalidSyntax, 413, 415 and ClientGone. */
export async function readJson(request: IncomingMessage, limits: BodyLimits): Promise<unknown> {
  requireJson(request.headers["content-type"], request.headers["content-encoding"]);
  return parseJson(await readBytes(request, limits), limits.jsonDepth);
}
