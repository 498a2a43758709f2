// The HTTP interface of a witness.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { WitnessFiles } from "../../ledger/file/witness-files.ts";
import { addCheckpoint, type WitnessOptions } from "../../ledger/witness.ts";

/** A request has at most 63 hashes and a note of a few signatures. */
const LONGEST_BODY = 65_536;
const HASH = /^\/([0-9a-f]{64})\/checkpoint$/u;
const PLAIN = "text/plain; charset=utf-8";

export interface WitnessServerOptions extends WitnessOptions {
  readonly memory: WitnessFiles;
  /** Told what a fault of its own was. */
  readonly onFault: (error: unknown) => void;
}

/** Nothing listens yet. */
export function witnessServer(options: WitnessServerOptions): Server {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.onFault(error);
      if (response.headersSent) response.destroy();
      else send(response, 500, "a fault of the witness\n");
    });
  });
  server.requestTimeout = 30_000;
  server.maxHeadersCount = 100;
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: WitnessServerOptions,
): Promise<void> {
  const path = request.url ?? "";
  if (request.method === "POST" && path === "/add-checkpoint") {
    const body = await bodyOf(request);
    if (body === undefined) {
      response.setHeader("Connection", "close");
      send(response, 413, "the request is too large\n");
      return;
    }
    const { status, body: text } = addCheckpoint(body, options);
    send(response, status, text, status === 409 ? "text/x.tlog.size" : PLAIN);
    return;
  }
  const hash = HASH.exec(path)?.[1];
  const note = request.method === "GET" && hash !== undefined ? options.memory.byHash(hash) : undefined;
  if (note === undefined) send(response, 404, "there is nothing at this path\n");
  else send(response, 200, note);
}

function send(response: ServerResponse, status: number, text: string, type = PLAIN): void {
  response.writeHead(status, { "Content-Type": type, "X-Content-Type-Options": "nosniff" }).end(text);
}

/** Undefined where it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > LONGEST_BODY) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
