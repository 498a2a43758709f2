// Requests as an identity provider sends them: each is shown, and an answer that was not expected ends the demo.
import { isObject, type JsonObject } from "../src/scim/json.ts";
import { step } from "./show.ts";

/** The service answered otherwise than it should. */
export class Unexpected extends Error {}

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/scim/v2`, in clear: it is encoded when sent. */
  readonly path: string;
  readonly body?: JsonObject;
  readonly expect: number;
  readonly says: string;
  /** What else must hold of the answer. */
  readonly check?: (answer: JsonObject) => boolean;
}

export interface Client {
  /** The name under which audit answers know it. */
  readonly name: string;
  send(request: Request): Promise<JsonObject>;
}

export const scimClient = (name: string, base: string, token: string, names: ReadonlyMap<string, string>): Client => ({
  name,
  async send({ method, path, body, expect, says, check }) {
    const answer = await ask(`${base}/scim/v2${path}`, token, method, body);
    step({ method, path: withNames(path, names), status: answer.status, says });
    if (answer.status !== expect || check?.(answer.body) === false)
      throw new Unexpected(`${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  },
});

export interface Answered {
  readonly status: number;
  /** Empty where the answer has no body. */
  readonly body: JsonObject;
}

export async function ask(url: string, token: string, method = "GET", body?: JsonObject): Promise<Answered> {
  const response = await fetch(url, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/scim+json", Connection: "close" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const value: unknown = text === "" ? {} : JSON.parse(text);
  if (!isObject(value)) throw new Unexpected(`${method} ${url} answered ${text}`);
  return { status: response.status, body: value };
}

/** Ids say nothing to a reader: `/Users/{Ada Lovelace}`. */
export function withNames(text: string, names: ReadonlyMap<string, string>): string {
  let named = text;
  for (const [id, name] of names) named = named.replaceAll(id, `{${name}}`);
  return named;
}
