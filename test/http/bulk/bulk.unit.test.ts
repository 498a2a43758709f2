import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { Unavailable } from "../../../src/eventlog/event-log.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import { ask, startService, systemContext, type TestService } from "../fakes.ts";

const REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057";

let service: TestService;
beforeAll(async () => {
  service = await startService({ SCIM_LEDGER_BULK_OPERATIONS: "50", SCIM_LEDGER_BULK_BYTES: "20000" });
});
afterAll(() => service.close());
beforeEach(() => {
  service.world.contexts.length = 0;
});

const request = (Operations: unknown, more: object = {}) => ({ schemas: [REQUEST], Operations, ...more });
const bulk = async (operations: readonly object[], more: object = {}, parts: object = {}) => {
  const reply = await ask(service, "POST /scim/v2/Bulk", { body: request(operations, more), ...parts });
  return { ...reply, operations: (reply.body["Operations"] ?? []) as (JsonObject & { response: JsonObject })[] };
};
const statuses = (operations: readonly JsonObject[]) => operations.map(({ status }) => status);
const idOf = ({ location }: JsonObject) => String(location).split("/").at(-1) as string;
const get = async (operation: JsonObject) =>
  (await ask(service, `GET ${String(operation["location"]).slice(service.url.length)}`)).body;
const membersOf = async (operation: JsonObject) =>
  ((await get(operation))["members"] as { value: string }[] | undefined)?.map(({ value }) => value);

let names = 0;
const user = (bulkId: string, more: object = {}) => ({
  method: "POST",
  path: "/Users",
  bulkId,
  data: { schemas: [USER], userName: `user${names++}`, ...more },
});
const group = (bulkId: string, ...members: string[]) => ({
  method: "POST",
  path: "/Groups",
  bulkId,
  data: { schemas: [GROUP], displayName: bulkId, members: members.map((value) => ({ value })) },
});
const patch = (...Operations: object[]) => ({ schemas: [PATCH], Operations });
const created = async (): Promise<string> => idOf((await bulk([user("u")])).operations[0]!);

