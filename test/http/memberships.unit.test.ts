import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ask, startService, systemContext, type TestService } from "./fakes.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const MEMBERSHIP = "urn:ietf:params:scim:schemas:core:2.0:GroupMembership";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057";
const PATH = "/scim/v2/GroupMemberships";

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

let names = 0;
const makeUser = async (more: object = {}) =>
  String(
    (await ask(service, "POST /scim/v2/Users", { body: { schemas: [USER], userName: `u${names++}`, ...more } })).body[
      "id"
    ],
  );
const makeGroup = async (displayName: string, ids: readonly string[] = []) =>
  String(
    (
      await ask(service, "POST /scim/v2/Groups", {
        body: { schemas: [GROUP], displayName, members: ids.map((value) => ({ value })) },
      })
    ).body["id"],
  );
const membership = (group: unknown, member: unknown, more: object = {}) => ({
  schemas: [MEMBERSHIP],
  group: { value: group },
  member: { value: member },
  ...more,
});
const find = (filter: string, more = "") => ask(service, `GET ${PATH}?filter=${encodeURIComponent(filter)}${more}`);

let ada: string;
let bob: string;
let team: string;
beforeEach(async () => {
  [ada, bob] = [await makeUser({ displayName: "Ada" }), await makeUser()];
  team = await makeGroup("Team", [bob]);
});

