import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ask, startService, systemContext, type TestService } from "./fakes.ts";

let service: TestService;
beforeEach(async () => {
  service = await startService({ SCIM_LEDGER_FAILED_AUTHENTICATIONS_PER_MINUTE: "3" });
});
afterEach(() => service.close());

const asAdmin = (line: string, body?: unknown) => ask(service, line, { token: service.admin, body });
const issue = async (more: object = {}) => {
  const reply = await asAdmin("POST /admin/v1/credentials", { name: "Okta", kind: "provisioning", ...more });
  return {
    ...reply,
    id: String(reply.body["id"]),
    token: String(reply.body["token"]),
    secret: String(reply.body["secret"]),
  };
};
const status = async (token: string) => (await ask(service, "GET /scim/v2/Users", { token })).status;

describe("credentials", () => {
  it("are issued with a token that is shown once and works at once", async () => {
    const {
      status: answered,
      body,
      id,
      token,
    } = await issue({ requestsPerMinute: 1_000, expiresAt: "2199-01-01T00:00:00Z" });
    expect(answered).toBe(201);
    expect(body).toMatchObject({
      tenant: "default",
      kind: "provisioning",
      scopes: ["scim:read", "scim:write"],
      expires: "2199-01-01T00:00:00.000000Z",
      status: "live",
    });
    expect(await status(token)).toBe(200);
    const list = await asAdmin("GET /admin/v1/credentials");
    expect(list.text).toContain(id);
    expect(list.text).not.toContain(token.slice(17));
    expect(list.text).not.toMatch(/"hash"|"token"/);
  });

  it("rotate without a gap, and are revoked at once", async () => {
    const old = await issue();
    expect(await status(old.token)).toBe(200);
    const fresh = await asAdmin(`POST /admin/v1/credentials/${old.id}/rotate`);
    expect([fresh.status, await status(old.token), await status(String(fresh.body["token"]))]).toEqual([201, 200, 200]);
    expect((await asAdmin(`POST /admin/v1/credentials/${old.id}/rotate`)).status).toBe(409);
    expect((await asAdmin(`DELETE /admin/v1/credentials/${old.id}/secrets/${old.secret}`)).status).toBe(204);
    expect([await status(old.token), await status(String(fresh.body["token"]))]).toEqual([401, 200]);
    expect((await asAdmin(`DELETE /admin/v1/credentials/${old.id}`)).status).toBe(204);
    expect(await status(String(fresh.body["token"]))).toBe(401);
  });

  it("have a rate of their own where one is set", async () => {
    const { token } = await issue({ requestsPerMinute: 2 });
    expect([await status(token), await status(token)]).toEqual([200, 200]);
    const limited = await ask(service, "GET /scim/v2/Users", { token });
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "30"]);
    expect(await status(service.token)).toBe(200);
  });

  it("have their use noted, behind the request's back", async () => {
    const { id, token } = await issue();
    await status(token);
    await new Promise(setImmediate);
    const list = await asAdmin("GET /admin/v1/credentials");
    const one = (list.body["credentials"] as { id: string; lastUsed?: string }[]).find((each) => each.id === id);
    expect(one!.lastUsed).toMatch(/Z$/);
  });

  it.each<[object, string]>([
    [{ name: "" }, "name"],
    [{ kind: "root" }, "kind"],
    [{ scopes: [] }, "scopes"],
    [{ scopes: ["everything"] }, "scopes"],
    [{ expiresAt: "2001-01-01T00:00:00Z" }, "expiresAt"],
    [{ expiresAt: "soon" }, "expiresAt"],
    [{ expiresAt: "2999-01-01T00:00:00Z" }, "expiresAt: “2999-01-01T00:00:00Z” must lie from 1684"],
    [{ expiresAt: "2255-06-06T00:00:00Z" }, "expiresAt"],
    [{ requestsPerMinute: 0 }, "requestsPerMinute"],
    [{ tenant: "No Tenant" }, "tenant"],
    [{ surplus: 1 }, "surplus"],
  ])("refuse %j", async (more, member) => {
    const reply = await issue(more);
    expect([reply.status, reply.body["scimType"]]).toEqual([400, "invalidValue"]);
    expect(reply.body["detail"]).toContain(member);
  });
});

describe("tenants", () => {
  it("are created, suspended and resumed by administrators of default", async () => {
    expect((await asAdmin("POST /admin/v1/tenants", { id: "acme", name: "Acme" })).status).toBe(201);
    expect((await asAdmin("POST /admin/v1/tenants", { id: "acme" })).status).toBe(409);
    expect((await asAdmin("POST /admin/v1/tenants", { id: "_system" })).status).toBe(400);
    const { token } = await issue({ tenant: "acme" });
    expect(await status(token)).toBe(200);
    expect((await asAdmin("POST /admin/v1/tenants/acme/suspend")).body["status"]).toBe("suspended");
    const closed = await ask(service, "GET /scim/v2/Users", { token });
    expect([closed.status, closed.body["detail"]]).toEqual([403, "The tenant of this credential is suspended."]);
    expect((await asAdmin("POST /admin/v1/tenants/acme/resume")).body["status"]).toBe("live");
    expect(await status(token)).toBe(200);
    expect((await asAdmin("POST /admin/v1/tenants/default/suspend")).status).toBe(409);
    expect((await asAdmin("POST /admin/v1/tenants/nobody/suspend")).status).toBe(404);
    expect((await asAdmin("GET /admin/v1/tenants")).body["tenants"]).toMatchObject([{ id: "default" }, { id: "acme" }]);
  });

  it("do not exist for another tenant's administrators, nor do their credentials", async () => {
    await service.tenants.create("acme", "Acme", systemContext);
    const { token } = await service.tenants.issue("acme", { name: "a", kind: "administrator" }, systemContext);
    const theirs = await issue();
    const refused = [
      ["GET /admin/v1/tenants", undefined, 403],
      ["POST /admin/v1/tenants", { id: "x" }, 403],
      ["POST /admin/v1/tenants/acme/suspend", undefined, 403],
      [`POST /admin/v1/credentials/${theirs.id}/rotate`, undefined, 404],
      [`DELETE /admin/v1/credentials/${theirs.id}`, undefined, 404],
      [`DELETE /admin/v1/credentials/${theirs.id}/secrets/${theirs.secret}`, undefined, 404],
      ["POST /admin/v1/credentials", { name: "x", kind: "auditor", tenant: "default" }, 404],
    ] as const;
    for (const [line, body, expected] of refused)
      expect([line, (await ask(service, line, { token, body })).status]).toEqual([line, expected]);
    const list = await ask(service, "GET /admin/v1/credentials", { token });
    expect(list.body["credentials"]).toMatchObject([{ tenant: "acme" }]);
    expect(
      (await ask(service, "POST /admin/v1/credentials", { token, body: { name: "x", kind: "auditor" } })).body[
        "tenant"
      ],
    ).toBe("acme");
  });
});

it("failed authentications of one address are 429 after the limit, while good tokens from there still work", async () => {
  const seen: number[] = [];
  for (let i = 0; i < 5; i++) seen.push(await status("scl_wrong"));
  expect(seen).toEqual([401, 401, 401, 429, 429]);
  const limited = await ask(service, "GET /scim/v2/Users", { token: "scl_wrong" });
  expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await status(service.token)).toBe(200);
});
