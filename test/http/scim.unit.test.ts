import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Unavailable } from "../../src/eventlog/event-log.ts";
import { NotYetVisible } from "../../src/eventlog/provisioning.ts";
import { ask, startService, systemContext, type TestService } from "./fakes.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057";

const user = (userName: string, more: object = {}) => ({ schemas: [USER], userName, ...more });
const group = (displayName: string, ids: readonly string[] = []) => ({
  schemas: [GROUP],
  displayName,
  members: ids.map((value) => ({ value })),
});
const patch = (...Operations: object[]) => ({ schemas: [PATCH], Operations });

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

let names = 0;
const create = async (more: object = {}) => {
  const reply = await ask(service, "POST /scim/v2/Users", { body: user(`user${names++}`, more) });
  expect(reply.status).toBe(201);
  return { ...reply, id: String(reply.body["id"]) };
};

describe("users", () => {
  it("are created, found at their Location, and answered in the same bytes ever after", async () => {
    const boss = await create({ displayName: "The “Boss” \\ }" });
    const manager = { [ENTERPRISE]: { manager: { value: boss.id } } };
    const created = await create({ schemas: [USER, ENTERPRISE], displayName: '"manager":{', ...manager });
    const { id } = created;
    expect(created.headers.get("content-type")).toBe("application/scim+json");
    expect(created.headers.get("location")).toBe(`${service.url}/scim/v2/Users/${id}`);
    expect(created.headers.get("etag")).toBe('W/"0"');
    expect(created.body["meta"]).toEqual({
      resourceType: "User",
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      lastModified: expect.any(String),
      location: `${service.url}/scim/v2/Users/${id}`,
      version: 'W/"0"',
    });
    expect(created.body[ENTERPRISE]).toEqual({ manager: { value: boss.id, displayName: "The “Boss” \\ }" } });
    const read = await ask(service, `GET /scim/v2/Users/${id}`);
    expect(read.text).toBe(created.text);
    const unchanged = await ask(service, `PATCH /scim/v2/Users/${id}`, {
      body: patch({ op: "replace", path: "displayName", value: '"manager":{' }),
    });
    expect([unchanged.status, unchanged.text]).toEqual([200, created.text]);
  });

  it("show their groups, which a PUT answer has too", async () => {
    const { id, body } = await create();
    const made = await ask(service, "POST /scim/v2/Groups", { body: group("Tour Guides", [id]) });
    const replaced = await ask(service, `PUT /scim/v2/Users/${id}`, { body: { ...body, title: "Guide" } });
    expect(replaced.body["groups"]).toEqual([
      {
        value: made.body["id"],
        $ref: `${service.url}/scim/v2/Groups/${made.body["id"]}`,
        display: "Tour Guides",
        type: "direct",
      },
    ]);
    expect((await ask(service, `GET /scim/v2/Users/${id}`)).text).toBe(replaced.text);
  });

  it("are gone after DELETE for every method", async () => {
    const { id, body } = await create();
    const deleted = await ask(service, `DELETE /scim/v2/Users/${id}`);
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    for (const [line, sent] of [
      [`GET /scim/v2/Users/${id}`, undefined],
      [`DELETE /scim/v2/Users/${id}`, undefined],
      [`PUT /scim/v2/Users/${id}`, body],
      [`PATCH /scim/v2/Users/${id}`, patch({ op: "replace", path: "title", value: "x" })],
    ] as const)
      expect((await ask(service, line, { body: sent })).status).toBe(404);
  });

  it("collide on userName with 409 uniqueness", async () => {
    const { body } = await create();
    const twin = await ask(service, "POST /scim/v2/Users", { body: user(String(body["userName"]).toUpperCase()) });
    expect([twin.status, twin.body["scimType"]]).toEqual([409, "uniqueness"]);
  });

  it("take a password, and no answer, event or attempt has it", async () => {
    const { id, text } = await create({ password: "correct horse" });
    expect(text).not.toContain("correct horse");
    const changed = await ask(service, `PATCH /scim/v2/Users/${id}`, {
      body: patch({ op: "replace", path: "password", value: "battery staple" }),
    });
    expect([changed.status, changed.headers.get("etag")]).toEqual([200, 'W/"0"']);
    expect(changed.text).not.toContain("battery");
  });

  it("answer with the attributes that were asked for, also after writes", async () => {
    const { id } = await create({ title: "Dr" });
    const part = await ask(service, `GET /scim/v2/Users/${id}?attributes=title,meta.version`);
    expect(part.body).toEqual({ schemas: [USER], id, title: "Dr", meta: { version: 'W/"0"' } });
    const written = await ask(service, `PATCH /scim/v2/Users/${id}?attributes=active`, {
      body: patch({ op: "add", path: "active", value: false }),
    });
    expect(written.body).toEqual({ schemas: [USER], id, active: false });
    const both = await ask(service, `GET /scim/v2/Users/${id}?attributes=title&excludedAttributes=meta`);
    expect([both.status, both.body["scimType"]]).toEqual([400, "invalidValue"]);
    const twice = await ask(service, `GET /scim/v2/Users/${id}?attributes=title&attributes=meta`);
    expect([twice.status, twice.body["scimType"]]).toEqual([400, "invalidValue"]);
  });

  it("are invisible to another tenant, in the same words as what does not exist", async () => {
    await service.tenants.create("other", "Other", systemContext);
    const { token } = await service.tenants.issue("other", { name: "x", kind: "provisioning" }, systemContext);
    const { id } = await create();
    const body = patch({ op: "replace", path: "title", value: "x" });
    for (const [line, sent] of [
      ["GET", undefined],
      ["DELETE", undefined],
      ["PATCH", body],
    ] as const) {
      const foreign = await ask(service, `${line} /scim/v2/Users/${id}`, { token, body: sent });
      const missing = await ask(service, `${line} /scim/v2/Users/${NOBODY}`, { token, body: sent });
      expect(foreign.status).toBe(404);
      expect(foreign.text.replace(id, NOBODY)).toBe(missing.text);
    }
  });

  it("HEAD answers as GET without the body", async () => {
    const { id, text } = await create();
    const head = await ask(service, `HEAD /scim/v2/Users/${id}`);
    expect([head.status, head.text, head.headers.get("content-length")]).toEqual([
      200,
      "",
      String(Buffer.byteLength(text)),
    ]);
  });
});