describe("a membership", () => {
  it("is created, found at its Location, shown by group and member alike, and deleted", async () => {
    const made = await ask(service, `POST ${PATH}`, { body: membership(team, ada) });
    const base = `${service.url}/scim/v2`;
    const location = `${base}/GroupMemberships/${team}_${ada}`;
    expect([made.status, made.headers.get("location"), made.headers.get("etag")]).toEqual([201, location, 'W/"2"']);
    const began = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(made.body).toEqual({
      schemas: [MEMBERSHIP],
      id: `${team}_${ada}`,
      group: { value: team, $ref: `${base}/Groups/${team}`, display: "Team" },
      member: { value: ada, $ref: `${base}/Users/${ada}`, type: "User", display: "Ada" },
      meta: { resourceType: "GroupMembership", created: began, lastModified: began, location, version: 'W/"2"' },
    });
    expect((await fetch(location, { headers: { Authorization: `Bearer ${service.token}` } })).status).toBe(200);
    const read = await ask(service, `GET ${PATH}/${team}_${ada}`);
    expect([read.status, read.text, read.headers.get("etag")]).toEqual([200, made.text, 'W/"2"']);
    const group = await ask(service, `GET /scim/v2/Groups/${team}`);
    expect(group.body["members"]).toMatchObject([{ value: ada }, { value: bob }]);
    expect((group.body["meta"] as { lastModified: string }).lastModified).toBe(
      (made.body["meta"] as { created: string }).created,
    );
    expect((await ask(service, `GET /scim/v2/Users/${ada}`)).body["groups"]).toMatchObject([{ value: team }]);
    const deleted = await ask(service, `DELETE ${PATH}/${team}_${ada}`);
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    for (const method of ["GET", "HEAD", "DELETE"])
      expect((await ask(service, `${method} ${PATH}/${team}_${ada}`)).status).toBe(404);
    expect((await ask(service, `GET /scim/v2/Groups/${team}`)).body["members"]).toMatchObject([{ value: bob }]);
  });

  it("is made and ended without a look at the members of its group", async () => {
    service.world.asked.length = 0;
    await ask(service, `POST ${PATH}`, { body: membership(team, ada) });
    await ask(service, `DELETE ${PATH}/${team}_${ada}`);
    expect(service.world.asked).toEqual(["membership", "membership"]);
  });

  it("of a group in a group says so", async () => {
    const inner = await makeGroup("Inner");
    const made = await ask(service, `POST ${PATH}`, { body: membership(team, inner) });
    expect(made.body["member"]).toEqual({
      value: inner,
      $ref: `${service.url}/scim/v2/Groups/${inner}`,
      type: "Group",
      display: "Inner",
    });
  });

  it("takes back what it shows: what is read-only in a body is passed over", async () => {
    const made = await ask(service, `POST ${PATH}`, { body: membership(team, ada) });
    await ask(service, `DELETE ${PATH}/${made.body["id"]}`);
    const again = await ask(service, `POST ${PATH}`, {
      body: { ...made.body, member: { value: ada, type: "Group", display: "x" } },
    });
    expect([again.status, again.body["member"]]).toEqual([201, made.body["member"]]);
    // A tag of the first one is no tag of the second.
    expect(again.headers.get("etag")).not.toBe(made.headers.get("etag"));
  });

  it("shows the attributes that were asked for", async () => {
    const made = await ask(service, `POST ${PATH}?attributes=member.value`, { body: membership(team, ada) });
    expect(made.body).toEqual({ schemas: [MEMBERSHIP], id: `${team}_${ada}`, member: { value: ada } });
    const read = await ask(service, `GET ${PATH}/${team}_${ada}?excludedAttributes=meta,group,member.display`);
    expect(read.body).toEqual({
      schemas: [MEMBERSHIP],
      id: `${team}_${ada}`,
      member: { value: ada, $ref: `${service.url}/scim/v2/Users/${ada}`, type: "User" },
    });
    const both = await ask(service, `GET ${PATH}/${team}_${ada}?attributes=group&excludedAttributes=meta`);
    expect([both.status, both.body["scimType"]]).toEqual([400, "invalidValue"]);
  });

  it("is taken from a client that sends its two ids plainly, and is lenient about", async () => {
    const body = { schemas: [MEMBERSHIP], group: team, member: ada };
    const made = await ask(service, `POST ${PATH}`, { body });
    expect([made.status, made.body["id"]]).toEqual([201, `${team}_${ada}`]);
    expect(service.world.contexts.at(-1)).toMatchObject({ rules: ["value-string"] });
  });

  it("has an id of unreserved characters (RFC 3986 §2.3)", async () => {
    const made = await ask(service, `POST ${PATH}`, { body: membership(team, ada) });
    expect(made.body["id"]).toMatch(/^[A-Za-z0-9._~-]+$/);
  });

  it("that stands already is 409 uniqueness", async () => {
    const twin = await ask(service, `POST ${PATH}`, { body: membership(team, bob) });
    expect([twin.status, twin.body["scimType"]]).toEqual([409, "uniqueness"]);
  });

  it("of unknown, foreign and impossible ids is 400 invalidValue, in the same words", async () => {
    if (service.directory.tenant("other") === undefined) await service.tenants.create("other", "Other", systemContext);
    const { token } = await service.tenants.issue("other", { name: "x", kind: "provisioning" }, systemContext);
    const own = { body: membership(team, NOBODY) };
    const words = (await ask(service, `POST ${PATH}`, own)).body["detail"];
    expect(words).toBe(`member.value: there is no User or Group with id “${NOBODY}”`);
    const foreignGroup = await ask(service, `POST ${PATH}`, { token, body: membership(team, ada) });
    expect([foreignGroup.status, foreignGroup.body["scimType"], foreignGroup.body["detail"]]).toEqual([
      400,
      "invalidValue",
      `group.value: there is no Group with id “${team}”`,
    ]);
    for (const [group, member] of [
      [team, NOBODY],
      [NOBODY, ada],
      [team, team],
      [ada, bob],
      ["__proto__", ada],
      [team, "../Users"],
    ]) {
      const reply = await ask(service, `POST ${PATH}`, { body: membership(group, member) });
      expect([group, member, reply.status, reply.body["scimType"]]).toEqual([group, member, 400, "invalidValue"]);
    }
  });

  it.each<[string, (group: string, member: string) => unknown, string]>([
    ["no group", (_, member) => ({ schemas: [MEMBERSHIP], member: { value: member } }), "invalidValue"],
    ["no member", (group) => ({ schemas: [MEMBERSHIP], group: { value: group } }), "invalidValue"],
    ["a group without a value", (_, member) => ({ ...membership("", member), group: {} }), "invalidValue"],
    ["a number for an id", (_, member) => membership(7, member), "invalidValue"],
    ["the schema of a Group", (group, member) => ({ ...membership(group, member), schemas: [GROUP] }), "invalidSyntax"],
    ["an externalId", (group, member) => membership(group, member, { externalId: "x" }), "invalidValue"],
    ["an attribute of nobody", (group, member) => membership(group, member, { until: "2030" }), "invalidSyntax"],
    ["an array", () => [], "invalidSyntax"],
  ])("with %s is refused", async (_, body, scimType) => {
    const strict = await service.tenants.issue(
      "default",
      { name: "strict", kind: "provisioning", profile: "rfc" },
      systemContext,
    );
    const reply = await ask(service, `POST ${PATH}`, { token: strict.token, body: body(team, ada) });
    expect([reply.status, reply.body["scimType"]]).toEqual([400, scimType]);
    expect((await find(`group.value eq "${team}"`)).body["totalResults"]).toBe(1);
  });

  it.each<[string, unknown]>([
    ["an object without a text", { toString: 1, valueOf: 1 }],
    ["a list of such", [[{ toString: null }]]],
    ["a number", 5],
    ["null", null],
  ])(
    "whose ids are %s is refused in its place of a Bulk request, and keeps no other from being carried out",
    async (_, id) => {
      const Operations = [
        { method: "POST", bulkId: "a", path: "/GroupMemberships", data: membership(id, ada) },
        {
          method: "POST",
          bulkId: "b",
          path: "/GroupMemberships",
          data: { schemas: [MEMBERSHIP], group: id, member: id },
        },
        { method: "POST", bulkId: "c", path: "/GroupMemberships", data: membership(team, ada) },
      ];
      const body = { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], Operations };
      const reply = await ask(service, "POST /scim/v2/Bulk", { body });
      expect(reply.status).toBe(200);
      const answers = reply.body["Operations"] as { status: string }[];
      expect(answers.map(({ status }) => status)).toEqual(["400", "400", "201"]);
    },
  );

  it("is refused without repeating an id of any length", async () => {
    const long = "x".repeat(100_000);
    const replies = [
      await ask(service, `POST ${PATH}`, { body: membership(long, ada) }),
      await ask(service, `POST ${PATH}`, { body: membership(team, long) }),
      await ask(service, "POST /scim/v2/Groups", {
        body: { schemas: [GROUP], displayName: "g", members: [{ value: long }] },
      }),
    ];
    for (const { status, body } of replies) {
      expect([status, body["scimType"]]).toEqual([400, "invalidValue"]);
      expect(String(body["detail"]).length).toBeLessThan(200);
    }
  });

  it("never changes: PUT and PATCH are 405", async () => {
    for (const method of ["PUT", "PATCH"]) {
      const reply = await ask(service, `${method} ${PATH}/${team}_${bob}`, { body: membership(team, bob) });
      expect([reply.status, reply.headers.get("allow")]).toEqual([405, "DELETE, GET, HEAD"]);
    }
  });

  it.each([
    "x",
    "__proto__",
    `${NOBODY}_${NOBODY}`,
    `${NOBODY}_`,
    `_${NOBODY}`,
    NOBODY,
    `${NOBODY}_${NOBODY}_x`,
    `${NOBODY}.${NOBODY}`,
  ])("with the id %s is not found", async (id) => {
    for (const method of ["GET", "DELETE"]) {
      const reply = await ask(service, `${method} ${PATH}/${id}`);
      expect([reply.status, reply.body["detail"]]).toEqual([404, `There is no GroupMembership with id “${id}”.`]);
    }
  });

  it("of another tenant is not found, and is left alone", async () => {
    if (service.directory.tenant("other") === undefined) await service.tenants.create("other", "Other", systemContext);
    const { token } = await service.tenants.issue("other", { name: "x", kind: "provisioning" }, systemContext);
    for (const method of ["GET", "DELETE"])
      expect((await ask(service, `${method} ${PATH}/${team}_${bob}`, { token })).status).toBe(404);
    expect((await ask(service, `GET ${PATH}`, { token })).body["totalResults"]).toBe(0);
    expect((await ask(service, `GET ${PATH}/${team}_${bob}`)).status).toBe(200);
  });

  it("needs the scope of what is done, and refused writes are kept as attempts", async () => {
    const { auditor: token } = service;
    expect((await ask(service, `POST ${PATH}`, { token, body: membership(team, ada) })).status).toBe(403);
    expect((await ask(service, `DELETE ${PATH}/${team}_${bob}`, { token })).status).toBe(403);
    await service.attempts.close();
    const kept = service.recorder.recorded
      .map(({ event }) => event as { type: string; data: object })
      .filter(({ type }) => type === "AttemptRejected")
      .map(({ data }) => data);
    expect(kept).toContainEqual({
      method: "DELETE",
      resourceType: "GroupMembership",
      resource: `${team}_${bob}`,
      status: 403,
    });
    expect(kept).toContainEqual({ method: "POST", resourceType: "GroupMembership", status: 403 });
  });

  it("is deleted on a condition only while it is the one that was meant", async () => {
    const made = await ask(service, `POST ${PATH}`, { body: membership(team, ada) });
    const tag = made.headers.get("etag") as string;
    const path = `${PATH}/${made.body["id"]}`;
    // The group changes; the membership is the same.
    const renamed = { schemas: [PATCH], Operations: [{ op: "replace", path: "displayName", value: "New" }] };
    await ask(service, `PATCH /scim/v2/Groups/${team}`, { body: renamed });
    for (const headers of [{ "If-Match": 'W/"99"' }, { "If-None-Match": "*" }, { "If-None-Match": tag }])
      expect((await ask(service, `DELETE ${path}`, { headers: headers as Record<string, string> })).status).toBe(412);
    const malformed = await ask(service, `DELETE ${path}`, { headers: { "If-Match": "2" } });
    expect([malformed.status, malformed.body["scimType"]]).toEqual([400, "invalidValue"]);
    expect((await ask(service, `DELETE ${path}`, { headers: { "If-Match": tag } })).status).toBe(204);
    expect((await ask(service, `DELETE ${path}`, { headers: { "If-Match": tag } })).status).toBe(404);
    await ask(service, `POST ${PATH}`, { body: membership(team, ada) });
    expect((await ask(service, `DELETE ${path}`, { headers: { "If-Match": tag } })).status).toBe(412);
    expect((await ask(service, `GET ${path}`, { headers: { "If-None-Match": tag } })).status).toBe(200);
  });
});

