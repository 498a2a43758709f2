import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ask, startService, systemContext, type TestService } from "./fakes.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057";
const ME = "/scim/v2/Me";

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const patch = (value: string) => ({ schemas: [PATCH], Operations: [{ op: "replace", path: "title", value }] });
const issue = (more: object) =>
  ask(service, "POST /admin/v1/credentials", {
    token: service.admin,
    body: { name: "Ada's", kind: "provisioning", ...more },
  });

let names = 0;
let ada: string;
let token: string;
beforeEach(async () => {
  const made = await ask(service, "POST /scim/v2/Users", { body: { schemas: [USER], userName: `ada${names++}` } });
  ada = String(made.body["id"]);
  const issued = await issue({ me: ada });
  expect([issued.status, issued.body["me"]]).toEqual([201, ada]);
  token = String(issued.body["token"]);
});

describe("/Me of a credential of a user", () => {
  it("is that user, at their permanent URI", async () => {
    const location = `${service.url}/scim/v2/Users/${ada}`;
    const me = await ask(service, `GET ${ME}`, { token });
    const user = await ask(service, `GET /scim/v2/Users/${ada}`, { token });
    expect([me.status, me.text, me.headers.get("etag")]).toEqual([200, user.text, user.headers.get("etag")]);
    expect([me.headers.get("location"), (me.body["meta"] as { location: string }).location]).toEqual([
      location,
      location,
    ]);
    const head = await ask(service, `HEAD ${ME}`, { token });
    expect([head.status, head.text, head.headers.get("location")]).toEqual([200, "", location]);
    const part = await ask(service, `GET ${ME}?attributes=userName`, { token });
    expect(part.body).toEqual({ schemas: [USER], id: ada, userName: user.body["userName"] });
    const known = { "If-None-Match": String(user.headers.get("etag")) };
    expect((await ask(service, `GET ${ME}`, { token, headers: known })).status).toBe(304);
  });

  it("is changed and deleted as that user, and then is nobody", async () => {
    const patched = await ask(service, `PATCH ${ME}`, { token, body: patch("Countess") });
    expect([patched.status, patched.headers.get("location")]).toEqual([200, `${service.url}/scim/v2/Users/${ada}`]);
    const stale = await ask(service, `PATCH ${ME}`, { token, body: patch("x"), headers: { "If-Match": 'W/"0"' } });
    expect(stale.status).toBe(412);
    const put = await ask(service, `PUT ${ME}`, { token, body: { ...patched.body, title: "Lady" } });
    expect([put.status, put.body["title"], put.body["id"]]).toEqual([200, "Lady", ada]);
    expect((await ask(service, `GET /scim/v2/Users/${ada}`)).text).toBe(put.text);
    expect((await ask(service, `DELETE ${ME}`, { token })).status).toBe(204);
    for (const [method, body] of [
      ["GET", undefined],
      ["DELETE", undefined],
      ["PATCH", patch("x")],
      ["PUT", put.body],
    ] as const) {
      const gone = await ask(service, `${method} ${ME}`, { token, body });
      expect([method, gone.status, gone.body["schemas"]]).toEqual([method, 404, [ERROR]]);
    }
  });

  it("may do what the credential may", async () => {
    const reading = await issue({ me: ada, scopes: ["scim:read"] });
    const own = { token: String(reading.body["token"]) };
    expect((await ask(service, `GET ${ME}`, own)).status).toBe(200);
    expect((await ask(service, `PATCH ${ME}`, { ...own, body: patch("x") })).status).toBe(403);
    const blind = await issue({ me: ada, scopes: ["audit:read"] });
    expect((await ask(service, `GET ${ME}`, { token: String(blind.body["token"]) })).status).toBe(403);
  });

  it("stays the same user after a rotation", async () => {
    const first = await issue({ me: ada });
    const rotated = await ask(service, `POST /admin/v1/credentials/${first.body["id"]}/rotate`, {
      token: service.admin,
    });
    expect(rotated.body["me"]).toBe(ada);
    expect((await ask(service, `GET ${ME}`, { token: String(rotated.body["token"]) })).body["id"]).toBe(ada);
  });

  it("names the user where a refused write or a reading of the past is kept", async () => {
    await ask(service, `PATCH ${ME}`, { token, body: {} });
    await service.attempts.close();
    const auditing = await issue({ me: ada, kind: "auditor" });
    await ask(service, `GET ${ME}?asOf=2024-01-01T00:00:00Z`, { token: String(auditing.body["token"]) });
    const events = service.recorder.recorded.map(
      ({ event }) => event as { type: string; data: object; personal?: object },
    );
    expect(events.findLast(({ type }) => type === "AttemptRejected")?.data).toMatchObject({
      resourceType: "User",
      resource: ada,
    });
    expect(events.findLast(({ type }) => type === "InspectionBegun")).toMatchObject({
      data: { question: "GET /scim/v2/Me" },
      personal: { parameters: { id: ada } },
    });
  });
});

describe("/Me where there is no such user", () => {
  it.each(["GET", "PUT", "PATCH", "DELETE", "POST", "HEAD", "OPTIONS"])(
    "%s is a truthful 501 for a credential that is of nobody",
    async (method) => {
      const body = ["PUT", "PATCH", "POST"].includes(method) ? patch("x") : undefined;
      const reply = await ask(service, `${method} ${ME}`, { body });
      expect(reply.status).toBe(501);
      if (method !== "HEAD") expect(reply.body).toMatchObject({ schemas: [ERROR], status: "501" });
    },
  );

  it("nobody creates themselves: a POST is 501", async () => {
    const reply = await ask(service, `POST ${ME}`, { token, body: { schemas: [USER], userName: "x" } });
    expect([reply.status, reply.body["schemas"]]).toEqual([501, [ERROR]]);
  });

  it("a credential is only issued for a live user of its own tenant", async () => {
    if (service.directory.tenant("other") === undefined) await service.tenants.create("other", "Other", systemContext);
    for (const more of [{ me: NOBODY }, { me: "x" }, { me: "__proto__" }, { me: ada, tenant: "other" }, { me: 7 }]) {
      const reply = await issue(more);
      expect([more, reply.status, reply.body["scimType"]]).toEqual([more, 400, "invalidValue"]);
    }
  });
});
