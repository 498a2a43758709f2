// Why an event store could not be opened, in words for whoever set its address. The client says it in gRPC's words or, of a
// cluster, not at all: so each host is connected to once, and what became of that is said.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { Unavailable } from "../event-log.ts";
import { hasTls, hostsOf } from "./connection-string.ts";
import { messageOf } from "./failure.ts";

/** Milliseconds in which a host accepts a connection. */
const CONNECTED_WITHIN = 3_000;
const PORT = 2113;

/** Said of a host that was connected to; `{ok}` is a connection as it should be. */
type Outcome = "ok" | "silent" | (string & {});

/** Codes of what TLS and the system say of a connection → words; all others are said as they are. */
const WORDS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet: see the clock of this machine",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for other host names than this one",
  ERR_SSL_WRONG_VERSION_NUMBER: "it speaks no TLS on that port: is it tls=false?",
  EPROTO: "it speaks no TLS on that port: is it tls=false?",
  ECONNREFUSED: "nobody listens there",
  ENOTFOUND: "no host has that name",
  EAI_AGAIN: "no host has that name, or the names cannot be looked up now",
  silent: "it does not answer",
};
const UNTRUSTED =
  "its certificate is of no authority that is trusted here: name the authority's file in SCIM_LEDGER_STORE_CA";
const UNTRUSTED_CODES =
  /^(?:UNABLE_TO_|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_UNTRUSTED|INVALID_CA)/u;

/** gRPC status codes. */
const [PERMISSION_DENIED, UNAUTHENTICATED] = [7, 16];

/** The same error in words that say what to do, where there are such. Takes some seconds at most. */
export async function explained(error: unknown, connectionString: string, caFile?: string): Promise<unknown> {
  if (!(error instanceof Unavailable)) return error;
  const words = wordsOfRefusal(error.cause) ?? (await wordsOfHosts(connectionString, caFile));
  if (words === undefined) return error;
  return new Unavailable(`the event store at ${hostsOf(connectionString)} cannot be used: ${words}`, error.written, {
    cause: error,
  });
}

function wordsOfRefusal(cause: unknown): string | undefined {
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  if (code === UNAUTHENTICATED) return "it refused the credentials of the connection string";
  if (code === PERMISSION_DENIED)
    return "it does not permit what is needed: name a user in the connection string that may read $all and append";
  // A certificate is asked of a name; the members of a cluster say how they are called.
  if (cause !== undefined && messageOf(cause).includes("ServerName to an IP address"))
    return "its members call themselves by addresses, and with TLS host names are needed: see how they are advertised to clients";
  return undefined;
}

async function wordsOfHosts(connectionString: string, caFile: string | undefined): Promise<string | undefined> {
  const isSecure = hasTls(connectionString);
  const hosts = hostsOf(connectionString).split(",");
  const said = await Promise.all(hosts.map(async (host) => [host, await lookAt(host, isSecure, caFile)] as const));
  const wrong = said.flatMap(([host, words]) =>
    words === undefined ? [] : [hosts.length > 1 ? `${host}: ${words}` : words],
  );
  return wrong.length === 0 ? undefined : [...new Set(wrong)].join("; ");
}

/** What is wrong with a host; undefined where it can be connected to. */
async function lookAt(host: string, isSecure: boolean, caFile: string | undefined): Promise<string | undefined> {
  const at = urlOf(host);
  if (at === undefined) return undefined;
  const trusted = isSecure && caFile !== undefined ? { ca: readFileSync(caFile) } : {};
  const outcome = await connected(
    isSecure ? { ...at, ...trusted, servername: at.host, ALPNProtocols: ["h2"] } : at,
    isSecure,
  );
  if (outcome !== "ok") return UNTRUSTED_CODES.test(outcome) ? UNTRUSTED : (WORDS[outcome] ?? outcome);
  if (isSecure) return undefined;
  const wantsTls = (await connected({ ...at, rejectUnauthorized: false, ALPNProtocols: ["h2"] }, true)) === "ok";
  return wantsTls ? "it speaks TLS on that port, and the address says tls=false" : undefined;
}

function urlOf(host: string): { readonly host: string; readonly port: number } | undefined {
  const url = URL.parse(`esdb://${host}`);
  return url === null ? undefined : { host: url.hostname, port: url.port === "" ? PORT : Number(url.port) };
}

/** Connects, says nothing, and hangs up. */
function connected(options: ConnectionOptions & { host: string; port: number }, isSecure: boolean): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = isSecure ? connectTls(options) : connect(options);
    const end = (outcome: Outcome) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(CONNECTED_WITHIN, () => end("silent"));
    socket.once(isSecure ? "secureConnect" : "connect", () => end("ok"));
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
