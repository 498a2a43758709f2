// Hostile and broken requests: each gets the right SCIM error, nothing is half applied, the process lives.
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { routesOf } from "../../src/http/app.ts";
import { createLogger } from "../../src/http/log.ts";
import { Metrics } from "../../src/http/metrics.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { ask, defaultSettings, type Reply, startService, systemContext, type TestService } from "./fakes.ts";

const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ID = "01890a5d-ac96-774b-bcce-b302099a8057";

let service: TestService;
/** Its credential takes nothing but the standard. */
let strict: string;
/** Of a user: `/Me` is there. */
let own: string;
beforeAll(async () => {
  service = await startService({ SCIM_LEDGER_FAILED_AUTHENTICATIONS_PER_MINUTE: "100000" });
  await defineThings(service);
  const request = { name: "Strict", kind: "provisioning", profile: "rfc" } as const;
  strict = (await service.tenants.issue("default", request, systemContext)).token;
  own = (await service.tenants.issue("default", { ...request, me: ID }, systemContext)).token;
});
afterAll(() => service.close());

function expectScimError(reply: Pick<Reply, "status" | "body" | "headers">, status: number, scimType?: string): void {
  expect([reply.status, reply.body["scimType"]]).toEqual([status, scimType]);
  expect(reply.body).toMatchObject({ schemas: [ERROR], status: String(status), detail: expect.any(String) });
  expect(reply.headers.get("content-type")).toBe("application/scim+json");
  expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
}

const prototypes = () =>
  [Object.prototype, Array.prototype, Function.prototype].map((one) => Reflect.ownKeys(one).length);

