// The whole service as it is served, on a folder and a port of its own, and a client of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../src/http/log.ts";
import { serve } from "../../src/main.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { readSettings } from "../../src/settings/read-settings.ts";

const ADMIN = "an-administrator-of-a-service-under-test-0123456789";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: JsonObject;
}

export interface Asking {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Served extends AsyncDisposable {
  readonly url: string;
  /** Every scope, on the tenant `default`. */
  readonly admin: string;
  /** `GET /scim/v2/Users`, by the administrator unless a token is given. */
  ask(line: string, asking?: Asking): Promise<Answer>;
}

export async function startServed(environment: Record<string, string> = {}): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-served-"));
  const read = readSettings({
    PORT: "0",
    SCIM_LEDGER_DATA: folder,
    SCIM_LEDGER_ADMIN_TOKEN: ADMIN,
    SCIM_LEDGER_LOG_LEVEL: "silent",
    ...environment,
  });
  if ("problems" in read) throw new Error(read.problems.join(" "));
  const running = await serve(read.settings, { log: createLogger("silent") });
  const ask = async (line: string, { token = ADMIN, body, headers = {} }: Asking = {}): Promise<Answer> => {
    const blank = line.indexOf(" ");
    const response = await fetch(running.url + line.slice(blank + 1), {
      method: line.slice(0, blank),
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "Content-Type": "application/scim+json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "manual",
    });
    const text = await response.text();
    const isJson =
      text !== "" && /^application\/(scim\+|problem\+)?json/u.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} };
  };
  return {
    url: running.url,
    admin: ADMIN,
    ask,
    async [Symbol.asyncDispose]() {
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
