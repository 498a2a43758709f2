// Asks the admin API of a running service.
import { type JsonObject, objectIn } from "../../scim/json.ts";
import { EXIT, Problem } from "../problem.ts";

export interface AdminOptions {
  /** Where the service is, as it printed it. */
  readonly url: string;
  readonly token: string;
}

type Headers = Readonly<Record<string, string>>;
type Method = "GET" | "POST" | "DELETE";

/** Milliseconds. */
const ANSWER_WITHIN = 30_000;

export class AdminClient {
  readonly #base: string;
  readonly #token: string;

  constructor({ url, token }: AdminOptions) {
    if (!URL.canParse(url)) throw new Problem(`--url is “${url}”; it must be a URL`, EXIT.misused);
    this.#base = url.endsWith("/") ? url.slice(0, -1) : url;
    this.#token = token;
  }

  /** The answer's object; an empty one where the answer has no body. Throws a Problem that says what the service said. */
  async ask(method: Method, path: string, body?: object, headers?: Headers): Promise<JsonObject> {
    const response = await this.#send(method, path, body, headers);
    const text = await response.text();
    const answer = text === "" ? {} : objectIn(text);
    if (response.ok && answer !== undefined) return answer;
    const detail = answer?.["detail"];
    throw new Problem(
      typeof detail === "string"
        ? `the service refused (${response.status}): ${detail}`
        : `${this.#base} answered ${response.status}, and not as scim-ledger does: is it the right URL?`,
    );
  }

  async #send(method: Method, path: string, body: object | undefined, headers: Headers = {}): Promise<Response> {
    try {
      return await fetch(`${this.#base}/admin/v1${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${this.#token}`,
          Connection: "close",
          ...headers,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        },
        redirect: "error",
        signal: AbortSignal.timeout(ANSWER_WITHIN),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw new Problem(
        `nothing answers at ${this.#base} (${reasonOf(error)}): is the service running, and --url right?`,
      );
    }
  }
}

/** What kept a request from being answered. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
}
