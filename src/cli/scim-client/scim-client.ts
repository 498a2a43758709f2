// Asks a SCIM server: patient with a busy or unreachable one, exact about what a refusal and a lost answer mean.
import { type JsonObject, objectIn } from "../../scim/json.ts";
import { oneLine } from "../printable.ts";
import type { Connection } from "./connection.ts";
import { OutcomeUnknown, Refused, ServerUnusable, Stopped } from "./errors.ts";
import { firstTry, PATIENCE, retryAfter, type Tries, verdictOn, waitBefore } from "./retry.ts";
import { type HttpAnswer, type HttpRequest, type Send, sendWithFetch, TooLargeAnswer } from "./send.ts";

export interface ClientOptions extends Connection {
  /** For messages: “the source”, “the target”. */
  readonly name: string;
  readonly send?: Send;
  /** Waits; ends early where the signal is raised. Milliseconds. */
  readonly pause?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds. */
  readonly clock?: () => number;
  /** From 0 to 1. */
  readonly chance?: () => number;
  /** How long one request is repeated in all, milliseconds. */
  readonly patience?: number;
  /** Ends waiting: no request is sent again once it is raised. */
  readonly signal?: AbortSignal;
  /** Told of each wait, milliseconds. */
  readonly onWait?: (milliseconds: number, why: string) => void;
}

export interface ScimAnswer {
  readonly status: number;
  /** Undefined for an answer without a body. */
  readonly body: JsonObject | undefined;
  readonly etag: string | null;
  readonly location: string | null;
}

type Query = Readonly<Record<string, string>>;

export class ScimClient {
  readonly name: string;
  readonly base: string;
  readonly #options: ClientOptions;
  readonly #send: Send;
  readonly #clock: () => number;
  readonly #patience: number;
  /** Until when this server wishes not to be asked. */
  #quietUntil = 0;

  constructor(options: ClientOptions) {
    this.name = options.name;
    this.base = options.base;
    this.#options = options;
    this.#send = options.send ?? sendWithFetch();
    this.#clock = options.clock ?? Date.now;
    this.#patience = options.patience ?? PATIENCE;
  }

  /** Throws Refused, ServerUnusable, Stopped. */
  get(path: string, query: Query = {}): Promise<ScimAnswer> {
    return this.#repeated("GET", this.base + path + queryText(query));
  }

  /** For changes that mean the same when they are sent twice. Throws as `get` does. */
  patch(path: string, body: JsonObject): Promise<ScimAnswer> {
    return this.#repeated("PATCH", this.base + path, body);
  }

  /** A POST to /.search (RFC 7644 §3.4.3) changes nothing. Throws as `get` does. */
  search(path: string, body: JsonObject): Promise<ScimAnswer> {
    return this.#repeated("POST", `${this.base}${path}/.search`, body, true);
  }

  /** Throws OutcomeUnknown too: a creation is never sent again by itself. */
  post(path: string, body: JsonObject): Promise<ScimAnswer> {
    return this.#repeated("POST", this.base + path, body);
  }

  /**
   * Waits before a request is sent again. Throws Refused where the server fails at this request time after time,
   * ServerUnusable where patience is at its end, Stopped.
   */
  async backOff(tries: Tries, { message, wished, status }: OutcomeUnknown): Promise<void> {
    if (status === 500 && ++tries.faults > FAULTS)
      throw new Refused(500, undefined, "the server failed at it, again and again");
    const milliseconds = waitBefore(tries.repeats++, wished, (this.#options.chance ?? Math.random)());
    if (this.#clock() + milliseconds - tries.since > this.#patience)
      throw new ServerUnusable(`${this.name} (${this.base}) cannot be worked with: ${message}, again and again`);
    this.#quietUntil = Math.max(this.#quietUntil, this.#clock() + milliseconds);
    this.#options.onWait?.(milliseconds, message);
    await this.#quiet();
  }

  /** Milliseconds. */
  now(): number {
    return this.#clock();
  }

  async #repeated(
    method: HttpRequest["method"],
    url: string,
    body?: JsonObject,
    isRepeatable = method !== "POST",
  ): Promise<ScimAnswer> {
    const tries = firstTry(this.#clock());
    for (;;) {
      const answer = await this.#once(method, url, body);
      if (!(answer instanceof OutcomeUnknown)) return this.#understood(answer);
      if (!isRepeatable && answer.message !== TOO_MANY) throw answer;
      await this.backOff(tries, answer);
    }
  }

  /** A final answer, or why there is none. */
  async #once(method: HttpRequest["method"], url: string, body?: JsonObject): Promise<HttpAnswer | OutcomeUnknown> {
    await this.#quiet();
    let answer: HttpAnswer;
    try {
      answer = await this.#send({
        method,
        url,
        headers: this.#headers(body),
        ...(body && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (error instanceof TooLargeAnswer) throw new ServerUnusable(`${this.name}: ${error.message}`);
      return new OutcomeUnknown(`no answer came (${reasonOf(error)})`, { cause: error });
    }
    const verdict = verdictOn(answer.status);
    if (verdict === "final") return answer;
    const wished = retryAfter(answer.header("retry-after"), this.#clock());
    const why = verdict === "again" ? TOO_MANY : `it answered ${answer.status}`;
    return new OutcomeUnknown(why, { wished, status: answer.status });
  }

  #headers(body: JsonObject | undefined): Record<string, string> {
    const { token } = this.#options;
    return {
      Accept: "application/scim+json, application/json;q=0.9",
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/scim+json" }),
    };
  }

  #understood(answer: HttpAnswer): ScimAnswer {
    const { status } = answer;
    const body = objectIn(answer.text);
    if (status >= 200 && status < 300) {
      if (answer.text !== "" && body === undefined)
        throw new ServerUnusable(
          `${this.name} (${this.base}) answers ${status}, but not with JSON: is it the SCIM base URL?`,
        );
      return { status, body, etag: answer.header("etag"), location: answer.header("location") };
    }
    if (status === 401 || status === 403)
      throw new ServerUnusable(`${this.name} (${this.base}) refuses the token (${status}): ${detailOf(body)}`);
    if (status < 400)
      throw new ServerUnusable(
        `${this.name} (${this.base}) answers with a redirect (${status}): name the URL it leads to`,
      );
    const scimType = body?.["scimType"];
    throw new Refused(status, typeof scimType === "string" ? cut(scimType) : undefined, detailOf(body));
  }

  /** All requests to the server wait, not only the one that it sent away. */
  async #quiet(): Promise<void> {
    const { pause = pauseFor, signal } = this.#options;
    for (let left = this.#quietUntil - this.#clock(); left > 0; left = this.#quietUntil - this.#clock()) {
      if (signal?.aborted) throw new Stopped(`stopped while ${this.name} was waited for`);
      await pause(left, signal);
    }
  }
}

/** A server that fails at one request (500) this often will not succeed at it. */
const FAULTS = 4;
const TOO_MANY = "it wants fewer requests";

/** Resolves after a time, or at once when the signal is raised. */
export const pauseFor = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });

function queryText(query: Query): string {
  const text = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
  return text === "" ? "" : `?${text}`;
}

const LONGEST_DETAIL = 300;

function detailOf(body: JsonObject | undefined): string {
  const detail = body?.["detail"];
  return typeof detail === "string" && detail !== "" ? cut(detail) : "it does not say why";
}

const cut = (text: string): string => oneLine(text.slice(0, LONGEST_DETAIL)).toWellFormed();

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.name) : "unknown";
}
