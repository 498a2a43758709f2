// The listening side: node's own server with its limits set, errors of the wire as SCIM errors, and an orderly end.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Settings } from "../settings/table.ts";
import { errorText } from "./error-table.ts";
import { SCIM_JSON } from "./media-type.ts";
import { Refusal } from "./refusal.ts";

export type ServerSettings = Pick<Settings, "host" | "port" | "baseUrl" | "tlsCert" | "tlsKey" | "drainMs">;

export interface HttpServer {
  /** Where it listens: scheme, host and port. */
  readonly url: string;
  /** How clients reach it: the setting, or else `url`. */
  readonly baseUrl: string;
  /** Stops accepting, lets the requests under way finish (`drainMs` at most), then resolves. */
  close(): Promise<void>;
}

const LIMITS = {
  /** Request line and header fields together: a filter may take most of it. */
  maxHeaderSize: 64 * 1_024,
  headersTimeout: 20_000,
  requestTimeout: 120_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  insecureHTTPParser: false,
  /** Checked by the listener below, so that the refusal has a body. */
  requireHostHeader: false,
};
/** Without a byte in either direction: longer than a write may wait, but no client reads slowly for ever. */
const IDLE_MS = 130_000;
const DRAIN_STEP_MS = 25;

/** What the parser found wrong → what is answered before the connection ends. */
const WIRE_ERRORS: ReadonlyMap<string, Refusal> = new Map([
  ["HPE_HEADER_OVERFLOW", new Refusal(431, "The request line and header fields are too large.")],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", new Refusal(413, "The chunk extensions of the request are too large.")],
  ["ERR_HTTP_REQUEST_TIMEOUT", new Refusal(408, "The request did not arrive in time.")],
]);
const MALFORMED = new Refusal(400, "The request is not well-formed HTTP/1.1.", [], "invalidSyntax");
const NO_HOST = new Refusal(400, "The request has no Host header field.", [], "invalidSyntax");
const TWO_HOSTS = new Refusal(400, "The request has more than one Host header field.", [], "invalidSyntax");
const EXPECTATION = new Refusal(417, "The only expectation that is met is 100-continue.");

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
};

/** An answer on a connection whose request could not be read. */
function rawAnswer(refusal: Refusal): string {
  const body = errorText(refusal);
  return (
    `HTTP/1.1 ${refusal.status} ${REASONS[refusal.status]}\r\nContent-Type: ${SCIM_JSON}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n` +
    `Connection: close\r\n\r\n${body}`
  );
}

/** Whether the answer of an earlier request on this connection has begun: nothing may be written into it. */
const isAnswering = (socket: Duplex): boolean =>
  (socket as Duplex & { _httpMessage?: ServerResponse | null })._httpMessage?.headersSent === true;

function answerWireError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  socket.end(rawAnswer(WIRE_ERRORS.get(error.code ?? "") ?? MALFORMED), () => socket.destroy());
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  const body = errorText(refusal);
  response.writeHead(refusal.status, {
    "Content-Type": SCIM_JSON,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    Connection: "close",
  });
  response.end(body);
}

const withHost =
  (listener: RequestListener): RequestListener =>
  (request, response) => {
    const hosts = hostsOf(request.rawHeaders);
    if (hosts > 1) refuse(response, TWO_HOSTS);
    else if (hosts === 0 && request.httpVersionMinor === 1) refuse(response, NO_HOST);
    else listener(request, response);
  };

/** How many Host fields there are: with two of them, a proxy and this service may mean different ones (RFC 9112 §3.2). */
function hostsOf(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts;
}

function makeServer({ tlsCert, tlsKey }: ServerSettings): Server {
  if (tlsCert === undefined || tlsKey === undefined) return createServer(LIMITS);
  const tls = { cert: readFileSync(tlsCert), key: readFileSync(tlsKey), minVersion: "TLSv1.2" } as const;
  return createTlsServer({ ...LIMITS, ...tls });
}

/** Listens; `createListener` is called with the base URL once the port is known, before the first request. */
export async function startServer(
  settings: ServerSettings,
  createListener: (baseUrl: string) => RequestListener,
): Promise<HttpServer> {
  const server = makeServer(settings);
  server.timeout = IDLE_MS;
  server.on("clientError", answerWireError);
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) => refuse(response, EXPECTATION));
  server.on("connection", (socket: Socket) => socket.setNoDelay(true));
  const { promise, resolve, reject } = Promise.withResolvers<HttpServer>();
  server.once("error", reject);
  server.listen(settings.port, settings.host, () => {
    server.off("error", reject);
    const url = urlOf(server, settings);
    const baseUrl = settings.baseUrl ?? url;
    server.on("request", withHost(createListener(baseUrl)));
    resolve({ url, baseUrl, close: () => drain(server, settings.drainMs) });
  });
  return promise;
}

function urlOf(server: Server, { host, tlsCert }: ServerSettings): string {
  const { port } = server.address() as AddressInfo;
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `${tlsCert === undefined ? "http" : "https"}://${name}:${port}`;
}

/** Connections that are kept alive are ended as soon as they have no request. */
async function drain(server: Server, drainMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  const step = setInterval(() => server.closeIdleConnections(), DRAIN_STEP_MS);
  const end = setTimeout(() => server.closeAllConnections(), drainMs);
  await promise;
  clearInterval(step);
  clearTimeout(end);
}
