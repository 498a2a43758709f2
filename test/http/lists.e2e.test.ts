// Lists as clients ask for them, on the whole service: by GET and by POST, of one type and of all, by index and by cursor.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { createLogger } from "../../src/http/log.ts";
import { type Running, serve } from "../../src/main.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { readSettings } from "../../src/settings/read-settings.ts";

const ADMIN = "an-administrator-for-the-lists-0123456789";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

const folder = mkdtempSync(join(tmpdir(), "scim-ledger-lists-"));
let running: Running;
let tokens: { provisioning: string; auditor: string; other: string };
const users: string[] = [];
const groups: string[] = [];

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: JsonObject & { Resources?: JsonObject[]; nextCursor?: string; totalResults?: number };
}

async function ask(line: string, { token = ADMIN, body }: { token?: string; body?: unknown } = {}): Promise<Reply> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(running.url + path, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/scim+json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}
const query = (parameters: Record<string, string>) => new URLSearchParams(parameters).toString();
const search = (path: string, body: JsonObject, token = ADMIN) =>
  ask(`POST ${path}/.search`, { body: { schemas: [SEARCH], ...body }, token });
const idsOf = ({ body }: Reply): string[] => body.Resources!.map(({ id }) => String(id));
const error = (scimType: string) => ({ status: 400, body: { scimType, status: "400" } });

async function start(port = "0"): Promise<void> {
  const read = readSettings({
    PORT: port,
    SCIM_LEDGER_DATA: folder,
    SCIM_LEDGER_ADMIN_TOKEN: ADMIN,
    SCIM_LEDGER_MAX_PAGE_SIZE: "50",
    SCIM_LEDGER_PAGE_SIZE: "10",
  });
  if ("problems" in read) throw new Error(read.problems.join());
  running = await serve(read.settings, { log: createLogger("silent") });
}

beforeAll(async () => {
  await start();
  const issue = async (tenant: string, kind: string) =>
    String((await ask("POST /admin/v1/credentials", { body: { tenant, name: kind, kind } })).body["token"]);
  await ask("POST /admin/v1/tenants", { body: { id: "other" } });
  tokens = {
    provisioning: await issue("default", "provisioning"),
    auditor: await issue("default", "auditor"),
    other: await issue("other", "provisioning"),
  };
  for (let index = 0; index < 25; index++) {
    const body = { schemas: [USER], userName: `user ${String(index).padStart(2, "0")}`, active: index % 2 === 0 };
    users.push(String((await ask("POST /scim/v2/Users", { body })).body["id"]));
  }
  for (const displayName of ["Alpha", "Beta"]) {
    const members = users.slice(0, 3).map((value) => ({ value }));
    const { body } = await ask("POST /scim/v2/Groups", { body: { schemas: [GROUP], displayName, members } });
    groups.push(String(body["id"]));
  }
});
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("POST to /.search", () => {
  it("takes a request that is as long as a search can be, and no longer: of the past it would be written down", async () => {
    const attributes = Array.from({ length: 20_000 }, (_, index) => `attribute${index}`);
    for (const path of ["/scim/v2", "/scim/v2/Users", "/scim/v2/Groups"])
      expect(await search(path, { attributes })).toMatchObject({ status: 413, body: { status: "413" } });
    expect((await search("/scim/v2/Users", { attributes: attributes.slice(0, 1_000) })).status).toBe(200);
  });

  it.each<[string, JsonObject]>([
    ["/scim/v2/Users", { filter: "active eq true", count: 3, startIndex: 2 }],
    ["/scim/v2/Users", { sortBy: "userName", sortOrder: "descending", attributes: ["userName"], count: 4 }],
    ["/scim/v2/Groups", { excludedAttributes: ["members"] }],
    ["/scim/v2", { filter: 'meta.resourceType eq "Group" or userName sw "user 1"', count: 50 }],
    ["/scim/v2/Users", { count: -1 }],
    ["/scim/v2/Users", { filter: "color eq 1" }],
    ["/scim/v2/Users", { sortBy: "color" }],
    ["/scim/v2/Users", { attributes: ["userName"], excludedAttributes: ["active"] }],
  ])("of %s with %j answers what the GET does", async (path, body) => {
    const parameters = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
    const [posted, got] = [await search(path, body), await ask(`GET ${path}?${query(parameters)}`)];
    expect([posted.status, posted.body]).toEqual([got.status, got.body]);
  });

  it("needs the scope of a read, and is none of a write", async () => {
    expect((await search("/scim/v2/Users", {}, tokens.auditor)).status).toBe(200);
    expect((await search("/scim/v2", {}, tokens.auditor)).status).toBe(200);
  });

  it("is refused without the message's schema, and by every other method", async () => {
    expect(await ask("POST /scim/v2/Users/.search", { body: { filter: "id pr" } })).toMatchObject(
      error("invalidSyntax"),
    );
    for (const path of ["/scim/v2/.search", "/scim/v2/Users/.search", "/scim/v2/Groups/.search"])
      for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
        const { status, headers } = await ask(`${method} ${path}`, method === "GET" ? {} : { body: {} });
        expect([method, path, status, headers.get("allow")]).toEqual([method, path, 405, "POST"]);
      }
  });

  it("reads the past under inspection, with asOf in its URL", async () => {
    const asOf = encodeURIComponent(new Date().toISOString());
    const body = { schemas: [SEARCH], filter: 'userName eq "user 07"' };
    const past = await ask(`POST /scim/v2/Users/.search?asOf=${asOf}`, { body, token: tokens.auditor });
    expect([past.status, idsOf(past)]).toEqual([200, [users[7]]]);
    expect(past.headers.get("scim-ledger-position")).toMatch(/^\d{16}$/);
    const refused = await ask(`POST /scim/v2/Users/.search?asOf=${asOf}`, { body, token: tokens.provisioning });
    expect(refused.status).toBe(403);
  });
});