describe("a list of memberships", () => {
  it("is of a group, of a member, of both, or of all, in pages", async () => {
    const other = await makeGroup("Other", [bob]);
    await ask(service, `POST ${PATH}`, { body: membership(team, ada) });
    const ids = async (filter: string, more = "") => {
      const { body } = await find(filter, more);
      return [body["totalResults"], (body["Resources"] as { id: string }[]).map(({ id }) => id).sort()];
    };
    expect(await ids(`group.value eq "${team}"`)).toEqual([2, [`${team}_${ada}`, `${team}_${bob}`].sort()]);
    expect(await ids(`member.value eq "${bob}"`)).toEqual([2, [`${other}_${bob}`, `${team}_${bob}`].sort()]);
    expect(await ids(`member eq "${bob}" and group.value EQ "${team}"`)).toEqual([1, [`${team}_${bob}`]]);
    expect(await ids(`id eq "${team}_${bob}" and (member.value eq "${bob}")`)).toEqual([1, [`${team}_${bob}`]]);
    expect(await ids(`${MEMBERSHIP}:group.value eq "${team}"`, "&count=0")).toEqual([2, []]);
    expect((await ids(`group.value eq "${team}"`, "&startIndex=2&count=1"))[1]).toHaveLength(1);
    for (const none of [
      `group.value eq "${team}" and group.value eq "${other}"`,
      `id eq "${team}_${bob}" and member.value eq "${ada}"`,
      'id eq "nothing"',
      'group.value eq ""',
      "member.value eq null",
      `group.value eq "${NOBODY}"`,
      `group.value eq "${ada}"`,
    ])
      expect([none, ...(await ids(none))]).toEqual([none, 0, []]);
    const all = await ask(service, `GET ${PATH}?attributes=id`);
    expect(all.body["totalResults"]).toBe((all.body["Resources"] as object[]).length);
    expect(all.body["Resources"]).toContainEqual({ schemas: [MEMBERSHIP], id: `${team}_${bob}` });
    const head = await ask(service, `HEAD ${PATH}`);
    expect([head.status, head.text]).toEqual([200, ""]);
  });

  it.each([
    'group.value ne "x"',
    'group.value sw "0"',
    "group.value pr",
    'not (group.value eq "x")',
    'group.value eq "x" or member.value eq "y"',
    'group[value eq "x"]',
    'member.type eq "User"',
    'member.display eq "Ada"',
    'meta.created gt "2026-01-01T00:00:00Z"',
    'group.nope eq "x"',
    'userName eq "x"',
    "",
  ])("with the filter %s is refused rather than answered with all", async (filter) => {
    const reply = await find(filter);
    expect([reply.status, reply.body["scimType"]]).toEqual([400, "invalidFilter"]);
  });

  it("has one order", async () => {
    const reply = await ask(service, `GET ${PATH}?sortBy=id`);
    expect([reply.status, reply.body["scimType"]]).toEqual([400, "invalidValue"]);
  });

  it("as of an instant needs audit:read, and names the position", async () => {
    for (const path of [PATH, `${PATH}/${team}_${bob}`]) {
      const line = `GET ${path}?asOf=2024-01-01T00:00:00Z`;
      expect((await ask(service, line)).status).toBe(403);
      const reply = await ask(service, line, { token: service.auditor });
      expect([reply.status, reply.headers.get("scim-ledger-position")]).toEqual([
        200,
        expect.stringMatching(/^\d{16}$/),
      ]);
    }
  });
});

it("discovery tells of memberships what is so", async () => {
  const { body } = await ask(service, "GET /scim/v2/ResourceTypes/GroupMembership");
  expect(body).toEqual({
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    id: "GroupMembership",
    name: "GroupMembership",
    description: expect.any(String),
    endpoint: "/GroupMemberships",
    schema: MEMBERSHIP,
    meta: { resourceType: "ResourceType", location: `${service.url}/scim/v2/ResourceTypes/GroupMembership` },
  });
  const schema = await ask(service, `GET /scim/v2/Schemas/${MEMBERSHIP}`);
  const attributes = schema.body["attributes"] as { name: string; mutability: string; required: boolean }[];
  expect(attributes.map(({ name, mutability, required }) => [name, mutability, required])).toEqual([
    ["group", "immutable", true],
    ["member", "immutable", true],
  ]);
});
