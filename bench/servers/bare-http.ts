// The lowest floor: node:http alone, answering the same bytes; a body that came is parsed and sent back.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type FloorSettings, runServer } from "./floor.ts";

runServer(({ body, contentType }: FloorSettings) => {
  const length = Buffer.byteLength(body);
  return createServer((request, response) => {
    if (request.method !== "GET") return echo(request, response, contentType);
    response.writeHead(200, { "Content-Type": contentType, "Content-Length": length });
    response.end(body);
  });
});

function echo(request: IncomingMessage, response: ServerResponse, contentType: string): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const text = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()));
    const status = request.method === "POST" ? 201 : 200;
    response.writeHead(status, { "Content-Type": contentType, "Content-Length": Buffer.byteLength(text) });
    response.end(text);
  });
}
