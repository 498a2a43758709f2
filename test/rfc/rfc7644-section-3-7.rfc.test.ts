// RFC 7644 §3.7, Bulk, with the RFC's own examples. Ids and versions are ours; everything else is as it stands there.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import { ask, startService, type TestService } from "../http/fakes.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];

let service: TestService;
beforeAll(async () => {
  service = await startService({ SCIM_LEDGER_BULK_BYTES: "10000", SCIM_LEDGER_BULK_OPERATIONS: "20" });
});
afterAll(() => service.close());

const send = (body: object) => ask(service, "POST /scim/v2/Bulk", { body });
const bulk = async (Operations: readonly object[], more: object = {}) => {
  const { status, body } = await send({ schemas, ...more, Operations });
  expect([status, body["schemas"]]).toEqual([200, ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]]);
  return body["Operations"] as JsonObject[];
};
const read = async ({ location }: JsonObject) =>
  (await ask(service, `GET ${String(location).slice(service.url.length)}`)).body;
const idOf = ({ location }: JsonObject) => String(location).split("/").at(-1) as string;

const alice = (userName: string) => ({
  method: "POST",
  path: "/Users",
  bulkId: "qwerty",
  data: { schemas: [USER], userName },
});
const existing = async (userName: string) => idOf((await bulk([alice(userName)]))[0]!);

describe("RFC 7644 §3.7", () => {
  it("“The service provider MUST return the same ‘bulkId’ together with the newly created resource.”", async () => {
    expect(await bulk([alice("bulkId")])).toMatchObject([{ bulkId: "qwerty", status: "201" }]);
  });

  it("“The service provider MUST continue performing as many changes as possible and disregard partial failures.”", async () => {
    const operations = await bulk([
      { ...alice("first"), bulkId: "1", data: {} },
      { method: "DELETE", path: "/Users/2819c223-7f76-453a-919d-413861904646" },
      alice("third"),
    ]);
    expect(operations.map(({ status }) => status)).toEqual(["400", "404", "201"]);
  });
});