describe("a Bulk request", () => {
  it("creates, replaces, changes and deletes, and answers in the order of the request", async () => {
    const [a, b, c] = [await created(), await created(), await created()];
    const { status, body, headers, operations } = await bulk([
      { method: "delete", path: `/Users/${c}`, version: 'W/"0"' },
      user("qwerty"),
      { method: "Put", path: `/scim/v2/Users/${a}`, data: { schemas: [USER], userName: "Bob" }, version: 'W/"0"' },
      { method: "PATCH", path: `/Users/${b}`, bulkId: "p", data: patch({ op: "add", path: "title", value: "Dr" }) },
    ]);
    expect([status, headers.get("content-type")]).toEqual([200, "application/scim+json"]);
    const at = (id: string) => `${service.url}/scim/v2/Users/${id}`;
    expect(body).toEqual({
      schemas: [RESPONSE],
      Operations: [
        { location: at(c), method: "DELETE", status: "204" },
        { location: expect.any(String), method: "POST", bulkId: "qwerty", version: 'W/"0"', status: "201" },
        { location: at(a), method: "PUT", version: 'W/"1"', status: "200" },
        { location: at(b), method: "PATCH", bulkId: "p", version: 'W/"1"', status: "200" },
      ],
    });
    expect(await get(operations[2]!)).toMatchObject({ userName: "Bob" });
    expect(await get(operations[3]!)).toMatchObject({ title: "Dr", meta: { version: 'W/"1"' } });
    expect((await ask(service, `GET /scim/v2/Users/${c}`)).status).toBe(404);
  });

  it("makes each operation a command of its own under one request id, with the caller's approval", async () => {
    const headers = { "X-Request-Id": "one-request", "SCIM-Ledger-Approval": "CHG-1" };
    await bulk([user("a"), user("b")], {}, { headers });
    const { contexts } = service.world;
    expect(contexts).toMatchObject([
      { requestId: "one-request", approval: "CHG-1" },
      { requestId: "one-request", approval: "CHG-1" },
    ]);
    expect(new Set(contexts.map(({ commandId }) => commandId)).size).toBe(2);
  });

  it("reads each operation's data as the credential's profile has it", async () => {
    const lenient = await bulk([user("a", { active: "True" })]);
    expect(await get(lenient.operations[0]!)).toMatchObject({ active: true });
    expect(service.world.contexts[0]).toMatchObject({ rules: ["boolean-string"] });
    const { token } = await service.tenants.issue(
      "default",
      { name: "strict", kind: "provisioning", profile: "rfc" },
      systemContext,
    );
    const strict = await bulk([user("a", { active: "True" })], {}, { token });
    expect(strict.operations).toMatchObject([{ status: "400", response: { scimType: "invalidValue" } }]);
  });

  it("takes the bare operations of a PATCH, as in the example of RFC 7644 §3.7.3", async () => {
    const id = await created();
    const data = [
      { op: "remove", path: "nickName" },
      { op: "add", path: "userName", value: "Dave" },
    ];
    const { operations } = await bulk([{ method: "PATCH", path: `/Users/${id}`, data }]);
    expect(await get(operations[0]!)).toMatchObject({ userName: "Dave" });
  });

  it("goes on after failures, and says of each what went wrong", async () => {
    const id = await created();
    const { operations } = await bulk([
      user("a", { userName: 7 }),
      {
        method: "PATCH",
        path: `/Users/${id}`,
        version: 'W/"9"',
        data: patch({ op: "add", path: "title", value: "x" }),
      },
      { method: "DELETE", path: `/Users/${NOBODY}` },
      { method: "DELETE", path: "/Users/nobody%20/" },
      user("b"),
    ]);
    expect(statuses(operations)).toEqual(["400", "412", "404", "400", "201"]);
    expect(operations[0]).toEqual({
      method: "POST",
      bulkId: "a",
      status: "400",
      response: { schemas: [ERROR], scimType: "invalidValue", detail: expect.any(String), status: "400" },
    });
    expect(operations[1]).toMatchObject({
      location: `${service.url}/scim/v2/Users/${id}`,
      response: { status: "412" },
    });
    expect(operations[1]).not.toHaveProperty("version");
    expect(operations[2]).toMatchObject({ location: `${service.url}/scim/v2/Users/${NOBODY}` });
  });

  it("answers what the service fails at with 500 or 503 of the operation alone, without its inside", async () => {
    service.world.failure = new Unavailable("the disk is full", "no");
    const full = await bulk([user("a"), user("b")]);
    expect(statuses(full.operations)).toEqual(["503", "201"]);
    service.world.failure = new Error("secret inside /var/lib");
    const { text, operations } = await bulk([user("a"), user("b")]);
    expect(statuses(operations)).toEqual(["500", "201"]);
    expect(text).not.toContain("/var/lib");
  });

  it("does not reach another tenant's resources", async () => {
    const id = await created();
    await service.tenants.create("foreign", "Foreign", systemContext);
    const { token } = await service.tenants.issue("foreign", { name: "x", kind: "provisioning" }, systemContext);
    const { operations } = await bulk(
      [{ method: "DELETE", path: `/Users/${id}` }, group("g", id), { method: "DELETE", path: `/Users/${NOBODY}` }],
      {},
      { token },
    );
    expect(statuses(operations)).toEqual(["404", "400", "404"]);
    expect(JSON.stringify(operations[0]).replaceAll(id, NOBODY)).toBe(JSON.stringify(operations[2]));
  });

  it("needs scim:write", async () => {
    const reply = await bulk([user("a")], {}, { token: service.auditor });
    expect([reply.status, reply.body["schemas"]]).toEqual([403, [ERROR]]);
    expect((await ask(service, "GET /scim/v2/Bulk")).status).toBe(405);
  });

  it("keeps refused operations as attempts, each with its own method, resource and reason", async () => {
    const id = await created();
    const { token } = await service.tenants.issue("default", { name: "refused", kind: "provisioning" }, systemContext);
    await bulk(
      [
        { method: "PUT", path: `/Users/${id}`, data: { schemas: [USER] } },
        { method: "DELETE", path: `/Groups/${NOBODY}` },
        { method: "DELETE", path: "/Me" },
      ],
      {},
      { token, headers: { "X-Request-Id": "refused" } },
    );
    await ask(service, "POST /scim/v2/Bulk", { token, body: {} });
    await service.attempts.close();
    const kept = service.recorder.recorded.filter(({ actor }) => actor.name === "refused");
    expect(kept.map(({ requestId, event }) => [requestId === "refused", event.data])).toEqual([
      [true, { method: "PUT", resourceType: "User", resource: id, status: 400, scimType: "invalidValue" }],
      [true, { method: "DELETE", resourceType: "Group", resource: NOBODY, status: 404 }],
      [true, { method: "DELETE", resourceType: "Bulk", status: 400, scimType: "invalidValue" }],
      [false, { method: "POST", resourceType: "Bulk", status: 400, scimType: "invalidSyntax" }],
    ]);
  });

  it("counts once against the credential's requests per minute", async () => {
    const settings = { name: "slow", kind: "provisioning", requestsPerMinute: 2 } as const;
    const { token } = await service.tenants.issue("default", settings, systemContext);
    const first = await bulk([user("a"), user("b"), user("c")], {}, { token });
    expect(statuses(first.operations)).toEqual(["201", "201", "201"]);
    expect((await bulk([user("a")], {}, { token })).status).toBe(200);
    expect((await bulk([user("a")], {}, { token })).status).toBe(429);
  });
});

