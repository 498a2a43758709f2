// A running service, and tenants of it in which one provider is spoken to in one profile.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "../../src/http/log.ts";
import { type Running, serve } from "../../src/main.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import type { Profile } from "../../src/scim/normalise/profile.ts";
import { readSettings } from "../../src/settings/read-settings.ts";

const ADMIN = "an-administrator-for-the-providers-0123456789";

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** Any JSON, for a test to look into. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked into by name
  readonly body: any;
}

export class IdpService {
  readonly #folder: string;
  readonly #running: Running;
  #tenants = 0;

  private constructor(folder: string, running: Running) {
    this.#folder = folder;
    this.#running = running;
  }

  static async start(): Promise<IdpService> {
    const folder = mkdtempSync(join(tmpdir(), "scim-ledger-idp-"));
    const read = readSettings({
      PORT: "0",
      SCIM_LEDGER_DATA: folder,
      SCIM_LEDGER_ADMIN_TOKEN: ADMIN,
      SCIM_LEDGER_LOG_LEVEL: "silent",
    });
    if ("problems" in read) throw new Error(read.problems.join(" "));
    return new IdpService(folder, await serve(read.settings, { log: createLogger("silent") }));
  }

  /** Exact bytes out, the answer in. */
  async ask(token: string, line: string, bytes?: string, headers: Record<string, string> = {}): Promise<Reply> {
    const blank = line.indexOf(" ");
    const response = await fetch(this.#running.url + line.slice(blank + 1), {
      method: line.slice(0, blank),
      headers: {
        Authorization: `Bearer ${token}`,
        ...(bytes === undefined ? {} : { "Content-Type": "application/scim+json" }),
        ...headers,
      },
      ...(bytes === undefined ? {} : { body: bytes }),
    });
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    return { status: response.status, type, text, body: text === "" ? {} : JSON.parse(text) };
  }

  /** A tenant of its own, with a credential of this profile that may also read the audit trail. */
  async tenant(profile: Profile): Promise<IdpTenant> {
    this.#tenants += 1;
    const id = `t${this.#tenants}`;
    await this.ask(ADMIN, "POST /admin/v1/tenants", JSON.stringify({ id }));
    const issue = async (of: Profile): Promise<string> => {
      const scopes = ["scim:read", "scim:write", "audit:read"];
      const request = { tenant: id, name: of, kind: "provisioning", profile: of, scopes };
      return (await this.ask(ADMIN, "POST /admin/v1/credentials", JSON.stringify(request))).body.token;
    };
    return new IdpTenant(this, await issue(profile), await issue("rfc"));
  }

  async stop(): Promise<void> {
    await this.#running.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

export class IdpTenant {
  readonly #service: IdpService;
  readonly #token: string;
  readonly #plain: string;

  /** `plain`: a credential that speaks the standard, for what a test needs to be there. */
  constructor(service: IdpService, token: string, plain: string) {
    this.#service = service;
    this.#token = token;
    this.#plain = plain;
  }

  /** As the provider. */
  ask(line: string, bytes?: string, headers?: Record<string, string>): Promise<Reply> {
    return this.#service.ask(this.#token, line, bytes, headers);
  }

  plain(line: string, body?: JsonObject): Promise<Reply> {
    return this.#service.ask(this.#plain, line, body === undefined ? undefined : JSON.stringify(body));
  }

  async make(endpoint: "Users" | "Groups", attributes: JsonObject): Promise<string> {
    const schemas = endpoint === "Users" ? [USER, ...(ENTERPRISE in attributes ? [ENTERPRISE] : [])] : [GROUP];
    const { status, body, text } = await this.plain(`POST /scim/v2/${endpoint}`, { schemas, ...attributes });
    if (status !== 201) throw new Error(text);
    return body.id as string;
  }

  async read(endpoint: string, id: string): Promise<JsonObject> {
    return (await this.plain(`GET /scim/v2/${endpoint}/${id}`)).body;
  }

  /** The timeline of a resource, oldest first. */
  async timeline(endpoint: string, id: string): Promise<Reply["body"][]> {
    return (await this.plain(`GET /audit/v1/${endpoint.toLowerCase()}/${id}/timeline`)).body.rows;
  }
}
