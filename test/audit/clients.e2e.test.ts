// From where a credential was used: on the whole service, from a request's headers to what an auditor is told.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readEnvelope } from "../../src/eventlog/envelope.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { ask as askServer, type Server, startServer, type Tokens, tokensIn } from "../cli/command.ts";
import { eventually } from "../support/requests.ts";
import { temporaryFolders } from "../temporary-folder.ts";

const newFolder = temporaryFolders();
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ADDRESS = "203.0.113.77";
const AGENT = "Canary-of-a-client/3.1";

let data: string;
let server: Server;
let tokens: Tokens;
let user: string;

const request = async (token: string, line: string, headers: Record<string, string>, body?: object) => {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(server.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/scim+json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
};
const from = (address: string, agent: string) => ({ "X-Forwarded-For": address, "User-Agent": agent });
const audit = async (path: string) =>
  JSON.parse((await askServer(server, tokens.auditor, `GET /audit/v1${path}`)).text).rows;

beforeAll(async () => {
  data = newFolder();
  server = await startServer(data, { SCIM_LEDGER_TRUSTED_PROXIES: "127.0.0.1" });
  tokens = tokensIn(data);
  const created = await request(tokens.provisioning, "POST /scim/v2/Users", from(ADDRESS, AGENT), {
    schemas: [USER],
    userName: "ada",
    roles: [{ value: "admin" }],
  });
  user = (created.body as { id: string }).id;
});
afterAll(async () => {
  await server.stop();
});

describe("an auditor is told", () => {
  it("from where a change was made, from the very first request on", async () => {
    const [created] = await audit(`/users/${user}/timeline`);
    expect(created.client).toEqual({ id: expect.stringMatching(/^[\w-]{22}$/u), address: ADDRESS, userAgent: AGENT });
    const [account] = await audit(`/users/${user}/access`);
    expect(account.granted.client).toEqual(created.client);
  });

  it("the address that the trusted proxy saw, whatever the client claims before it", async () => {
    const patch = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", path: "title", value: "Countess" }],
    };
    await request(tokens.provisioning, `PATCH /scim/v2/Users/${user}`, from(`198.51.100.1, ${ADDRESS}`, AGENT), patch);
    const rows = await audit(`/users/${user}/timeline`);
    expect(rows.map((row: { client: object }) => row.client)).toEqual([rows[0].client, rows[0].client]);
  });
});

describe("a client is named", () => {
  const envelopesOf = (type: string) => {
    const reader = new SqliteLogReader(data);
    try {
      return reader
        .readAll(START, 10_000)
        .filter((event) => event.type === type)
        .map((event) => readEnvelope(event));
    } finally {
      reader.close();
    }
  };
  const lastClient = (type: string) => envelopesOf(type).at(-1)?.metadata["client"];
  const known = async () => (await audit(`/users/${user}/timeline`))[0].client.id as string;

  it("by a refused write and by an audit question", async () => {
    const refused = await request(tokens.provisioning, "POST /scim/v2/Users", from(ADDRESS, AGENT), {
      schemas: [USER],
    });
    expect(refused.status).toBe(400);
    await eventually(async () => lastClient("AttemptRejected") !== undefined);
    expect(lastClient("AttemptRejected")).toBe(await known());
    const before = envelopesOf("ClientSeen").length;
    await request(
      tokens.auditor,
      `GET /scim/v2/Users?asOf=${new Date(Date.now() - 1).toISOString()}`,
      from("198.51.100.9", "first"),
    );
    expect(envelopesOf("ClientSeen")).toHaveLength(before + 1);
    expect(lastClient("InspectionBegun")).toBe(envelopesOf("ClientSeen").at(-1)!.stream.split(":")[1]);
  });

  it("also where a token is only read with, behind the answer", async () => {
    const before = envelopesOf("ClientSeen").length;
    for (let n = 0; n < 3; n++)
      expect((await request(tokens.provisioning, "GET /scim/v2/Users", from("198.51.100.10", "thief"))).status).toBe(
        200,
      );
    await eventually(async () => envelopesOf("ClientSeen").length > before);
    expect(envelopesOf("ClientSeen")).toHaveLength(before + 1);
  });

  it("until an administrator forgets the credential's clients: then it reads [erased], and a new one is another", async () => {
    const id = await known();
    const credential = envelopesOf("UserCreated")[0]!.metadata["actor"]!;
    const forgotten = await fetch(`${server.url}/admin/v1/credentials/${credential}/clients`, {
      method: "DELETE",
      headers: { Authorization: `Bearer ${tokens.administrator}` },
    });
    expect(forgotten.status).toBe(204);
    const patch = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", path: "title", value: "Enchantress" }],
    };
    await request(tokens.provisioning, `PATCH /scim/v2/Users/${user}`, from(ADDRESS, AGENT), patch);
    const rows = await audit(`/users/${user}/timeline`);
    expect(rows[0].client).toEqual({ id, address: "[erased]", userAgent: "[erased]" });
    expect(rows.at(-1).client).toEqual({ id: expect.any(String), address: ADDRESS, userAgent: AGENT });
    expect(rows.at(-1).client.id).not.toBe(id);
    expect(envelopesOf("KeysDestroyed").at(-1)).toMatchObject({ data: { names: [`clients/${credential}`] } });
  });
});

it("no file holds address or user agent in clear", () => {
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const name = join(entry.parentPath, entry.name);
    const bytes = readFileSync(name);
    expect([name, bytes.includes(ADDRESS), bytes.includes(AGENT)]).toEqual([name, false, false]);
  }
});
