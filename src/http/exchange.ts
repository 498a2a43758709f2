// One request and its answer. Everything that is sent goes through here, with the same few headers, counted once.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Credential } from "../access/credential.ts";
import type { CommandContext } from "../eventlog/provisioning.ts";
import { invalidValue } from "../scim/errors.ts";
import { profileOf, profiles } from "../scim/normalise/profile.ts";
import { answerType, SCIM_JSON } from "./media-type.ts";
import { requestIdOf } from "./request-id.ts";
import type { RouteDescription } from "./route-description.ts";

const NONE: readonly string[] = [];
const UNBOUND: Readonly<Record<string, string>> = Object.freeze({});
const LONGEST_APPROVAL = 200;

/** Told of every answer when its last byte is handed over. */
export type Observer = (exchange: Exchange, status: number) => void;

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly route: RouteDescription;
  readonly requestId: string;
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number;
  #params: Readonly<Record<string, string>>;
  /** Path parameters that the credential supplies, as for `/Me`. */
  bound: Readonly<Record<string, string>> = UNBOUND;
  readonly #observer: Observer;
  /** Of the answer's body. */
  bytesSent = 0;
  /** What caches may do with the answer. */
  cacheControl = "no-store";
  /** Set before a handler runs, unless the route is public. */
  credential: Credential | undefined;
  /** Names the client behind the request, where it is known. */
  client: string | undefined;
  /** Settles once `client` is known or cannot be known; undefined where it was known at once. */
  recognising: Promise<void> | undefined;
  /** The normalisation rules by which the query's filter was read. */
  rules: readonly string[] = NONE;
  /** The type of the resource that it writes, where the path and not the route says so. */
  writes: string | undefined;
  #query: URLSearchParams | undefined;

  constructor(
    route: RouteDescription,
    request: IncomingMessage,
    response: ServerResponse,
    params: Readonly<Record<string, string>>,
    observer: Observer,
  ) {
    this.route = route;
    this.request = request;
    this.response = response;
    this.#params = params;
    this.#observer = observer;
    this.requestId = requestIdOf(request.headers["x-request-id"]);
    this.startedAt = performance.now();
  }

  /** A parameter of the route's path, decoded. */
  param(name: string): string {
    return this.#params[name] as string;
  }

  /** Supplies a path parameter from the credential. */
  bind(name: string, value: string): void {
    this.bound = { ...this.bound, [name]: value };
    this.#params = { ...this.#params, [name]: value };
  }

  /** The parameters of the URL. */
  get query(): URLSearchParams {
    if (this.#query === undefined) {
      const url = this.request.url as string;
      const start = url.indexOf("?");
      this.#query = new URLSearchParams(start < 0 ? "" : url.slice(start));
    }
    return this.#query;
  }

  get hasQuery(): boolean {
    return (this.request.url as string).includes("?");
  }

  /** A parameter of the URL; undefined if absent. 400 invalidValue if it is there twice. */
  parameter(name: string): string | undefined {
    if (!this.hasQuery) return undefined;
    const [value, ...more] = this.query.getAll(name);
    if (more.length > 0) throw invalidValue(`The parameter ${name} is given more than once.`);
    return value;
  }

  /** A header field that may occur once; undefined if absent. */
  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === "string" ? value : undefined;
  }

  get admitted(): Credential {
    if (this.credential === undefined) throw new Error(`${this.route.path} is public: it has no credential`);
    return this.credential;
  }

  /** What events say of this request. Each call is a new command. */
  context(): CommandContext {
    const { tenant, actor, profile } = this.admitted;
    const approval = this.header("scim-ledger-approval");
    const traceparent = this.header("traceparent");
    if (approval !== undefined && approval.length > LONGEST_APPROVAL)
      throw invalidValue(`SCIM-Ledger-Approval is longer than ${LONGEST_APPROVAL} characters.`);
    return {
      tenant,
      actor,
      requestId: this.requestId,
      commandId: randomUUID(),
      profile,
      ...(this.client === undefined ? {} : { client: this.client }),
      ...(approval === undefined ? {} : { approval }),
      ...(traceparent !== undefined && isTraceparent(traceparent) ? { traceparent } : {}),
    };
  }

  /** The type that the client asked for, or else that its profile prefers. */
  get answerType(): string {
    const preferred = this.credential === undefined ? undefined : profiles[profileOf(this.credential.profile)].answers;
    return answerType(this.request.headers.accept, preferred);
  }

  /** Sends JSON text in the type that the client asked for. `headers`: name, value, name, value … */
  answer(status: number, text: string, headers: readonly string[] = NONE): void {
    this.send(status, this.answerType, text, headers);
  }

  /** Sends a text as a whole. */
  send(status: number, type: string, text: string, headers: readonly string[] = NONE): void {
    const charset = type === SCIM_JSON ? type : `${type}; charset=utf-8`;
    const length = Buffer.byteLength(text);
    const fields = ["Content-Type", charset, "Content-Length", String(length), ...this.#common(), ...headers];
    this.response.writeHead(status, fields);
    // Pure ASCII needs no transcoding on its way to the socket. Of a HEAD, node sends the headers alone.
    this.response.end(text, length === text.length ? "latin1" : "utf8");
    this.bytesSent = this.request.method === "HEAD" ? 0 : length;
    this.#observer(this, status);
  }

  /** Sends bytes that are no text. */
  sendBytes(status: number, type: string, bytes: Uint8Array): void {
    this.response.writeHead(status, ["Content-Type", type, "Content-Length", String(bytes.length), ...this.#common()]);
    this.response.end(bytes);
    this.bytesSent = this.request.method === "HEAD" ? 0 : bytes.length;
    this.#observer(this, status);
  }

  /** An answer without body: 204, 304. */
  answerEmpty(status: number, headers: readonly string[] = NONE): void {
    this.response.writeHead(status, [...this.#common(), ...headers]);
    this.response.end();
    this.#observer(this, status);
  }

  /** Begins a streamed answer; `ended` must follow. */
  begin(status: number, type: string, headers: readonly string[] = NONE): void {
    this.response.writeHead(status, ["Content-Type", type, ...this.#common(), ...headers]);
  }

  ended(status: number): void {
    this.response.end();
    this.#observer(this, status);
  }

  #common(): readonly string[] {
    return ["Cache-Control", this.cacheControl, "X-Content-Type-Options", "nosniff", "X-Request-Id", this.requestId];
  }
}

/** W3C Trace Context §3.2: `00-<32 hex>-<16 hex>-<2 hex>`. */
const isTraceparent = (text: string): boolean =>
  text.length === 55 && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/u.test(text);
