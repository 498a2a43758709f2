// The service that a fuzz run asks: with two tenants, every profile, and a log that can be read once it has ended.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Envelope, readEnvelope } from "../../../src/eventlog/envelope.ts";
import { type Position, START } from "../../../src/eventlog/event-log.ts";
import { SqliteLogReader } from "../../../src/eventlog/sqlite/reader.ts";
import { createLogger } from "../../../src/http/log.ts";
import { type Running, serve } from "../../../src/main.ts";
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import { profileNames } from "../../../src/scim/normalise/profile.ts";
import { readSettings } from "../../../src/settings/read-settings.ts";
import { SCHEMAS } from "../../rfc/generated/types.ts";
import type { Ground } from "./request.ts";
import type { Asker } from "./world.ts";

const ADMIN = "an-administrator-of-a-service-that-is-fuzzed-0123456789";
/** Whom the requests are of, and whom they must not touch. */
export const FUZZED = "fuzzed";
export const BYSTANDER = "bystander";

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly body: JsonObject;
}

export class Subject {
  readonly folder = mkdtempSync(join(tmpdir(), "scim-ledger-fuzz-"));
  /** Lines of the service's log, from warnings up. */
  readonly lines: string[] = [];
  #running: Running | undefined;

  async open(): Promise<void> {
    const read = readSettings({
      PORT: "0",
      SCIM_LEDGER_DATA: this.folder,
      SCIM_LEDGER_ADMIN_TOKEN: ADMIN,
      SCIM_LEDGER_FAILED_AUTHENTICATIONS_PER_MINUTE: "100000",
      SCIM_LEDGER_BULK_OPERATIONS: "20",
    });
    if ("problems" in read) throw new Error(read.problems.join(" "));
    this.#running = await serve(read.settings, {
      log: createLogger("warn", { write: (line) => this.lines.push(line) }),
    });
  }

  async close(): Promise<void> {
    await this.#running?.close();
    this.#running = undefined;
  }

  async end(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  get #url(): string {
    if (this.#running === undefined) throw new Error("the service is not open");
    return this.#running.url;
  }

  /** An ordinary request, by the administrator of everything unless a token is given. */
  async ask(line: string, { token = ADMIN, body }: { token?: string; body?: Json } = {}): Promise<Reply> {
    const blank = line.indexOf(" ");
    const response = await fetch(this.#url + line.slice(blank + 1), {
      method: line.slice(0, blank),
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/scim+json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, text, body: text === "" ? {} : (JSON.parse(text) as JsonObject) };
  }

  async #expect(status: number, line: string, asking?: { token?: string; body?: Json }): Promise<JsonObject> {
    const reply = await this.ask(line, asking);
    if (reply.status !== status) throw new Error(`${line}: ${reply.status} ${reply.text}`);
    return reply.body;
  }

  async issue(tenant: string, body: JsonObject): Promise<{ id: string; token: string }> {
    const issued = await this.#expect(201, "POST /admin/v1/credentials", { body: { tenant, name: "fuzz", ...body } });
    return { id: String(issued["id"]), token: String(issued["token"]) };
  }

  /** Makes a tenant with all the types of `schemas/`; the token reads and writes it. */
  async makeTenant(id: string): Promise<string> {
    await this.#expect(201, "POST /admin/v1/tenants", { body: { id } });
    for (const name of readdirSync(SCHEMAS)) {
      const file = JSON.parse(readFileSync(join(SCHEMAS, name), "utf8")) as {
        schemas?: JsonObject[];
        resourceTypes?: JsonObject[];
      };
      for (const body of file.schemas ?? [])
        await this.#expect(201, `PUT /admin/v1/tenants/${id}/schemas/${body["id"]}`, { body });
    }
    for (const name of readdirSync(SCHEMAS)) {
      const file = JSON.parse(readFileSync(join(SCHEMAS, name), "utf8")) as { resourceTypes?: JsonObject[] };
      for (const body of file.resourceTypes ?? []) {
        const reply = await this.ask(`PUT /admin/v1/tenants/${id}/resource-types/${body["name"]}`, { body });
        if (reply.status > 201) throw new Error(reply.text);
      }
    }
    return (
      await this.issue(id, { kind: "provisioning", profile: "rfc", scopes: ["scim:read", "scim:write", "audit:read"] })
    ).token;
  }

  /** Three users, a group of two, and a device of a tenant; their ids. */
  async fill(token: string): Promise<readonly string[]> {
    const make = async (path: string, body: JsonObject) =>
      String((await this.#expect(201, `POST /scim/v2${path}`, { token, body }))["id"]);
    const user = (userName: string) =>
      make("/Users", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName });
    const users = [await user("Ada"), await user("Ben"), await user("Cleo")];
    const members = users.slice(0, 2).map((value) => ({ value }));
    const group = await make("/Groups", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
      displayName: "Team",
      members,
    });
    const device = await make("/Devices", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Device"], active: true });
    return [...users, group, device];
  }

  /** Credentials of the fuzzed tenant, one a profile and kind, and those who have none. */
  async askers(me: string): Promise<Ground["askers"]> {
    const bearer = (name: string, token: string): Asker => ({ name, token: `Bearer ${token}` });
    const provisioning: Asker[] = [];
    for (const profile of profileNames)
      provisioning.push(bearer(profile, (await this.issue(FUZZED, { kind: "provisioning", profile })).token));
    provisioning.push(bearer("me", (await this.issue(FUZZED, { kind: "provisioning", me })).token));
    const scopes = ["scim:read", "scim:write", "audit:read"];
    provisioning.push(bearer("reading the past", (await this.issue(FUZZED, { kind: "provisioning", scopes })).token));
    const revoked = await this.issue(FUZZED, { kind: "administrator" });
    await this.ask(`DELETE /admin/v1/credentials/${revoked.id}`);
    const auditor = (await this.issue(FUZZED, { kind: "auditor" })).token;
    return {
      provisioning,
      auditor: [bearer("auditor", auditor)],
      administrator: [bearer("administrator", (await this.issue(FUZZED, { kind: "administrator" })).token)],
      nobody: [
        { name: "nobody", token: undefined },
        bearer("revoked", revoked.token),
        ...[
          "Bearer",
          "Bearer ",
          "Bearer x",
          `Basic ${auditor}`,
          `bearer  ${auditor}`,
          "Bearer scl_x_y",
          "\u00ff",
          `Bearer ${"a".repeat(5_000)}`,
        ].map((token): Asker => ({ name: "garbage", token })),
      ],
    };
  }

  /** The envelopes of all events behind a position; the service has ended. */
  *events(after: Position = START): Generator<Envelope> {
    const reader = new SqliteLogReader(this.folder);
    try {
      for (let at = after; ; ) {
        const page = reader.readAll(at, 1_000);
        for (const recorded of page) yield readEnvelope(recorded);
        const last = page.at(-1);
        if (last === undefined) return;
        at = last.position;
      }
    } finally {
      reader.close();
    }
  }
}
