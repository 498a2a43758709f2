// Every resource route under every condition (RFC 9110 §13, RFC 7644 §3.14).
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ask, type Reply, startService, type TestService } from "./fakes.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const MEMBERSHIP = "urn:ietf:params:scim:schemas:core:2.0:GroupMembership";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057";

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

let names = 0;
/** Fresh resources, each with what changes it and its present tag. */
let subjects: Readonly<Record<string, { path: string; missing: string; tag: string; put?: object; patch?: object }>>;
beforeEach(async () => {
  const create = async (path: string, body: object) => ask(service, `POST /scim/v2/${path}`, { body });
  const user = await create("Users", { schemas: [USER], userName: `user${names++}` });
  const group = await create("Groups", { schemas: [GROUP], displayName: "Team" });
  const [member, team] = [user.body["id"], group.body["id"]];
  const membership = await create("GroupMemberships", {
    schemas: [MEMBERSHIP],
    group: { value: team },
    member: { value: member },
  });
  const patch = (path: string) => ({ schemas: [PATCH], Operations: [{ op: "replace", path, value: "New" }] });
  subjects = {
    User: {
      path: `/scim/v2/Users/${member}`,
      missing: `/scim/v2/Users/${NOBODY}`,
      tag: 'W/"0"',
      put: { schemas: [USER], userName: `other${names++}` },
      patch: patch("title"),
    },
    Group: {
      path: `/scim/v2/Groups/${team}`,
      missing: `/scim/v2/Groups/${NOBODY}`,
      tag: 'W/"1"',
      put: { schemas: [GROUP], displayName: "Other" },
      patch: patch("displayName"),
    },
    GroupMembership: {
      path: `/scim/v2/GroupMemberships/${membership.body["id"]}`,
      missing: `/scim/v2/GroupMemberships/${NOBODY}_${NOBODY}`,
      tag: 'W/"1"',
    },
  };
});

/** TAG stands for the present tag. */
type Row = readonly [match: string | undefined, noneMatch: string | undefined, read: number, write: number];
const rows: readonly Row[] = [
  [undefined, undefined, 200, 200],
  ["TAG", undefined, 200, 200],
  ["STRONG", undefined, 200, 200],
  ["*", undefined, 200, 200],
  ['W/"77", TAG', undefined, 200, 200],
  ['W/"77"', undefined, 412, 412],
  ["", undefined, 412, 412],
  ["0", undefined, 400, 400],
  ['W/"77", nonsense', undefined, 400, 400],
  [undefined, "TAG", 304, 412],
  [undefined, "STRONG", 304, 412],
  [undefined, "*", 304, 412],
  [undefined, 'W/"77", TAG', 304, 412],
  [undefined, 'W/"77"', 200, 200],
  [undefined, "", 200, 200],
  [undefined, "0", 200, 400],
  ["TAG", "TAG", 304, 412],
  ["TAG", 'W/"77"', 200, 200],
  ['W/"77"', "TAG", 412, 412],
  ['W/"77"', "*", 412, 412],
];

const headersFor = (tag: string, match: string | undefined, noneMatch: string | undefined) => {
  const filled = (text: string) => text.replace("TAG", tag).replace("STRONG", tag.slice(2));
  return {
    ...(match === undefined ? {} : { "If-Match": filled(match) }),
    ...(noneMatch === undefined ? {} : { "If-None-Match": filled(noneMatch) }),
  };
};

const types = ["User", "Group", "GroupMembership"] as const;

describe.each(rows)("If-Match: %s, If-None-Match: %s", (match, noneMatch, read, write) => {
  it.each(types)(`reads a %s with ${read}, with its tag on all but refusals`, async (type) => {
    const { path, tag } = subjects[type]!;
    const headers = headersFor(tag, match, noneMatch);
    for (const method of ["GET", "HEAD"]) {
      const reply = await ask(service, `${method} ${path}`, { headers });
      expect([method, reply.status]).toEqual([method, read]);
      if (read < 400) expect(reply.headers.get("etag")).toBe(tag);
      if (read === 304 || method === "HEAD") expect(reply.text).toBe("");
    }
  });

  it.each(types)(`writes a %s with ${write}, and changes nothing with a refusal`, async (type) => {
    const { path, tag, put, patch } = subjects[type]!;
    const before = await ask(service, `GET ${path}`);
    const headers = headersFor(tag, match, noneMatch);
    const written: Reply[] = [];
    for (const [method, body] of [
      ["PUT", put],
      ["PATCH", patch],
      ["DELETE", undefined],
    ] as const) {
      if (method !== "DELETE" && body === undefined) continue;
      // Each on the resource as it was: a write that went through has moved the tag.
      if (written.some(({ status }) => status < 300)) break;
      written.push(await ask(service, `${method} ${path}`, { headers, body }));
    }
    for (const { status } of written) expect(status < 300 ? 200 : status).toBe(write);
    if (write !== 200) expect((await ask(service, `GET ${path}`)).text).toBe(before.text);
  });

  it.each(types)("finds no %s where there is none", async (type) => {
    const { missing, put, patch } = subjects[type]!;
    const headers = headersFor('W/"0"', match, noneMatch);
    const isMalformed = write === 400;
    for (const [method, body] of [
      ["GET", undefined],
      ["PUT", put],
      ["PATCH", patch],
      ["DELETE", undefined],
    ] as const) {
      if ((method === "PUT" || method === "PATCH") && body === undefined) continue;
      const { status } = await ask(service, `${method} ${missing}`, { headers, body });
      expect([method, status]).toEqual([method, method !== "GET" && isMalformed ? 400 : 404]);
    }
  });
});

it("a request that is wrong in itself is told so, whatever its conditions (RFC 9110 §13.2.1)", async () => {
  const { path } = subjects["User"]!;
  const headers = { "If-Match": 'W/"77"', "If-None-Match": "*" };
  const both = await ask(service, `GET ${path}?attributes=title&excludedAttributes=meta`, { headers });
  expect([both.status, both.body["scimType"]]).toEqual([400, "invalidValue"]);
  expect((await ask(service, `PUT ${path}`, { headers, body: {} })).status).toBe(400);
});

it("times are no conditions, as no answer has a Last-Modified", async () => {
  const { path, put } = subjects["User"]!;
  const headers = {
    "If-Modified-Since": new Date(Date.now() + 86_400_000).toUTCString(),
    "If-Unmodified-Since": new Date(0).toUTCString(),
  };
  const read = await ask(service, `GET ${path}`, { headers });
  expect([read.status, read.headers.get("last-modified")]).toEqual([200, null]);
  expect((await ask(service, `PUT ${path}`, { headers, body: put })).status).toBe(200);
});

it("a change that changes nothing is refused too where the version is another", async () => {
  const { path } = subjects["Group"]!;
  const body = { schemas: [PATCH], Operations: [{ op: "replace", path: "displayName", value: "Team" }] };
  expect((await ask(service, `PATCH ${path}`, { body, headers: { "If-Match": 'W/"0"' } })).status).toBe(412);
  expect((await ask(service, `PATCH ${path}`, { body, headers: { "If-Match": 'W/"1"' } })).status).toBe(204);
});