describe("bodies", () => {
  const before = prototypes();
  const deep = (depth: number) => `{"schemas":["${USER}"],"userName":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  it.each<[string, string | Uint8Array, number, string | undefined]>([
    ["nothing", "", 400, "invalidSyntax"],
    ["no JSON", "hello", 400, "invalidSyntax"],
    ["a truncated object", '{"schemas":["', 400, "invalidSyntax"],
    ["an array", "[]", 400, "invalidSyntax"],
    ["null", "null", 400, "invalidSyntax"],
    ["no schemas", '{"userName":"a"}', 400, "invalidSyntax"],
    ["deep JSON", deep(40), 400, "invalidSyntax"],
    ["very deep JSON", deep(1_000_000), 400, "invalidSyntax"],
    ["very deep and broken JSON", "[".repeat(1_000_000), 400, "invalidSyntax"],
    ["deep JSON with brackets in strings", `{"a":"${"[".repeat(99)}"}`, 400, "invalidSyntax"],
    ["a member twice", `{"schemas":["${USER}"],"userName":"a","userName":"b"}`, 400, "invalidSyntax"],
    [
      "a member twice, once escaped",
      `{"schemas":["${USER}"],"userName":"a","user\\u004eame":"b"}`,
      400,
      "invalidSyntax",
    ],
    ["a member twice in another case", `{"schemas":["${USER}"],"userName":"a","USERNAME":"b"}`, 400, "invalidSyntax"],
    ["__proto__", `{"schemas":["${USER}"],"userName":"a","__proto__":{"polluted":1}}`, 400, "invalidSyntax"],
    ["constructor", `{"schemas":["${USER}"],"userName":"a","constructor":{"prototype":{"p":1}}}`, 400, "invalidSyntax"],
    ["a wrong type", `{"schemas":["${USER}"],"userName":{"a":1}}`, 400, "invalidValue"],
    ["no UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), 400, "invalidSyntax"],
    ["half a surrogate as bytes", Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 400, "invalidSyntax"],
  ])("%s", async (_, body, status, scimType) => {
    expectScimError(await ask(service, "POST /scim/v2/Users", { body, token: strict }), status, scimType);
    expect(prototypes()).toEqual(before);
    expect(({} as JsonObject)["polluted"]).toBeUndefined();
  });

  it("that name a prototype are harmless where unknown attributes are passed over", async () => {
    const body = `{"schemas":["${USER}"],"userName":"p","__proto__":{"polluted":1},"constructor":{"prototype":{"p":1}}}`;
    const made = await ask(service, "POST /scim/v2/Users", { body });
    expect(made.text).not.toMatch(/polluted|prototype/);
    expect(prototypes()).toEqual(before);
    expect(({} as JsonObject)["polluted"]).toBeUndefined();
  });

  it("over the limit are 413, with and without a length", async () => {
    const body = `{"a":"${"x".repeat(9 * 1_048_576)}"}`;
    expectScimError(await ask(service, "POST /scim/v2/Users", { body }), 413);
    const chunk = Buffer.alloc(1_048_576, 32);
    const parts = [
      head("POST /scim/v2/Users", "Content-Type: application/scim+json", "Transfer-Encoding: chunked"),
      ...Array.from({ length: 10 }, () => Buffer.concat([Buffer.from("100000\r\n"), chunk, Buffer.from("\r\n")])),
    ];
    let answer = "";
    // A client that is still sending when it is closed on may lose the answer (RFC 9112 §9.6).
    for (let tries = 0; answer === "" && tries < 5; tries++) answer = await raw(parts);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain(ERROR);
  });

  it("10 000 operations are 413, and nothing was changed", async () => {
    const made = await ask(service, "POST /scim/v2/Users", { body: { schemas: [USER], userName: "many" } });
    const Operations = Array.from({ length: 10_000 }, () => ({ op: "replace", path: "title", value: "x" }));
    const path = `/scim/v2/Users/${made.body["id"]}`;
    expectScimError(await ask(service, `PATCH ${path}`, { body: { schemas: [PATCH], Operations } }), 413);
    expect((await ask(service, `GET ${path}`)).text).toBe(made.text);
  });

  it.each([
    ["text/plain", 415],
    ["application/x-www-form-urlencoded", 415],
    ["application/json; charset=iso-8859-1", 415],
    ["application/jsonx", 415],
    ['application/json; charset="UTF-8"', 201],
    ["Application/SCIM+JSON;charset=utf-8", 201],
  ])("Content-Type %s is a %i", async (type, status) => {
    const reply = await ask(service, "POST /scim/v2/Users", {
      body: { schemas: [USER], userName: `type ${type}` },
      headers: { "Content-Type": type },
    });
    expect(reply.status).toBe(status);
    if (status === 415) expectScimError(reply, 415);
  });

  it("that are compressed are 415", async () => {
    const headers = { "Content-Encoding": "gzip" };
    expectScimError(await ask(service, "POST /scim/v2/Users", { body: "x", headers }), 415);
  });

  it("are answered in the type that was asked for", async () => {
    for (const [Accept, type] of [
      ["application/json", "application/json; charset=utf-8"],
      ["application/json, application/scim+json", "application/scim+json"],
      ["text/html", "application/scim+json"],
      ["application/scim+json;q=0", "application/json; charset=utf-8"],
      ["application/json, application/scim+json; Q=0.000", "application/json; charset=utf-8"],
      ["application/json;q=0, */*", "application/scim+json"],
      ["application/scim+json;q=0, application/*", "application/json; charset=utf-8"],
      ["*/*;q=0, application/json;q=0.1", "application/json; charset=utf-8"],
      ["*/*;q=0, application/scim+json", "application/scim+json"],
      ["application/json;q=0.05", "application/json; charset=utf-8"],
    ] as const) {
      const reply = await ask(service, "GET /scim/v2/Users", { headers: { Accept } });
      expect(reply.headers.get("content-type")).toBe(type);
    }
  });
});

it.each([
  "*/*;q=0",
  "application/*;q=0",
  "text/html, */*; q=0.0",
  "application/json;q=0, application/scim+json;q=0, */*",
])("nothing is done for whoever takes no answer that there could be: Accept: %s", async (Accept) => {
  const body = { schemas: [USER], userName: `accepts ${Accept}` };
  for (const line of ["POST /scim/v2/Users", "GET /scim/v2/Users", "GET /scim/v2/Schemas", "POST /scim/v2/Bulk"])
    expectScimError(
      await ask(service, line, { headers: { Accept }, ...(line.startsWith("POST") ? { body } : {}) }),
      406,
    );
  const made = await ask(service, "POST /scim/v2/Users", { body });
  expect(made.status).toBe(201);
});

describe("attempts", () => {
  it("keep every refused write of a known actor, and nothing else", async () => {
    await service.attempts.close();
    service.recorder.recorded.length = 0;
    const body = { schemas: [USER] };
    await ask(service, "POST /scim/v2/Users", { body });
    await ask(service, `PUT /scim/v2/Users/${ID}`, { body: { ...body, userName: "x" } });
    await ask(service, "DELETE /scim/v2/Users/ada@example.com");
    await ask(service, "POST /scim/v2/Users", { body, token: service.auditor });
    await ask(service, `GET /scim/v2/Users/${ID}`);
    await ask(service, "POST /scim/v2/Users", { body, token: null });
    await service.attempts.close();
    const seen = service.recorder.recorded.map(({ event, actor, tenant }) => [
      tenant,
      actor.name,
      event.type,
      event.data,
    ]);
    expect(seen).toEqual([
      [
        "default",
        "Entra",
        "AttemptRejected",
        { method: "POST", resourceType: "User", status: 400, scimType: "invalidValue" },
      ],
      ["default", "Entra", "AttemptRejected", { method: "PUT", resourceType: "User", resource: ID, status: 404 }],
      ["default", "Entra", "AttemptRejected", { method: "DELETE", resourceType: "User", status: 404 }],
      ["default", "Audit", "AttemptRejected", { method: "POST", resourceType: "User", status: 403 }],
      ["_system", "scim-ledger", "AuthenticationFailed", { minute: expect.any(String), count: 1 }],
    ]);
  });
});

// Every route of the table, with what is wrong in each way.
const table = routesOf({
  settings: defaultSettings(),
  baseUrl: "http://x",
  metrics: new Metrics(),
  log: createLogger("silent"),
  readiness: [],
} as unknown as Parameters<typeof routesOf>[0]);
const lineOf = (method: string, path: string) =>
  `${method} ${path.replace(":endpoint", "Things").replace(/:[a-z]+/g, ID)}`;

/** So that there is something at the endpoints of a tenant's own types. */
async function defineThings({ definitions }: TestService): Promise<void> {
  const schema = { id: "urn:example:Thing", attributes: [{ name: "label" }] };
  await definitions.defineSchema("default", schema, systemContext);
  const type = { name: "Thing", endpoint: "/Things", schema: schema.id };
  await definitions.defineType("default", type, systemContext);
}

describe("every route", () => {
  const guarded = table.filter(({ scope }) => scope !== "public");
  it.each(guarded.map(({ method, path, scope }) => [method === "ALL" ? "GET" : method, path, scope] as const))(
    "%s %s without a token is 401, without its scope (%s) 403",
    async (method, path, scope) => {
      const line = lineOf(method, path);
      const without = await ask(service, line, { token: null });
      expectScimError(without, 401);
      expect(without.headers.get("www-authenticate")).toMatch(/^Bearer realm=/);
      const bad = await ask(service, line, { token: "scl_nonsense" });
      expectScimError(bad, 401);
      expect(bad.headers.get("www-authenticate")).toContain('error="invalid_token"');
      const { token } = await service.tenants.issue(
        "default",
        { name: "narrow", kind: "auditor", scopes: [scope === "audit:read" ? "scim:read" : "audit:read"] },
        systemContext,
      );
      const narrow = await ask(service, line, { token });
      expectScimError(narrow, 403);
      expect(narrow.headers.get("www-authenticate")).toContain(`scope="${scope}"`);
    },
  );

  const byPath = [...Map.groupBy(table, ({ path }) => path)];
  it.each(byPath.filter(([, rows]) => rows.every(({ method }) => method !== "ALL")))(
    "%s refuses other methods with 405 and what it allows",
    async (path, rows) => {
      const allowed = new Set(rows.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method as string])));
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"]) {
        if (allowed.has(method)) continue;
        const reply = await ask(service, lineOf(method, path));
        expectScimError(reply, 405);
        expect(reply.headers.get("allow")).toBe([...allowed].join(", "));
      }
    },
  );

  it.each(table.filter(({ writes }) => writes !== undefined).map(({ method, path }) => [method, path]))(
    "%s %s with another content type is 415 (DELETE has none)",
    async (method, path) => {
      if (method === "DELETE") return;
      const parts = { body: "<a/>", headers: { "Content-Type": "text/xml" }, token: own };
      expectScimError(await ask(service, lineOf(method as string, path as string), parts), 415);
    },
  );

  it.each([
    "/",
    "/scim",
    "/scim/v1/Users",
    "/scim/v2/Nobody",
    "/scim/v2/Users/a/b",
    "/%00",
    "/a//b",
    "/admin/v1/__proto__",
  ])("there is nothing at %s", async (path) => {
    const reply = await ask(service, `${path === "/" ? "GET /nothing" : `GET ${path}`}`);
    expectScimError(reply, 404);
  });

  it.each(["%ZZ", "%C3%28", "%"])("a path with %s is 400", async (part) => {
    expectScimError(await ask(service, `GET /scim/v2/Users/${part}`), 400, "invalidSyntax");
  });

  it.each(["__proto__", "constructor", "toString", "a%2Fb", "%00", "..%2f..%2fetc", "x".repeat(5_000)])(
    "an id %s is nobody's",
    async (id) => {
      expectScimError(await ask(service, `GET /scim/v2/Users/${id}`), 404);
      expectScimError(await ask(service, `DELETE /scim/v2/Groups/${id}`), 404);
    },
  );
});

const head = (line: string, ...fields: string[]) =>
  [`${line} HTTP/1.1`, "Host: x", `Authorization: Bearer ${service.token}`, ...fields, "", ""].join("\r\n");

/** Everything the server sends until it closes the connection, or for half a second. */
function raw(parts: readonly (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(service.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    const end = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, end);
    socket.on("data", (data) => (answer += data.toString()));
    socket.on("error", () => {});
    socket.on("close", end);
    for (const part of parts) socket.write(part);
  });
}

describe("the wire", () => {
  it.each<[string, () => string, RegExp]>([
    [
      "CL and TE",
      () =>
        `${head("POST /scim/v2/Users", "Content-Type: application/json", "Content-Length: 4", "Transfer-Encoding: chunked")}0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      "a bad chunk",
      () => `${head("POST /scim/v2/Users", "Content-Type: application/json", "Transfer-Encoding: chunked")}zz\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      "two lengths",
      () => `${head("POST /scim/v2/Users", "Content-Length: 1", "Content-Length: 2")}{}`,
      /^HTTP\/1\.1 400 /,
    ],
    [
      "another transfer coding",
      () => `${head("POST /scim/v2/Users", "Transfer-Encoding: xchunked")}{}`,
      /^HTTP\/1\.1 400 /,
    ],
    ["a blank before a colon", () => head("GET /scim/v2/Users", "X-A : b"), /^HTTP\/1\.1 400 /],
    ["a folded header field", () => head("GET /scim/v2/Users", "X-A: b", " c"), /^HTTP\/1\.1 400 /],
    ["no HTTP", () => "hello\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["an unknown method", () => head("FROB /scim/v2/Users"), /^HTTP\/1\.1 400 /],
    ["header fields without end", () => head("GET /scim/v2/Users", `X-A: ${"a".repeat(70_000)}`), /^HTTP\/1\.1 431 /],
    ["a URL without end", () => head(`GET /scim/v2/Users?filter=${"a".repeat(70_000)}`), /^HTTP\/1\.1 431 /],
    ["no host", () => "GET /scim/v2/Users HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["an expectation", () => head("GET /scim/v2/Users", "Expect: miracles"), /^HTTP\/1\.1 417 /],
  ])("%s", async (_, request, status) => {
    const answer = await raw([request()]);
    expect(answer).toMatch(status);
    expect(answer).toContain(ERROR);
    expect(answer).toContain("application/scim+json");
    expect(answer).not.toContain("smuggled");
  });

  it("a request cut off in its body changes nothing, and the next one is served", async () => {
    const count = service.world.resources.size;
    await raw([`${head("POST /scim/v2/Users", "Content-Type: application/json", "Content-Length: 500")}{"schemas":`]);
    expect(service.world.resources.size).toBe(count);
    expect((await ask(service, "GET /health/live")).status).toBe(200);
  });

  it("pipelined requests are answered in order", async () => {
    const answer = await raw([
      head("GET /health/live") + head("GET /nothing") + head("GET /health/live", "Connection: close"),
    ]);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200"]);
  });
});
