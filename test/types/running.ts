// The whole service in this process, on a folder of its own, with clients of its tenants.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../src/http/log.ts";
import { type Running, serve } from "../../src/main.ts";
import type { Loose } from "../audit/notebook/client.ts";
import { defaultSettings } from "../http/fakes.ts";

const ADMIN = "an-administrator-token-of-thirty-two-characters";

export interface Reply {
  readonly status: number;
  readonly body: Loose;
  readonly headers: Headers;
}

export class Service {
  readonly folder = mkdtempSync(join(tmpdir(), "scim-ledger-types-"));
  readonly #environment: Record<string, string>;
  #running: Running | undefined;

  private constructor(environment: Record<string, string>) {
    this.#environment = environment;
  }

  static async start(environment: Record<string, string> = {}): Promise<Service> {
    const service = new Service(environment);
    await service.open();
    return service;
  }

  async open(more: Record<string, string> = {}): Promise<void> {
    const settings = defaultSettings({
      SCIM_LEDGER_DATA: this.folder,
      SCIM_LEDGER_ADMIN_TOKEN: ADMIN,
      ...this.#environment,
      ...more,
    });
    this.#running = await serve(settings, { log: createLogger("silent") });
  }

  /** Ends the service; `between` may look at its folder. */
  async close(): Promise<void> {
    await this.#running?.close();
    this.#running = undefined;
  }

  async restart(between: () => void = () => {}): Promise<void> {
    await this.close();
    between();
    await this.open();
  }

  async end(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** One request with every scope, on the tenant `default` unless `token` says otherwise. */
  async ask(line: string, body?: unknown, headers: Record<string, string> = {}, token = ADMIN): Promise<Reply> {
    const blank = line.indexOf(" ");
    const response = await fetch(this.#running!.url + line.slice(blank + 1), {
      method: line.slice(0, blank),
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "Content-Type": "application/scim+json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text), headers: response.headers };
  }

  /** The body of an answer that must have this status. */
  async expect(status: number, line: string, body?: unknown, headers?: Record<string, string>): Promise<Loose> {
    const reply = await this.ask(line, body, headers);
    if (reply.status !== status)
      throw new Error(`${line} answered ${reply.status}, not ${status}: ${JSON.stringify(reply.body)}`);
    return reply.body;
  }
}

/** The second after now, as an instant that lies in the past once this resolves. */
export async function anInstant(): Promise<string> {
  const instant = new Date(Date.now() + 2).toISOString();
  await new Promise((resolve) => setTimeout(resolve, 10));
  return instant;
}

export const search = (path: string, filter: string): string => `GET ${path}?filter=${encodeURIComponent(filter)}`;