describe("references", () => {
  it("resolve in members, in extensions and in paths, forwards as well as back", async () => {
    const { operations } = await bulk([
      {
        method: "PATCH",
        path: "/Groups/bulkId:g",
        data: patch({ op: "add", path: "members", value: [{ value: "bulkId:c" }] }),
      },
      group("g", "bulkId:a", "bulkId:b"),
      user("a", { schemas: [USER, ENTERPRISE], [ENTERPRISE]: { manager: { value: "bulkId:b" } } }),
      user("b"),
      user("c"),
    ]);
    expect(statuses(operations)).toEqual(["200", "201", "201", "201", "201"]);
    const [a, b, c] = operations.slice(2).map(idOf) as [string, string, string];
    expect(await membersOf(operations[1]!)).toEqual([a, b, c].sort());
    expect(operations[0]).toMatchObject({ location: operations[1]!["location"], version: 'W/"2"' });
    expect(await get(operations[2]!)).toMatchObject({ [ENTERPRISE]: { manager: { value: b } } });
  });

  it("resolve in a circle: groups that are members of each other, people who manage each other", async () => {
    const manager = (value: string) => ({ schemas: [USER, ENTERPRISE], [ENTERPRISE]: { manager: { value } } });
    const { operations } = await bulk([
      group("a", "bulkId:b"),
      group("b", "bulkId:c", "bulkId:u"),
      group("c", "bulkId:a", "bulkId:b"),
      user("u", manager("bulkId:v")),
      user("v", manager("bulkId:u")),
      user("self", manager("bulkId:self")),
    ]);
    expect(statuses(operations)).toEqual(["201", "201", "201", "201", "201", "201"]);
    const [a, b, c, u, v, self] = operations.map(idOf) as string[];
    expect(await membersOf(operations[0]!)).toEqual([b]);
    expect(await membersOf(operations[1]!)).toEqual([c, u].sort());
    expect(await membersOf(operations[2]!)).toEqual([a, b].sort());
    for (const [index, id] of [
      [3, v],
      [4, u],
      [5, self],
    ] as const)
      expect(await get(operations[index]!)).toMatchObject({ [ENTERPRISE]: { manager: { value: id } } });
    for (const operation of operations)
      expect((await get(operation))["meta"]).toMatchObject({ version: operation["version"] });
  });

  it("leave nothing of a circle of which one fails", async () => {
    const before = [...service.world.resources.values()].filter(({ state }) => state.status === "live").length;
    const { operations } = await bulk([
      group("a", "bulkId:b"),
      group("b", "bulkId:c"),
      group("c", "bulkId:a", NOBODY),
      group("d", "bulkId:a"),
      user("e"),
    ]);
    expect(statuses(operations)).toEqual(["409", "409", "400", "409", "201"]);
    expect(operations[0]!.response["detail"]).toBe(
      "The creations of a circle of references are carried out all or none, and that of “bulkId:c” failed.",
    );
    expect(operations[3]!.response["detail"]).toBe("The operation refers to “bulkId:a”, whose creation failed.");
    const after = [...service.world.resources.values()].filter(({ state }) => state.status === "live").length;
    expect(after).toBe(before + 1);
  });

  it("of a circle that cannot be taken back say what stays", async () => {
    const { world } = service;
    const asItIs = world.group.bind(world);
    jest.spyOn(world, "group").mockImplementation((command, ...rest) => {
      if (command.type === "ReplaceGroup") throw new Unavailable("the disk is full", "no");
      if (command.type === "DeleteGroup") throw new Unavailable("the disk is full", "no");
      return asItIs(command, ...rest);
    });
    const { operations } = await bulk([group("a", "bulkId:b"), group("b", "bulkId:a")]);
    jest.restoreAllMocks();
    expect(statuses(operations)).toEqual(["409", "503"]);
    const [, id] = /its id is “(.*)”\.$/.exec(String(operations[0]!.response["detail"]))!;
    expect((await ask(service, `GET /scim/v2/Groups/${id}`)).body).toMatchObject({ displayName: "a" });
  });

  it("to what failed or is nowhere are a 409 that says which, and so on down the line", async () => {
    const { operations } = await bulk([
      group("x", "bulkId:nowhere"),
      group("y", "bulkId:bad"),
      user("bad", { userName: null }),
      { method: "DELETE", path: "/Groups/bulkId:y" },
      { method: "DELETE", path: "/Groups/bulkId:__proto__" },
    ]);
    expect(statuses(operations)).toEqual(["409", "409", "400", "409", "409"]);
    expect(operations.map(({ response }) => response["detail"])).toEqual([
      "The operation refers to “bulkId:nowhere”, and no POST of the request has that bulkId.",
      "The operation refers to “bulkId:bad”, whose creation failed.",
      expect.any(String),
      "The operation refers to “bulkId:y”, whose creation failed.",
      "The operation refers to “bulkId:__proto__”, and no POST of the request has that bulkId.",
    ]);
    expect(operations[3]).toHaveProperty("location");
  });
});