describe("groups", () => {
  it("come with their members in pages, and without them the members are never read", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 2_345; i++) {
      const id = `01890a5d-ac96-774b-bcce-${String(i).padStart(12, "0")}`;
      ids.push(id);
      await service.world.user(
        { type: "CreateUser", id, attributes: { userName: `bulk${i}`, displayName: `Bulk ${i}` }, password: false },
        { ...systemContext, tenant: "default" },
      );
    }
    const made = await ask(service, "POST /scim/v2/Groups", { body: group("Everyone", ids) });
    expect(made.status).toBe(201);
    const id = made.body["id"];
    const members = made.body["members"] as object[];
    expect(members).toHaveLength(2_345);
    expect(members[17]).toEqual({
      value: ids[17],
      $ref: `${service.url}/scim/v2/Users/${ids[17]}`,
      type: "User",
      display: "Bulk 17",
    });
    const read = await ask(service, `GET /scim/v2/Groups/${id}`);
    expect(read.text).toBe(made.text);
    expect(read.headers.get("transfer-encoding")).toBe("chunked");
    const values = await ask(service, `GET /scim/v2/Groups/${id}?attributes=members.value`);
    expect(values.body).toEqual({ schemas: [GROUP], id, members: ids.map((value) => ({ value })) });
    service.world.asked.length = 0;
    const without = await ask(service, `GET /scim/v2/Groups/${id}?excludedAttributes=members`);
    expect(service.world.asked).not.toContain("members");
    const { members: _, ...rest } = read.body;
    expect(without.body).toEqual(rest);
    const head = await ask(service, `HEAD /scim/v2/Groups/${id}`);
    expect([head.status, head.text]).toEqual([200, ""]);
    const listed = await ask(service, `GET /scim/v2/Groups?filter=displayName eq "Everyone"`);
    expect(listed.body["Resources"]).toEqual([read.body]);
  });

  it("answer a PATCH with 204 and the new tag, and with a body where a part was asked for", async () => {
    const one = await create();
    const made = await ask(service, "POST /scim/v2/Groups", { body: group("Small") });
    expect(made.body).not.toHaveProperty("members");
    const path = `/scim/v2/Groups/${made.body["id"]}`;
    const add = patch({ op: "add", path: "members", value: [{ value: one.id }] });
    service.world.asked.length = 0;
    const added = await ask(service, `PATCH ${path}`, { body: add });
    expect([added.status, added.text, added.headers.get("etag")]).toEqual([204, "", 'W/"1"']);
    expect(service.world.asked).toEqual([]);
    const again = await ask(service, `PATCH ${path}?attributes=members`, { body: add });
    expect([again.status, again.headers.get("etag")]).toEqual([200, 'W/"1"']);
    expect(again.body["members"]).toMatchObject([{ value: one.id }]);
  });

  it("refuse a member that does not exist, as a 400", async () => {
    const reply = await ask(service, "POST /scim/v2/Groups", { body: group("Ghosts", [NOBODY]) });
    expect([reply.status, reply.body["scimType"]]).toEqual([400, "invalidValue"]);
  });
});

