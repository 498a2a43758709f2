// One credential of a running service, over HTTP, every request with an id of its own.
import { expect } from "@jest/globals";
import type { JsonObject } from "../../../src/scim/json.ts";

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly requestId: string;
}

/** Any JSON, for a test to look into. */
// biome-ignore lint/suspicious/noExplicitAny: an answer is looked into by name
export type Loose = any;

let requests = 0;

export class Client {
  readonly name: string;
  readonly #url: () => string;
  readonly #token: string;

  constructor(name: string, url: () => string, token: string) {
    this.name = name;
    this.#url = url;
    this.#token = token;
  }

  async send(method: string, path: string, body?: JsonObject, headers: Record<string, string> = {}): Promise<Reply> {
    const requestId = `notebook-${++requests}`;
    const response = await fetch(this.#url() + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.#token}`,
        "Content-Type": "application/scim+json",
        "X-Request-Id": requestId,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text(), requestId };
  }

  /** The text of what is there. */
  async text(path: string): Promise<string> {
    const { status, text } = await this.send("GET", path);
    expect([path, status, status === 200 ? "" : text]).toEqual([path, 200, ""]);
    return text;
  }

  async json(path: string): Promise<Loose> {
    return JSON.parse(await this.text(path));
  }
}

/** Does all, a few at a time. */
export async function inParallel<T>(all: readonly T[], work: (one: T) => Promise<unknown>, width = 16): Promise<void> {
  const left = all.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const one of left) await work(one);
    }),
  );
}