describe("operations that touch", () => {
  it("the same resource keep their order", async () => {
    const id = await created();
    const title = (value: string) => ({
      method: "PATCH",
      path: `/Users/${id}`,
      data: patch({ op: "replace", path: "title", value }),
    });
    const { operations } = await bulk(Array.from({ length: 30 }, (_, i) => title(`t${i}`)));
    expect(operations.map(({ version }) => version)).toEqual(Array.from({ length: 30 }, (_, i) => `W/"${i + 1}"`));
    expect(await get(operations[0]!)).toMatchObject({ title: "t29" });
  });

  it("a resource by its id keep their order: a member that is added and then deleted, and the other way round", async () => {
    const [a, b] = [await created(), await created()];
    const { operations } = await bulk([
      group("g", a),
      { method: "DELETE", path: `/Users/${a}` },
      { method: "DELETE", path: `/Users/${b}` },
      group("h", b),
    ]);
    expect(statuses(operations)).toEqual(["201", "204", "204", "400"]);
  });

  it("the same name keep their order: whoever comes first has it, also when it is freed before", async () => {
    const one = await bulk([user("a", { userName: "Taken" }), user("b", { userName: "tAKEN" })]);
    expect(statuses(one.operations)).toEqual(["201", "409"]);
    const { operations } = await bulk([
      ...Array.from({ length: 20 }, (_, i) => user(`u${i}`)),
      { method: "DELETE", path: `/Users/${idOf(one.operations[0]!)}` },
      user("b", { userName: "taken" }),
    ]);
    expect(statuses(operations.slice(-2))).toEqual(["204", "201"]);
  });
});

describe("failOnErrors", () => {
  it("ends the request after so many errors, with the operations done and nothing else", async () => {
    const refused = (bulkId: string) => user(bulkId, { userName: "" });
    const { status, operations } = await bulk([user("a"), refused("b"), user("c"), refused("d"), user("e")], {
      failOnErrors: 2,
    });
    expect(status).toBe(200);
    expect(operations.map(({ bulkId, status }) => [bulkId, status])).toEqual([
      ["a", "201"],
      ["b", "400"],
      ["c", "201"],
      ["d", "400"],
    ]);
    expect(service.world.contexts).toHaveLength(2);
  });

  it("carries out what is referred to first, so that the operations done are in dependency order", async () => {
    const { operations } = await bulk([group("g", "bulkId:z"), user("a"), user("z", { userName: "" })], {
      failOnErrors: 1,
    });
    expect(operations.map(({ bulkId, status }) => [bulkId, status])).toEqual([["z", "400"]]);
  });

  it("carries out everything while there are fewer", async () => {
    const { operations } = await bulk([user("a"), user("b", { userName: "" }), user("c")], { failOnErrors: 2 });
    expect(statuses(operations)).toEqual(["201", "400", "201"]);
  });
});