describe("lists", () => {
  it("count all, show a page, and are never null", async () => {
    const none = await ask(service, 'GET /scim/v2/Users?filter=userName eq "nobody"');
    expect(none.body).toEqual({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    });
    await create();
    await create();
    const page = await ask(service, "GET /scim/v2/Users?startIndex=-3&count=1&attributes=userName&unknown=1");
    expect(page.body).toMatchObject({ startIndex: 1, itemsPerPage: 1 });
    expect(page.body["totalResults"]).toBeGreaterThan(1);
    const totals = await ask(service, "GET /scim/v2/Users?count=-1");
    expect(totals.body).toMatchObject({ itemsPerPage: 0, Resources: [] });
    const everything = await ask(service, "GET /scim/v2/Users?count=100000");
    expect(everything.body["itemsPerPage"]).toBeLessThanOrEqual(1_000);
    expect((await ask(service, "HEAD /scim/v2/Users")).status).toBe(200);
  });

  it.each([
    ["filter=userName xx 1", "invalidFilter"],
    ["filter=password pr", "invalidFilter"],
    ['filter=__proto__ eq "x"', "invalidFilter"],
    [`filter=${"(".repeat(200)}active pr`, "invalidFilter"],
    [`filter=${"x".repeat(10_001)}`, "invalidFilter"],
    ["filter=", "invalidFilter"],
    ["filter=active pr&filter=active pr", "invalidValue"],
    ["startIndex=1.5", "invalidValue"],
    ["count=many", "invalidValue"],
    ["sortBy=nickname&sortOrder=upwards", "invalidValue"],
    ["sortBy=constructor", "invalidPath"],
    ["sortBy=name", "invalidPath"],
    ["sortBy=password", "invalidPath"],
  ])("refuse ?%s", async (query, scimType) => {
    const reply = await ask(service, `GET /scim/v2/Users?${encodeURI(query)}`);
    expect([reply.status, reply.body["scimType"]]).toEqual([400, scimType]);
  });
});

describe("entity tags", () => {
  it.each<[string, number]>([
    ['W/"0"', 200],
    ['"0"', 200],
    ["*", 200],
    ['"7", W/"0"', 200],
    ['W/"1"', 412],
    ['"7" , "8"', 412],
    ["0", 400],
    ["", 412],
  ])("If-Match: %s is a %i", async (tag, status) => {
    const { id } = await create();
    const reply = await ask(service, `PATCH /scim/v2/Users/${id}`, {
      body: patch({ op: "replace", path: "title", value: "x" }),
      headers: { "If-Match": tag },
    });
    expect(reply.status).toBe(status);
    const after = await ask(service, `GET /scim/v2/Users/${id}`);
    expect(after.headers.get("etag")).toBe(status === 200 ? 'W/"1"' : 'W/"0"');
  });

  it("If-None-Match spares an answer that is known, and no other", async () => {
    const { id } = await create();
    for (const [tag, status] of [
      ['W/"0"', 304],
      ['"0"', 304],
      ["*", 304],
      ['W/"1"', 200],
    ] as const) {
      const reply = await ask(service, `GET /scim/v2/Users/${id}`, { headers: { "If-None-Match": tag } });
      expect([reply.status, reply.headers.get("etag")]).toEqual([status, 'W/"0"']);
    }
  });
});