describe("RFC 7644 §3.7.1", () => {
  it("“The service provider MUST try to resolve circular cross-references between resources in a single bulk job”", async () => {
    const [groupA, groupB] = (await bulk([
      {
        method: "POST",
        path: "/Groups",
        bulkId: "qwerty",
        data: { schemas: [GROUP], displayName: "Group A", members: [{ type: "Group", value: "bulkId:ytrewq" }] },
      },
      {
        method: "POST",
        path: "/Groups",
        bulkId: "ytrewq",
        data: { schemas: [GROUP], displayName: "Group B", members: [{ type: "Group", value: "bulkId:qwerty" }] },
      },
    ])) as [JsonObject, JsonObject];
    expect(groupA).toEqual({
      location: expect.stringMatching(/\/Groups\//),
      method: "POST",
      bulkId: "qwerty",
      version: expect.stringMatching(/^W\/"\d+"$/),
      status: "201",
    });
    expect((await read(groupA))["members"]).toMatchObject([{ type: "Group", value: idOf(groupB) }]);
    expect((await read(groupB))["members"]).toMatchObject([{ type: "Group", value: idOf(groupA) }]);
  });

  it("“but MAY stop after a failed attempt and instead return HTTP status code 409 (Conflict)”", async () => {
    const circle = (bulkId: string, other: string, displayName: string | null) => ({
      method: "POST",
      path: "/Groups",
      bulkId,
      data: { schemas: [GROUP], displayName, members: [{ value: `bulkId:${other}` }] },
    });
    const operations = await bulk([circle("a", "b", "A"), circle("b", "a", null)]);
    expect(operations).toMatchObject([
      { bulkId: "a", status: "409", response: { status: "409" } },
      { bulkId: "b", status: "400", response: { status: "400" } },
    ]);
  });
});

describe("RFC 7644 §3.7.2", () => {
  it("a new user becomes a member of a new group by its bulkId", async () => {
    const [user, group] = (await bulk([
      alice("Alice"),
      {
        method: "POST",
        path: "/Groups",
        bulkId: "ytrewq",
        data: { schemas: [GROUP], displayName: "Tour Guides", members: [{ type: "User", value: "bulkId:qwerty" }] },
      },
    ])) as [JsonObject, JsonObject];
    expect([user, group]).toMatchObject([
      { method: "POST", bulkId: "qwerty", status: "201", location: expect.any(String), version: expect.any(String) },
      { method: "POST", bulkId: "ytrewq", status: "201", location: expect.any(String), version: expect.any(String) },
    ]);
    expect((await read(group))["members"]).toMatchObject([{ type: "User", value: idOf(user) }]);
  });

  it("extensions refer by bulkId too, as the manager of the Enterprise User does", async () => {
    const [manager, employee] = (await bulk([
      alice("Alice again"),
      {
        method: "POST",
        path: "/Users",
        bulkId: "ytrewq",
        data: {
          schemas: [USER, ENTERPRISE],
          userName: "Bob again",
          [ENTERPRISE]: { employeeNumber: "11250", manager: { value: "bulkId:qwerty" } },
        },
      },
    ])) as [JsonObject, JsonObject];
    expect((await read(employee))[ENTERPRISE]).toMatchObject({ manager: { value: idOf(manager) } });
  });
});

describe("RFC 7644 §3.7.3", () => {
  const example = async () => {
    const [bob, dave, gone] = [await existing("bob"), await existing("dave"), await existing("gone")];
    return [
      { method: "POST", path: "/Users", bulkId: "qwerty", data: { schemas: [USER], userName: "Alice Example" } },
      { method: "PUT", path: `/Users/${bob}`, version: 'W/"0"', data: { schemas: [USER], id: bob, userName: "Bob" } },
      {
        method: "PATCH",
        path: `/Users/${dave}`,
        version: 'W/"0"',
        data: [
          { op: "remove", path: "nickName" },
          { op: "add", path: "userName", value: "Dave" },
        ],
      },
      { method: "DELETE", path: `/Users/${gone}`, version: 'W/"0"' },
    ] as const;
  };

  it("the example: POST, PUT, PATCH and DELETE, a location for each, a version for what is left, statuses as strings", async () => {
    const sent = await example();
    const at = (index: 1 | 2 | 3) => `${service.url}/scim/v2${sent[index].path}`;
    expect(await bulk(sent, { failOnErrors: 1 })).toEqual([
      { location: expect.any(String), method: "POST", bulkId: "qwerty", version: 'W/"0"', status: "201" },
      { location: at(1), method: "PUT", version: 'W/"1"', status: "200" },
      { location: at(2), method: "PATCH", version: 'W/"1"', status: "200" },
      { location: at(3), method: "DELETE", status: "204" },
    ]);
  });

  it("the example of failOnErrors 1: the first operation fails, and the answer ends with it", async () => {
    const [, ...rest] = await example();
    const refused = { method: "POST", path: "/Users", bulkId: "qwerty", data: { schemas: [USER], userName: 7 } };
    expect(await bulk([refused, ...rest], { failOnErrors: 1 })).toEqual([
      {
        method: "POST",
        bulkId: "qwerty",
        status: "400",
        response: {
          schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
          scimType: "invalidValue",
          detail: expect.any(String),
          status: "400",
        },
      },
    ]);
  });

  it("the example of several errors: “A ‘location’ attribute … MUST be returned for all operations except for failed POST operations”", async () => {
    const [bob, dave] = [await existing("bob 2"), await existing("dave 2")];
    const twin = { ...alice("BOB 2"), bulkId: "twin" };
    const operations = await bulk([
      twin,
      { method: "PUT", path: `/Users/${bob}`, version: 'W/"7"', data: { schemas: [USER], userName: "bob 2" } },
      { method: "PATCH", path: `/Users/${dave}`, data: [{ op: "add", path: "nonsense", value: 1 }] },
      { method: "DELETE", path: "/Users/e9025315-6bea-44e1-899c-1e07454e468b" },
    ]);
    expect(operations.map(({ status, response }) => [status, (response as JsonObject)["status"]])).toEqual([
      ["409", "409"],
      ["412", "412"],
      ["400", "400"],
      ["404", "404"],
    ]);
    expect(operations.map((operation) => Object.hasOwn(operation, "location"))).toEqual([false, true, true, true]);
  });
});

describe("RFC 7644 §3.7.4", () => {
  it("“If either limit is exceeded, the service provider MUST return HTTP response code 413 … MUST specify the limit exceeded”", async () => {
    const large = await send({ schemas, Operations: [alice("x".repeat(10_000))] });
    expect(large).toMatchObject({ status: 413, body: { status: "413" } });
    expect(large.body["detail"]).toContain("maxPayloadSize is 10000");
    const many = await send({ schemas, Operations: Array(21).fill({ method: "DELETE", path: "/Users/1" }) });
    expect(many).toMatchObject({ status: 413, body: { status: "413" } });
    expect(many.body["detail"]).toContain("maxOperations is 20");
    const { body } = await ask(service, "GET /scim/v2/ServiceProviderConfig", { token: null });
    expect(body["bulk"]).toEqual({ supported: true, maxOperations: 20, maxPayloadSize: 10_000 });
  });

  it("a body whose length is not announced is refused at the limit too", async () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode(" ".repeat(5_000)));
      },
    });
    const response = await fetch(`${service.url}/scim/v2/Bulk`, {
      method: "POST",
      headers: { Authorization: `Bearer ${service.token}`, "Content-Type": "application/scim+json" },
      body,
      duplex: "half",
    } as RequestInit).catch(() => undefined);
    // The connection ends while the client still sends: not every client then reads the answer.
    if (response !== undefined) expect(response.status).toBe(413);
    expect((await ask(service, "GET /scim/v2/ServiceProviderConfig", { token: null })).status).toBe(200);
  });
});