describe("a query at the root", () => {
  it("is one list of all types, in the order of creation", async () => {
    for (const path of ["/scim/v2", "/scim/v2/"]) {
      const all = await ask(`GET ${path}?count=50`);
      expect([all.body.totalResults, idsOf(all)]).toEqual([27, [...users, ...groups]]);
    }
  });

  it("is filtered by type, and by attributes that not every type has", async () => {
    const found = async (filter: string) => idsOf(await ask(`GET /scim/v2?${query({ filter, count: "50" })}`));
    expect(await found('meta.resourceType eq "Group"')).toEqual(groups);
    expect(await found('userName eq "user 03" or displayName eq "beta"')).toEqual([users[3], groups[1]]);
    expect(await found("not (userName pr)")).toEqual(groups);
    expect(await found(`members.value eq "${users[0]}"`)).toEqual(groups);
    expect(await found("userName ne null and active eq false")).toEqual(users.filter((_, index) => index % 2 === 1));
    expect(await ask(`GET /scim/v2?${query({ filter: 'color eq "red"' })}`)).toMatchObject(error("invalidFilter"));
    expect(await ask(`GET /scim/v2?${query({ sortBy: "color" })}`)).toMatchObject(error("invalidPath"));
  });

  it("is sorted across types: those without the attribute last, or first when descending", async () => {
    const sorted = (sortOrder: string) =>
      ask(`GET /scim/v2?${query({ sortBy: "displayName", sortOrder, attributes: "displayName", count: "50" })}`);
    expect(idsOf(await sorted("ascending"))).toEqual([...groups, ...users]);
    expect(idsOf(await sorted("descending"))).toEqual([...users, ...groups.toReversed()]);
  });

  it("shows each resource as its own endpoint does", async () => {
    for (const one of (await ask("GET /scim/v2?count=50")).body.Resources!) {
      const { location } = one["meta"] as { location: string };
      expect((await ask(`GET ${new URL(location).pathname}`)).body).toEqual(one);
    }
  });
});

describe("a filter on one resource", () => {
  it("answers a list of it, or of nothing", async () => {
    const one = (filter: string) => ask(`GET /scim/v2/Users/${users[4]}?${query({ filter, attributes: "userName" })}`);
    expect((await one("active eq true")).body).toEqual({
      schemas: [LIST],
      totalResults: 1,
      startIndex: 1,
      itemsPerPage: 1,
      Resources: [{ schemas: [USER], id: users[4], userName: "user 04" }],
    });
    expect((await one("active eq false")).body).toMatchObject({ totalResults: 0, Resources: [] });
    expect(await one("active gt false")).toMatchObject(error("invalidFilter"));
    const member = query({ filter: `members eq "${users[1]}"`, excludedAttributes: "members" });
    expect((await ask(`GET /scim/v2/Groups/${groups[0]}?${member}`)).body.totalResults).toBe(1);
  });

  it("finds nothing where the resource is not", async () => {
    const filter = query({ filter: "id pr" });
    for (const path of [`Users/${groups[0]}`, "Users/nobody", `Groups/${users[0]}`])
      expect((await ask(`GET /scim/v2/${path}?${filter}`)).status).toBe(404);
    expect((await ask(`GET /scim/v2/Users/${users[0]}?${filter}`, { token: tokens.other })).status).toBe(404);
  });
});