describe("as of an instant", () => {
  it("needs audit:read, refuses the future and what is no instant, and names the position", async () => {
    const { id } = await create();
    const path = `/scim/v2/Users/${id}?asOf=`;
    const past = "2024-01-01T00:00:00.123456Z";
    expect((await ask(service, `GET ${path}${past}`)).status).toBe(403);
    for (const instant of ["9999-01-01T00:00:00Z", "2024-01-01", "2024-01-01T00:00:00", "yesterday", ""])
      expect((await ask(service, `GET ${path}${instant}`, { token: service.auditor })).status).toBe(400);
    const read = await ask(service, `GET ${path}${past}`, { token: service.auditor });
    expect([read.status, read.headers.get("scim-ledger-position")]).toEqual([200, expect.stringMatching(/^\d{16}$/)]);
    const list = await ask(service, `GET /scim/v2/Users?asOf=${past}`, { token: service.auditor });
    expect(list.headers.get("scim-ledger-position")).toMatch(/^\d{16}$/);
  });

  it("a list says how many erased persons its filter could not test", async () => {
    const line = "GET /scim/v2/Users?filter=userName%20sw%20%22a%22";
    expect((await ask(service, line)).headers.get("scim-ledger-untested")).toBeNull();
    service.world.untested = 2;
    const reply = await ask(service, line);
    service.world.untested = 0;
    expect(reply.headers.get("scim-ledger-untested")).toBe("2");
  });

  it("is written down before it is answered; where that fails, it is refused", async () => {
    const { id } = await create();
    service.recorder.recorded.length = 0;
    const line = `GET /scim/v2/Users/${id}?asOf=2024-01-01T00:00:00Z`;
    const read = await ask(service, line, { token: service.auditor });
    const [begun, ended] = service.recorder.recorded.map(
      ({ event }) => event as { type: string; data: Record<string, unknown> },
    );
    expect(begun).toMatchObject({ type: "InspectionBegun", data: { question: "GET /scim/v2/Users/:id" } });
    expect(ended).toMatchObject({
      type: "InspectionEnded",
      data: {
        inspection: begun!.data["inspection"],
        rows: 1,
        bytes: Buffer.byteLength(read.text),
        outcome: "complete",
      },
    });
    await ask(service, line.replace("GET", "HEAD"), { token: service.auditor });
    const last = service.recorder.recorded.at(-1)!.event as { data: object };
    expect(last.data).toMatchObject({ rows: 1, bytes: 0, outcome: "complete" });
    service.recorder.failure = new Unavailable("the disk is full", "no");
    expect((await ask(service, line, { token: service.auditor })).status).toBe(503);
    service.recorder.failure = undefined;
  });
});

describe("discovery", () => {
  it("tells what there is; the configuration without a token", async () => {
    const config = await ask(service, "GET /scim/v2/ServiceProviderConfig", { token: null });
    expect(config.body).toMatchObject({
      etag: { supported: true },
      bulk: { supported: true, maxOperations: 1_000, maxPayloadSize: 4_194_304 },
      filter: { maxResults: 1_000 },
    });
    for (const path of ["Schemas", "ResourceTypes"]) {
      const list = await ask(service, `GET /scim/v2/${path}`);
      expect(list.body["schemas"]).toEqual(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]);
      for (const one of list.body["Resources"] as { id: string }[])
        expect((await ask(service, `GET /scim/v2/${path}/${one.id}`)).body).toEqual(one);
      expect((await ask(service, `GET /scim/v2/${path}?filter=id pr`)).status).toBe(403);
      expect((await ask(service, `GET /scim/v2/${path}/__proto__`)).status).toBe(404);
    }
    expect((await ask(service, `GET /scim/v2/Schemas/${USER.toUpperCase()}`)).status).toBe(200);
  });

  it.each(["GET /scim/v2/Me", "PATCH /scim/v2/Me"])("%s is a truthful 501", async (line) =>
    expect(await ask(service, line)).toMatchObject({ status: 501, body: { schemas: [ERROR], status: "501" } }),
  );
});

describe("what went wrong behind the edge", () => {
  const body = user("unlucky");
  it.each<[string, Error, number, RegExp]>([
    ["a full disk", new Unavailable("the disk is full", "no"), 503, /Nothing was changed: the disk is full/],
    ["an unknown outcome", new Unavailable("no answer", "unknown"), 503, /is not known yet/],
    ["views that are behind", new NotYetVisible(), 503, /stored and not yet visible/],
    ["a fault", new Error("secret inside /var/lib"), 500, /^The service failed/],
  ])("%s", async (_, failure, status, detail) => {
    service.world.failure = failure;
    const reply = await ask(service, "POST /scim/v2/Users", { body });
    expect(reply).toMatchObject({ status, body: { schemas: [ERROR], status: String(status) } });
    expect(reply.body["detail"]).toMatch(detail);
    expect(reply.text).not.toContain("/var/lib");
    expect(reply.headers.has("retry-after")).toBe(status === 503);
  });
});

describe("commands", () => {
  it("carry the actor, the request id, the profile, the rules applied, the approval and the trace", async () => {
    const { id } = await create();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const reply = await ask(service, `PATCH /scim/v2/Users/${id}`, {
      body: patch({ op: "Replace", path: "active", value: "False" }),
      headers: { "X-Request-Id": "req-1", "SCIM-Ledger-Approval": "CHG-7", traceparent },
    });
    expect([reply.status, reply.headers.get("x-request-id")]).toEqual([200, "req-1"]);
    expect(service.world.contexts.at(-1)).toMatchObject({
      tenant: "default",
      actor: { name: "Entra", kind: "provisioning" },
      requestId: "req-1",
      profile: "lenient",
      rules: expect.arrayContaining([expect.any(String)]),
      approval: "CHG-7",
      traceparent,
    });
  });

  it("take no request id that could forge a log line", async () => {
    const odd = await ask(service, "GET /health/live", { headers: { "X-Request-Id": "a b" } });
    expect(odd.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});
