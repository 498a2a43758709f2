// One HTTP exchange, bounded in time and size. Connections are kept alive by Node's fetch.

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PATCH";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** By its name in lower case; null where there is none. */
  readonly header: (name: string) => string | null;
  readonly text: string;
}

/** Throws where no whole answer came: nobody knows then whether the request was carried out. */
export type Send = (request: HttpRequest) => Promise<HttpAnswer>;

/** An answer that is larger than anybody should send. */
export class TooLargeAnswer extends Error {
  override readonly name = "TooLargeAnswer";
}

export interface SendLimits {
  /** From the request's start to the answer's last byte, milliseconds. */
  readonly withinMs: number;
  readonly answerBytes: number;
}

/** A group with a million members fits. */
const SEND_LIMITS: SendLimits = { withinMs: 120_000, answerBytes: 256 * 1_048_576 };

/** Redirects are not followed: a token goes to the server that was named, and to no other. */
export const sendWithFetch =
  (limits: SendLimits = SEND_LIMITS): Send =>
  async ({ method, url, headers, body }) => {
    const response = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(limits.withinMs),
      ...(body === undefined ? {} : { body }),
    });
    const text = await bounded(response, limits.answerBytes);
    return { status: response.status, header: (name) => response.headers.get(name), text };
  };

async function bounded(response: Response, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  if (response.body === null) return "";
  for await (const piece of response.body) {
    bytes += piece.byteLength;
    if (bytes > limit) throw new TooLargeAnswer(`the answer has more than ${limit} bytes`);
    parts.push(decoder.decode(piece, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join("");
}
