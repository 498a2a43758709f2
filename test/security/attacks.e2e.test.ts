// What somebody with a token of another tenant, or with none, may try on the whole service: it says no, in words that tell
// nothing, at once, and goes on serving everybody else.
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createLogger } from "../../src/http/log.ts";
import { type Running, serve } from "../../src/main.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { readSettings } from "../../src/settings/read-settings.ts";

const ADMIN = "an-administrator-for-the-attacks-0123456789";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057";
/** What one request may take of the thread that serves all of them, ms: ten times the goal, for a busy machine. */
const HELD_UP = 1_000;

const folder = mkdtempSync(join(tmpdir(), "scim-ledger-attacks-"));
const lines: string[] = [];
let running: Running;
let tokens: Record<"provisioning" | "auditor" | "administrator", string>;
let victim: { user: string; group: string; credential: string };

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly body: JsonObject;
}

async function ask(line: string, { token = ADMIN, body }: { token?: string | null; body?: unknown } = {}) {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(running.url + path, {
    method,
    headers: {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/scim+json" }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: (text === "" ? {} : JSON.parse(text)) as JsonObject } satisfies Reply;
}

const makeUser = (userName: string, more: JsonObject = {}, token = ADMIN) =>
  ask("POST /scim/v2/Users", { token, body: { schemas: [USER], userName, ...more } });
const patch = (path: string, Operations: readonly JsonObject[]) =>
  ask(`PATCH ${path}`, { body: { schemas: [PATCH], Operations } });
const filtered = (type: string, filter: string, token = ADMIN) =>
  ask(`GET /scim/v2/${type}?count=0&filter=${encodeURIComponent(filter)}`, { token });
const times = (count: number, make: (index: number) => string) => Array.from({ length: count }, (_, i) => make(i));

/** What the service sends on a connection that gets these bytes. */
const raw = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(running.url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    socket.on("close", () => resolve(answer)).on("error", reject);
    socket.end(bytes);
  });

/** Of a request whose path is sent as it stands: fetch would resolve %2e%2e first. */
const statusOf = (method: string, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const options = { method, path, headers: { Authorization: `Bearer ${ADMIN}` }, agent: false } as const;
    request(running.url, options, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });

beforeAll(async () => {
  const read = readSettings({
    PORT: "0",
    SCIM_LEDGER_DATA: folder,
    SCIM_LEDGER_ADMIN_TOKEN: ADMIN,
    SCIM_LEDGER_FAILED_AUTHENTICATIONS_PER_MINUTE: "100000",
  });
  if ("problems" in read) throw new Error(read.problems.join());
  running = await serve(read.settings, { log: createLogger("trace", { write: (line) => lines.push(line) }) });
  await ask("POST /admin/v1/tenants", { body: { id: "acme" } });
  const issue = async (tenant: string, kind: string) =>
    (await ask("POST /admin/v1/credentials", { body: { tenant, name: kind, kind } })).body as Record<string, string>;
  tokens = {
    provisioning: (await issue("acme", "provisioning"))["token"]!,
    auditor: (await issue("acme", "auditor"))["token"]!,
    administrator: (await issue("acme", "administrator"))["token"]!,
  };
  const user = (await makeUser("victim", { displayName: "Canary Lovelace" })).body["id"] as string;
  const body = { schemas: [GROUP], displayName: "Canary group", members: [{ value: user }] };
  const group = (await ask("POST /scim/v2/Groups", { body })).body["id"] as string;
  victim = { user, group, credential: (await issue("default", "provisioning"))["id"]! };
});

afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("another tenant's", () => {
  it.each([
    "GET /scim/v2/Users/USER",
    "GET /scim/v2/Users/USER?asOf=2026-01-01T00:00:00Z",
    "DELETE /scim/v2/Users/USER",
    "GET /scim/v2/Groups/GROUP",
    "DELETE /scim/v2/Groups/GROUP",
    "GET /audit/v1/users/USER/timeline",
    "GET /audit/v1/users/USER/access",
    "GET /audit/v1/groups/GROUP/members",
    "POST /admin/v1/credentials/CREDENTIAL/rotate",
    "DELETE /admin/v1/credentials/CREDENTIAL",
    "POST /admin/v1/tenants/default/suspend",
    "GET /admin/v1/credentials?tenant=default",
  ])("%s is, for whatever token, as if it were not", async (line) => {
    const there = line
      .replace("USER", victim.user)
      .replace("GROUP", victim.group)
      .replace("CREDENTIAL", victim.credential);
    const nowhere = line
      .replace(/USER|GROUP/, NOBODY)
      .replace("CREDENTIAL", "zzzzzzzzzzzz")
      .replace("default", "nosuch");
    for (const token of [null, ...Object.values(tokens)]) {
      const [one, other] = [await ask(there, { token }), await ask(nowhere, { token })];
      const told = one.text
        .replaceAll(victim.user, NOBODY)
        .replaceAll(victim.group, NOBODY)
        .replaceAll(victim.credential, "zzzzzzzzzzzz");
      expect([one.status, told]).toEqual([other.status, other.text]);
      expect(one.text).not.toContain("Canary");
    }
  });

  it("persons are not erased, neither in their tenant nor in one's own", async () => {
    const token = tokens.administrator;
    const erase = (tenant: string, id: string) =>
      ask(`POST /admin/v1/tenants/${tenant}/users/${id}/erase`, { token, body: { confirm: id, reason: "case 17" } });
    const foreign = await erase("acme", victim.user);
    expect([foreign.status, foreign.text.replace(victim.user, NOBODY)]).toEqual([
      404,
      (await erase("acme", NOBODY)).text,
    ]);
    expect((await erase("default", victim.user)).status).toBe(404);
    expect((await ask(`GET /scim/v2/Users/${victim.user}`)).text).toContain("Canary");
  });

  it("resources are found by no filter, joined as no member, and named by no reference", async () => {
    const token = tokens.provisioning;
    for (const filter of [`id eq "${victim.user}"`, 'userName eq "victim"', `groups.value eq "${victim.group}"`])
      expect((await filtered("Users", filter, token)).body["totalResults"]).toBe(0);
    const join = async (value: string) => {
      const body = { schemas: [GROUP], displayName: "x", members: [{ value }] };
      return ask("POST /scim/v2/Groups", { token, body });
    };
    const [foreign, unknown] = [await join(victim.user), await join(NOBODY)];
    expect([foreign.status, foreign.text.replace(victim.user, NOBODY)]).toEqual([400, unknown.text]);
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    const more = { schemas: [USER, enterprise], [enterprise]: { manager: { value: victim.user } } };
    expect((await makeUser("subordinate", more, token)).text).not.toContain("Canary");
  });

  it("scopes cannot be given by whoever does not have them", async () => {
    const escalate = (token: string, body: JsonObject) => ask("POST /admin/v1/credentials", { token, body });
    const wanted = { name: "x", kind: "administrator" };
    expect((await escalate(tokens.provisioning, wanted)).status).toBe(403);
    expect((await escalate(tokens.auditor, wanted)).status).toBe(403);
    const foreign = await escalate(tokens.administrator, { ...wanted, tenant: "default" });
    const unknown = await escalate(tokens.administrator, { ...wanted, tenant: "nosuch" });
    expect([foreign.status, foreign.text.replace("default", "nosuch")]).toEqual([404, unknown.text]);
  });
});

describe("one name has one owner", () => {
  it("however it is spelled, and however many ask at once", async () => {
    const forms = ["Ada@x.example", "ada@x.example", "ａｄａ@x.example", "ADA＠X.EXAMPLE", "ad\uff41@x.example"];
    const answers = await Promise.all(times(30, (i) => forms[i % forms.length]!).map((name) => makeUser(name)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(29).fill(409)]);
    for (const [one, other] of [
      ["ré", "re\u0301"],
      ["k1", "\u212a1"],
      ["İx", "i\u0307x"],
      ["ﾊﾞ", "バ"],
    ] as const) {
      const both = await Promise.all([makeUser(one), makeUser(other)]);
      expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    }
  });
});

describe("texts that databases and encodings stumble on", () => {
  const texts = ["a\u0000b", "\ud800", "x\udfff", "\u202e", "\uffff", "a\u200d"];
  it.each(texts.map((text) => [JSON.stringify(text), text]))("%s is kept as it is, or refused", async (json, text) => {
    const attributes: readonly JsonObject[] = [
      { userName: `u${text}` },
      { userName: `d${json}`, displayName: text },
      { userName: `r${json}`, roles: [{ value: text, type: text }], entitlements: [{ value: text }] },
      { userName: `e${json}`, emails: [{ value: text }], externalId: text },
    ];
    for (const one of attributes) {
      const made = await makeUser(one["userName"] as string, one);
      expect(made.status).toBe(text.isWellFormed() ? 201 : 400);
      if (made.status !== 201) continue;
      expect((await ask(`GET /scim/v2/Users/${made.body["id"]}`)).text).toBe(made.text);
      expect((await ask(`GET /audit/v1/users/${made.body["id"]}/access`)).status).toBe(200);
      expect((await ask(`GET /audit/v1/users/${made.body["id"]}/timeline`)).status).toBe(200);
    }
    if (text.isWellFormed())
      for (const path of ["displayName", "roles.value", "externalId", "emails.value"])
        expect((await filtered("Users", `${path} eq ${json}`)).body["totalResults"]).toBe(1);
    for (const [line, body] of [
      ["POST /admin/v1/credentials", `{"kind":"auditor","name":${json}}`],
      ["POST /admin/v1/tenants", `{"id":"t${texts.indexOf(text)}","name":${json}}`],
    ] as const)
      expect((await ask(line, { body })).status).toBe(text.isWellFormed() ? 201 : 400);
    for (const body of [
      `{"schemas":["${PATCH}"],"Operations":[{"op":${json},"path":"active","value":true}]}`,
      `{"schemas":["${PATCH}"],"Operations":[{"op":"add","path":${json},"value":true}]}`,
      `{"schemas":["${PATCH}"],"Operations":[{"op":"add","path":"members","value":[{"value":${json}}]}]}`,
    ])
      expect((await ask(`PATCH /scim/v2/Groups/${victim.group}`, { body })).status).toBe(400);
  });

  it.each(["%2e%2e", "%00", "%ff", "%", "%ed%a0%80", "__proto__", "constructor", "'%20or%201=1--", "..%2f..%2f"])(
    "the id %s is nobody's",
    async (id) => {
      for (const path of ["/scim/v2/Users/", "/scim/v2/Groups/", "/scim/v2/Schemas/", "/audit/v1/users/"])
        expect([400, 404]).toContain(await statusOf("GET", path + id));
      expect([400, 404]).toContain(await statusOf("DELETE", `/scim/v2/Users/${id}`));
    },
  );

  it.each([
    ["startIndex=1e308", 400],
    ["startIndex=NaN", 400],
    ["startIndex=-1&count=-1", 200],
    ["startIndex=999999999999999&count=999999999999999", 200],
    ["startIndex=1&startIndex=2", 400],
    ["sortBy=__proto__", 400],
    ["sortBy=password", 400],
    ["sortBy=groups.display", 200],
    ["asOf=0000-01-01T00:00:00Z", 200],
    ["asOf=9999-12-31T23:59:59Z", 400],
    ["asOf=2026-02-30T00:00:00Z", 400],
    ["asOf=2026-01-01T00:00:00Z&__proto__=x&%00=%ff", 200],
    [`filter=${"(".repeat(9_000)}`, 400],
    ["filter=%00", 400],
  ])("the parameters %s are a %i", async (parameters, status) => {
    expect((await ask(`GET /scim/v2/Users?${parameters}`)).status).toBe(status);
  });

  it.each(["x", "9999999999999999.1", "0000000000000001.", "0000000000000001.a.b"])(
    "the forged cursor %s is refused",
    async (cursor) => {
      expect((await ask(`GET /audit/v1/users/${victim.user}/timeline?cursor=${cursor}`)).status).toBe(400);
    },
  );
});

describe("the wire", () => {
  const head = `Host: x\r\nAuthorization: Bearer ${ADMIN}\r\n`;
  it.each([
    ["two lengths", `POST /scim/v2/Users HTTP/1.1\r\n${head}Content-Length: 4\r\nContent-Length: 5\r\n\r\n{}{}`, 400],
    [
      "a length and chunks",
      `POST / HTTP/1.1\r\n${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      "an unknown transfer coding",
      `POST /scim/v2/Users HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["two hosts", "GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
    ["a folded field", "GET /health/live HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400],
    ["a field with U+0000", "GET /health/live HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400],
    ["too large a field", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(70_000)}\r\n\r\n`, 431],
    ["TRACE", `TRACE /scim/v2/Users HTTP/1.1\r\n${head}Connection: close\r\n\r\n`, 405],
    [
      "an overridden method",
      `POST /scim/v2/Users/x HTTP/1.1\r\n${head}X-HTTP-Method-Override: DELETE\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      405,
    ],
    [
      "another expectation",
      `POST /scim/v2/Users HTTP/1.1\r\n${head}Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{}`,
      417,
    ],
    [
      "a first token that is wrong",
      `GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nAuthorization: Bearer ${ADMIN}\r\nConnection: close\r\n\r\n`,
      401,
    ],
    [
      "a request id with a tag",
      'GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: "<b>\r\nConnection: close\r\n\r\n',
      200,
    ],
  ])("%s", async (_, bytes, status) => {
    const answer = await raw(bytes);
    expect(answer.match(/^HTTP\/1\.1 \d{3}/gm)).toEqual([`HTTP/1.1 ${status}`]);
    expect(answer).not.toContain("<b>");
  });
});

describe("one request does not hold up the others", () => {
  const clock = monitorEventLoopDelay({ resolution: 5 });

  /** The answer, and for how long the thread was held up at most, ms. */
  async function heldUp(request: () => Promise<Reply>): Promise<{ reply: Reply; ms: number }> {
    clock.enable();
    clock.reset();
    const reply = await request();
    await new Promise((resolve) => setTimeout(resolve, 20));
    clock.disable();
    return { reply, ms: clock.max / 1e6 };
  }

  it.each<[string, () => string]>([
    ["empty arrays", () => `"x":[${"[],".repeat(2_600_000)}1]`],
    ["empty objects", () => `"x":[${"{},".repeat(2_600_000)}1]`],
    ["unknown members", () => times(400_000, (i) => `"k${i}":1`).join()],
  ])("by a body of %s", async (_, members) => {
    const body = `{"schemas":["${USER}"],"userName":"flood",${members()}}`;
    const { reply, ms } = await heldUp(() => ask("POST /scim/v2/Users", { body }));
    expect(reply.status).toBe(413);
    expect(ms).toBeLessThan(HELD_UP);
  });

  it("by a PATCH of many operations, each a long filter on a long list", async () => {
    const emails = times(400, (i) => `é${i}`.padEnd(600, "Ä")).map((value) => ({ type: "work", value }));
    const path = `/scim/v2/Users/${(await makeUser("long", { emails })).body["id"]}`;
    const filter = `emails[${times(190, (i) => `value eq "q${i}"`).join(" or ")}]`;
    for (const operation of [
      { op: "remove", path: filter },
      { op: "replace", path: 'emails[value eq "q"].display', value: "x" },
      { op: "add", path: "emails", value: [{ value: "new", primary: true }] },
    ]) {
      const { reply, ms } = await heldUp(() => patch(path, Array(900).fill(operation)));
      expect(reply.status).toBe(413);
      expect(ms).toBeLessThan(HELD_UP);
    }
  });

  it("by a filter of very many terms on very many values", async () => {
    const emails = times(4_000, (i) => `v${i}@x.example`).map((value) => ({ type: "work", value }));
    expect((await makeUser("many", { emails })).status).toBe(201);
    for (const filter of [
      times(199, (i) => `emails.value co "z${i}"`).join(" or "),
      `userName eq "many" and (${times(190, (i) => `emails.value co "z${i}"`).join(" or ")})`,
    ]) {
      const { reply, ms } = await heldUp(() => filtered("Users", filter));
      expect(reply.body["totalResults"]).toBe(0);
      expect(ms).toBeLessThan(HELD_UP);
    }
  });

  it("by more values in a list than anybody has", async () => {
    const emails = times(6_000, (i) => `w${i}`).map((value) => ({ type: "work", value }));
    expect((await makeUser("more", { emails })).status).toBe(413);
    const path = `/scim/v2/Users/${(await makeUser("grown", { emails: emails.slice(0, 4_000) })).body["id"]}`;
    expect((await patch(path, [{ op: "add", path: "emails", value: emails.slice(3_000) as never }])).status).toBe(413);
  });

  it("by a page of very large resources: it ends early, and says so", async () => {
    await Promise.all(times(6, (i) => `large${i}`).map((name) => makeUser(name, { title: "x".repeat(900_000) })));
    const { body } = await ask('GET /scim/v2/Users?filter=userName%20sw%20"large"&count=6');
    expect(body).toMatchObject({ totalResults: 6, itemsPerPage: 4 });
    expect((body["Resources"] as unknown[]).length).toBe(4);
    const next = await ask('GET /scim/v2/Users?filter=userName%20sw%20"large"&count=6&startIndex=5');
    expect(next.body).toMatchObject({ totalResults: 6, itemsPerPage: 2 });
  });

  it("by very many very large resources at once: the thread that writes them takes a few at a time", async () => {
    const names = times(60, (i) => `huge${i}`);
    const answers = await Promise.all(names.map((name) => makeUser(name, { title: "x".repeat(900_000) })));
    expect(answers.map(({ status }) => status)).toEqual(Array(60).fill(201));
  });

  it("by an error that repeats all it was sent", async () => {
    const body = Object.fromEntries(times(900, (i) => `unknown${i}`).map((name) => [name, 1]));
    const reply = await ask("POST /admin/v1/credentials", { body });
    expect([reply.status, reply.text.length < 2_000]).toEqual([400, true]);
  });
});

it("after all of this: nothing was lost, nothing failed, and no log line has a token or a person", async () => {
  expect((await ask(`GET /scim/v2/Users/${victim.user}`)).body).toMatchObject({ userName: "victim" });
  expect(Object.keys(Object.prototype)).toEqual([]);
  const written = lines.join("");
  expect(written).not.toMatch(/Canary|victim|ada@x/i);
  for (const token of [ADMIN, ...Object.values(tokens)]) expect(written).not.toContain(token);
  expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});