describe("a walk by cursor", () => {
  const walk = async (
    path: string,
    parameters: Record<string, string>,
    between: () => Promise<unknown> = async () => 0,
  ) => {
    const pages: Reply[] = [];
    for (let cursor = ""; ; ) {
      const page = await ask(`GET ${path}?${query({ ...parameters, cursor })}`, { token: tokens.provisioning });
      expect([page.status, page.body]).toMatchObject([200, { schemas: [LIST] }]);
      pages.push(page);
      if (page.body.nextCursor === undefined) return pages;
      expect(page.body.nextCursor).toMatch(/^[A-Za-z0-9\-._~]+$/);
      cursor = page.body.nextCursor;
      await between();
    }
  };

  it("is the list as it was at the first page, in any order, while others write", async () => {
    let written = 0;
    const write = async () => {
      const body = { schemas: [USER], userName: `late ${written++}`, active: true };
      const { body: late } = await ask("POST /scim/v2/Users", { body });
      const Operations = [{ op: "replace", value: { userName: `zz ${written}`, active: false } }];
      const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
      await ask(`PATCH /scim/v2/Users/${users[(written * 7) % 25]}`, { body: { schemas, Operations } });
      await ask(`DELETE /scim/v2/Users/${late["id"]}`);
    };
    for (const parameters of [
      {},
      { sortBy: "userName" },
      { sortBy: "userName", sortOrder: "descending" },
      { sortBy: "meta.lastModified", sortOrder: "descending" },
      { filter: "active eq true", sortBy: "active" },
      { filter: 'userName sw "user"' },
    ]) {
      const whole = await ask(`GET /scim/v2/Users?${query({ ...parameters, count: "50" })}`);
      const pages = await walk("/scim/v2/Users", { ...parameters, count: "4" }, write);
      expect(pages.flatMap(idsOf)).toEqual(idsOf(whole));
      expect(new Set(pages.map(({ body }) => body.totalResults))).toEqual(new Set([whole.body.totalResults]));
      expect(
        pages.every(({ body }) => !("startIndex" in body) && body["itemsPerPage"] === body.Resources!.length),
      ).toBe(true);
    }
  });

  it("goes over all types, and by POST as by GET", async () => {
    const all = (await walk("/scim/v2", { count: "7" })).flatMap(idsOf);
    expect(all).toEqual([...users, ...groups]);
    const first = await search("/scim/v2", { cursor: "", count: 20 });
    const rest = await ask(`GET /scim/v2?${query({ cursor: first.body.nextCursor!, count: "20" })}`);
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(all);
  });

  it("has the members of its groups as they were too", async () => {
    const first = await ask("GET /scim/v2/Groups?cursor&count=1");
    const group = (await ask(`GET /scim/v2/Groups/${groups[1]}`)).body;
    const Operations = [{ op: "remove", path: "members" }];
    const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    await ask(`PATCH /scim/v2/Groups/${groups[1]}`, { body: { schemas, Operations } });
    const second = await ask(`GET /scim/v2/Groups?${query({ cursor: first.body.nextCursor!, count: "1" })}`);
    expect(second.body.Resources).toEqual([group]);
  });

  it("counts alone with count=0 or below, and is asked for with cursor or cursor=", async () => {
    for (const parameters of ["cursor&count=0", "cursor=&count=-3"]) {
      const { body } = await ask(`GET /scim/v2/Groups?${parameters}`);
      expect(body).toEqual({ schemas: [LIST], totalResults: 2, itemsPerPage: 0, Resources: [] });
    }
  });

  it("goes on after the service was started again", async () => {
    const first = await ask("GET /scim/v2/Users?cursor&count=20");
    await running.close();
    await start();
    const rest = await ask(`GET /scim/v2/Users?${query({ cursor: first.body.nextCursor!, count: "20" })}`);
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(users);
  });

  it("is 503 while the read models are built anew, never expired, and then goes on", async () => {
    const first = await ask("GET /scim/v2/Users?cursor&count=20");
    const line = `GET /scim/v2/Users?${query({ cursor: first.body.nextCursor!, count: "20" })}`;
    const { port } = new URL(running.url);
    await running.close();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(folder, `views.db${suffix}`), { force: true });
    const meanwhile: number[] = [];
    let isStarting = true;
    const started = start(port).finally(() => {
      isStarting = false;
    });
    while (isStarting) {
      // Nobody listens at first.
      const reply = await ask(line).catch(() => undefined);
      if (reply !== undefined) meanwhile.push(reply.status);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await started;
    expect(meanwhile).toContain(503);
    expect(meanwhile.filter((status) => status !== 503 && status !== 200)).toEqual([]);
    expect([...idsOf(first), ...idsOf(await ask(line))]).toEqual(users);
  });

  it("of the past is a reading of audit data on each page, one of the present on none", async () => {
    const asOf = new Date().toISOString();
    const first = await ask(`GET /scim/v2/Users?${query({ cursor: "", count: "20", asOf })}`, {
      token: tokens.auditor,
    });
    const cursor = first.body.nextCursor!;
    const rest = await ask(`GET /scim/v2/Users?${query({ cursor, count: "20", asOf })}`, { token: tokens.auditor });
    expect([...idsOf(first), ...idsOf(rest)]).toEqual(users);
    expect(rest.headers.get("scim-ledger-position")).toBe(first.headers.get("scim-ledger-position"));
    expect(
      (await ask(`GET /scim/v2/Users?${query({ cursor, count: "20", asOf })}`, { token: tokens.provisioning })).status,
    ).toBe(403);
    expect(await ask(`GET /scim/v2/Users?${query({ cursor, count: "20" })}`)).toMatchObject(error("invalidCursor"));
  });

  it("is refused with another query, another tenant's token, another count, or an index", async () => {
    const filter = "active pr";
    const first = await ask(`GET /scim/v2/Users?${query({ cursor: "", filter, count: "5" })}`);
    const cursor = first.body.nextCursor!;
    const next = (path: string, more: Record<string, string>, token = ADMIN) =>
      ask(`GET ${path}?${query({ cursor, filter, count: "5", ...more })}`, { token });
    expect((await next("/scim/v2/Users", {})).status).toBe(200);
    for (const more of [
      { filter: "active  pr" },
      { sortBy: "userName" },
      { sortOrder: "descending" },
      { attributes: "userName" },
      { excludedAttributes: "userName" },
    ])
      expect(await next("/scim/v2/Users", more as Record<string, string>)).toMatchObject(error("invalidCursor"));
    expect(await next("/scim/v2/Groups", { filter: "id pr" })).toMatchObject(error("invalidCursor"));
    expect(await next("/scim/v2", {})).toMatchObject(error("invalidCursor"));
    expect(await next("/scim/v2/Users", {}, tokens.other)).toMatchObject(error("invalidCursor"));
    for (const count of ["6", "10", "51", "x"])
      expect(await next("/scim/v2/Users", { count })).toMatchObject(error("invalidCount"));
    expect(await ask("GET /scim/v2/Users?cursor&count=51")).toMatchObject(error("invalidCount"));
    expect(await next("/scim/v2/Users", { startIndex: "6" })).toMatchObject(error("invalidValue"));
    expect((await next("/scim/v2/Users", { startIndex: "1" })).status).toBe(200);
  });

  it("never fails for what somebody sends as a cursor", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: "binary", minLength: 1, maxLength: 400 }),
          fc.base64String({ minLength: 4, maxLength: 300 }),
        ),
        async (cursor) => {
          const wellFormed = cursor.toWellFormed();
          const reply = await ask(`GET /scim/v2/Users?${query({ cursor: wellFormed })}`);
          expect(reply).toMatchObject(error("invalidCursor"));
          expect(await search("/scim/v2", { cursor: wellFormed })).toMatchObject(error("invalidCursor"));
        },
      ),
      { numRuns: 100 },
    ));

  it("is what the service says of itself", async () => {
    expect((await ask("GET /scim/v2/ServiceProviderConfig")).body["pagination"]).toEqual({
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: 10,
      maxPageSize: 50,
      cursorTimeout: 3_600,
    });
    expect((await ask("GET /scim/v2/Users")).body).toMatchObject({ startIndex: 1, itemsPerPage: 10 });
  });
});