describe("the whole message is refused, and nothing is done, for", () => {
  it.each<[string, unknown, number, string | undefined, RegExp]>([
    ["no object", [], 400, "invalidSyntax", /BulkRequest/],
    ["another schema", { schemas: [PATCH], Operations: [] }, 400, "invalidSyntax", /BulkRequest/],
    ["no operations", request([]), 400, "invalidSyntax", /at least one/],
    ["operations that are no list", request({}), 400, "invalidSyntax", /array/],
    ["an operation that is no object", request([user("a"), "DELETE"]), 400, "invalidSyntax", /Operations\[1\]/],
    [
      "no method",
      request([{ path: "/Users" }]),
      400,
      "invalidSyntax",
      /method must be one of POST, PUT, PATCH, DELETE/,
    ],
    ["another method", request([{ method: "GET", path: "/Users" }]), 400, "invalidSyntax", /not “GET”/],
    [
      "a bulkId that is no text",
      request([{ ...user("a"), bulkId: 1 }]),
      400,
      "invalidSyntax",
      /bulkId must be a string/,
    ],
    ["a bulkId twice", request([user("a"), user("a")]), 400, "invalidSyntax", /“a”/],
    ["failOnErrors of nothing", request([user("a")], { failOnErrors: 0 }), 400, "invalidValue", /at least 1/],
    ["failOnErrors of half", request([user("a")], { failOnErrors: 1.5 }), 400, "invalidValue", /failOnErrors/],
    [
      "too many operations",
      request(Array.from({ length: 51 }, () => ({ method: "DELETE", path: "/Users/1" }))),
      413,
      undefined,
      /^The Bulk request has 51 operations; maxOperations is 50\.$/,
    ],
    [
      "too many bytes",
      request([user("a", { title: "x".repeat(20_000) })]),
      413,
      undefined,
      /^The Bulk request has 20\d\d\d bytes; maxPayloadSize is 20000\.$/,
    ],
  ])("%s", async (_, body, status, scimType, detail) => {
    const reply = await ask(service, "POST /scim/v2/Bulk", { body });
    expect([reply.status, reply.body["scimType"]]).toEqual([status, scimType]);
    expect(reply.body["detail"]).toMatch(detail);
    expect(service.world.contexts).toEqual([]);
  });

  it("the limits that the configuration tells, and for no others", async () => {
    const { body } = await ask(service, "GET /scim/v2/ServiceProviderConfig", { token: null });
    expect(body["bulk"]).toEqual({ supported: true, maxOperations: 50, maxPayloadSize: 20_000 });
    const exact = await bulk(Array.from({ length: 50 }, () => ({ method: "DELETE", path: "/Users/1" })));
    expect(exact.status).toBe(200);
    const body2 = { schemas: [USER], userName: "long", title: "x".repeat(30_000) };
    expect((await ask(service, "POST /scim/v2/Users", { body: body2 })).status).toBe(201);
  });
});

describe("one operation is refused, and the others are not, for", () => {
  it.each<[string, object, string, string, RegExp]>([
    ["no path", { method: "DELETE" }, "400", "invalidSyntax", /no path/],
    ["a path that is no text", { method: "DELETE", path: 1 }, "400", "invalidValue", /string/],
    ["/Me", { method: "PATCH", path: "/Me", data: patch() }, "400", "invalidValue", /no target.*\/Users, \/Groups/],
    ["/Bulk", { method: "POST", path: "/Bulk", bulkId: "x", data: {} }, "400", "invalidValue", /no target/],
    ["/.search", { method: "POST", path: "/.search", bulkId: "x", data: {} }, "400", "invalidValue", /no target/],
    [
      "/Users/.search",
      { method: "POST", path: "/Users/.search", bulkId: "x", data: {} },
      "400",
      "invalidValue",
      /endpoint/,
    ],
    [
      "the configuration",
      { method: "PUT", path: "/ServiceProviderConfig", data: {} },
      "400",
      "invalidValue",
      /no target/,
    ],
    ["a relative path", { method: "DELETE", path: `Users/${NOBODY}` }, "400", "invalidValue", /no target/],
    ["too deep a path", { method: "DELETE", path: `/Users/${NOBODY}/x` }, "400", "invalidValue", /no target/],
    ["the prototype", { method: "DELETE", path: "/__proto__/constructor" }, "400", "invalidValue", /no target/],
    [
      "POST on a resource",
      { method: "POST", path: `/Users/${NOBODY}`, bulkId: "x", data: {} },
      "400",
      "invalidValue",
      /endpoint/,
    ],
    ["PUT on an endpoint", { method: "PUT", path: "/Users", data: {} }, "400", "invalidValue", /must name a resource/],
    ["POST without bulkId", { method: "POST", path: "/Users", data: {} }, "400", "invalidSyntax", /bulkId/],
    ["POST without data", { method: "POST", path: "/Users", bulkId: "x" }, "400", "invalidSyntax", /data/],
    [
      "a version that is no text",
      { method: "DELETE", path: `/Users/${NOBODY}`, version: 1 },
      "400",
      "invalidValue",
      /version/,
    ],
  ])("%s", async (_, operation, status, scimType, detail) => {
    const { operations } = await bulk([operation, user("fine")]);
    expect(operations).toMatchObject([{ status, response: { scimType, status } }, { status: "201" }]);
    expect(operations[0]!.response["detail"]).toMatch(detail);
  });
});
