// Memberships on the whole service: one command each, the same truth as `members`, whoever wrote it.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import { type Served, startServed } from "../support/served.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const MEMBERSHIP = "urn:ietf:params:scim:schemas:core:2.0:GroupMembership";
const PATH = "/scim/v2/GroupMemberships";
/** More than are counted on the thread that serves requests. */
const MANY = 1_100;

let served: Served;
let users: string[];
let everyone: string;
let team: string;

const membership = (group: string, member: string) => ({
  schemas: [MEMBERSHIP],
  group: { value: group },
  member: { value: member },
});
const makeGroup = async (displayName: string, ids: readonly string[] = []) => {
  const members = ids.map((value) => ({ value }));
  const made = await served.ask("POST /scim/v2/Groups?attributes=id", {
    body: { schemas: [GROUP], displayName, members },
  });
  return String(made.body["id"]);
};
const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
const search = (asked: JsonObject, token?: string) =>
  served.ask(`POST ${PATH}/.search`, {
    body: { schemas: [SEARCH], ...asked },
    ...(token === undefined ? {} : { token }),
  });
const find = (filter: string, more = "") => served.ask(`GET ${PATH}?filter=${encodeURIComponent(filter)}${more}`);
const idsOf = (body: JsonObject) => (body["Resources"] as { id: string }[]).map(({ id }) => id);

beforeAll(async () => {
  served = await startServed();
  const made = await Promise.all(
    Array.from({ length: MANY }, (_, i) =>
      served.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName: `user${i}` } }),
    ),
  );
  users = made.map(({ body }) => String(body["id"]));
  [everyone, team] = [await makeGroup("Everyone", users), await makeGroup("Team")];
});
afterAll(async () => served[Symbol.asyncDispose]());

describe("on the whole service", () => {
  it("of many who create the same membership at once, one does", async () => {
    const [ada] = users as [string];
    const body = membership(team, ada);
    const replies = await Promise.all(Array.from({ length: 8 }, () => served.ask(`POST ${PATH}`, { body })));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409, 409, 409]);
    const group = await served.ask(`GET /scim/v2/Groups/${team}`);
    expect(group.body["members"]).toMatchObject([{ value: ada }]);
    expect(group.headers.get("etag")).toBe('W/"1"');
    const deleting = Array.from({ length: 4 }, () =>
      served.ask(`DELETE ${PATH}/${team}_${ada}`, { headers: { "If-Match": 'W/"1"' } }),
    );
    expect((await Promise.all(deleting)).map(({ status }) => status).sort()).toEqual([204, 404, 404, 404]);
  });

  it("a condition on a membership holds while others write to its group", async () => {
    const [one, ...others] = users.slice(10, 20) as [string, ...string[]];
    const made = await served.ask(`POST ${PATH}`, { body: membership(team, one) });
    const tag = made.headers.get("etag") as string;
    const [deleted, ...added] = await Promise.all([
      served.ask(`DELETE ${PATH}/${team}_${one}`, { headers: { "If-Match": tag } }),
      ...others.map((member) => served.ask(`POST ${PATH}`, { body: membership(team, member) })),
    ]);
    expect([deleted.status, ...added.map(({ status }) => status)]).toEqual([204, ...others.map(() => 201)]);
  });

  it("a membership shows what a PATCH of the group and a deletion of the user did", async () => {
    const [ada, bob] = users.slice(30, 32) as [string, string];
    const body = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "add", path: "members", value: [{ value: ada }, { value: bob }] }],
    };
    const patched = await served.ask(`PATCH /scim/v2/Groups/${team}`, { body });
    const read = await served.ask(`GET ${PATH}/${team}_${ada}`);
    expect(read.headers.get("etag")).toBe(patched.headers.get("etag"));
    await served.ask(`DELETE /scim/v2/Users/${ada}`);
    for (const method of ["GET", "DELETE"])
      expect((await served.ask(`${method} ${PATH}/${team}_${ada}`)).status).toBe(404);
    // Not “already a member”, also before the process has ended the membership.
    expect((await served.ask(`POST ${PATH}`, { body: membership(team, ada) })).status).toBe(400);
    expect(idsOf((await find(`member.value eq "${bob}" and group.value eq "${team}"`)).body)).toEqual([
      `${team}_${bob}`,
    ]);
    const asOf = (read.body["meta"] as { created: string }).created;
    const then = await served.ask(`GET ${PATH}/${team}_${ada}?asOf=${asOf}`);
    expect([then.status, then.body]).toEqual([200, read.body]);
    await served.ask(`DELETE /scim/v2/Groups/${team}`);
    expect((await served.ask(`GET ${PATH}/${team}_${bob}`)).status).toBe(404);
    expect((await find(`group.value eq "${team}"`)).body["totalResults"]).toBe(0);
    const past = await served.ask(`GET ${PATH}?filter=${encodeURIComponent(`group.value eq "${team}"`)}&asOf=${asOf}`);
    expect(idsOf(past.body)).toContain(`${team}_${ada}`);
  });

  it("a large group is listed in pages that together are its members", async () => {
    const ids: string[] = [];
    const group = await served.ask(`GET /scim/v2/Groups/${everyone}?attributes=members.value`);
    const members = (group.body["members"] as { value: string }[]).map(({ value }) => value);
    for (let startIndex = 1; ; startIndex += 400) {
      const { body } = await find(`group.value eq "${everyone}"`, `&startIndex=${startIndex}&count=400`);
      expect(body["totalResults"]).toBe(members.length);
      ids.push(...idsOf(body));
      if (body["itemsPerPage"] !== 400) break;
    }
    expect(ids).toEqual(members.map((member) => `${everyone}_${member}`));
    const all = await served.ask(`GET ${PATH}?count=0`);
    expect(all.body["totalResults"]).toBeGreaterThanOrEqual(members.length);
  });

  it("a large group is walked by cursor as it was at the first page, while others write to it", async () => {
    const group = await makeGroup("Walked", users.slice(100, 400));
    const filter = `group.value eq "${group}"`;
    const whole = (await find(filter, "&count=1000")).body;
    const ids: string[] = [];
    let written = 0;
    for (let cursor = ""; ; ) {
      const { status, body } = await find(filter, `&count=50&cursor=${cursor}`);
      expect([status, body["totalResults"], "startIndex" in body]).toEqual([200, 300, false]);
      ids.push(...idsOf(body));
      if (body["nextCursor"] === undefined) break;
      cursor = String(body["nextCursor"]);
      expect(cursor).toMatch(/^[A-Za-z0-9\-._~]{1,128}$/);
      const [comes, goes, gone] = [users[400 + written], users[101 + 50 * written], users[150 + 50 * written]];
      await served.ask(`POST ${PATH}`, { body: membership(group, comes as string) });
      for (const member of [goes, gone]) await served.ask(`DELETE ${PATH}/${group}_${member}`);
      written += 1;
    }
    expect(written).toBe(5);
    expect(ids).toEqual(idsOf(whole));
    expect((await find(filter)).body["totalResults"]).toBe(300 - written);
  });

  it("a POST to .search answers what a GET does, by index and by cursor alike", async () => {
    const filter = `group.value eq "${everyone}"`;
    const got = await find(filter, "&startIndex=11&count=5&attributes=member.value");
    const searched = await search({ filter, startIndex: 11, count: 5, attributes: ["member.value"] });
    expect([searched.status, searched.body]).toEqual([200, got.body]);
    const first = await search({ filter, cursor: "", count: 7 });
    const next = await find(filter, `&count=7&cursor=${first.body["nextCursor"]}`);
    const last = await search({ filter, count: 7, cursor: next.body["nextCursor"] as string });
    expect([first, next, last].flatMap(({ body }) => idsOf(body))).toEqual(
      idsOf((await find(filter, "&count=21")).body),
    );
    for (const asked of [{ filter: "member.display pr" }, { sortBy: "id" }, { filter, cursor: "", startIndex: 2 }])
      expect((await search(asked)).status).toBe(400);
    for (const method of ["GET", "DELETE"]) {
      const refused = await served.ask(`${method} ${PATH}/.search`);
      expect([refused.status, refused.headers.get("allow")]).toEqual([405, "POST"]);
    }
  });

  it("a cursor of another filter, another type, another tenant or of nobody is refused in the same words", async () => {
    const filter = `group.value eq "${everyone}"`;
    const cursor = String((await find(filter, "&count=5&cursor")).body["nextCursor"]);
    const ofUsers = String((await served.ask("GET /scim/v2/Users?count=5&cursor")).body["nextCursor"]);
    await served.ask("POST /admin/v1/tenants", { body: { id: "other" } });
    const credential = { tenant: "other", name: "x", kind: "provisioning" };
    const issued = await served.ask("POST /admin/v1/credentials", { body: credential });
    const token = String(issued.body["token"]);
    const middle = Math.floor(cursor.length / 2);
    const forged = cursor.slice(0, middle) + (cursor[middle] === "A" ? "B" : "A") + cursor.slice(middle + 1);
    const replies = [
      await search({ count: 5, cursor }),
      await search({ count: 5, cursor, filter: `${filter} and id eq "x"` }),
      await search({ count: 5, cursor, filter: `member.value eq "${users[0]}"` }),
      await search({ count: 5, cursor, filter, attributes: ["id"] }),
      await search({ count: 5, cursor: ofUsers }),
      await served.ask(`GET /scim/v2/Users?count=5&cursor=${cursor}`),
      await search({ count: 5, cursor, filter }, token),
      ...(await Promise.all(
        [forged, "x", "%", cursor + cursor].map((text) => search({ count: 5, cursor: text, filter })),
      )),
    ];
    expect(replies.map(({ status, body }) => [status, body["scimType"]])).toEqual(
      replies.map(() => [400, "invalidCursor"]),
    );
    expect(new Set(replies.map(({ body }) => body["detail"])).size).toBe(1);
    for (const count of [6, 1_001])
      expect((await search({ count, cursor, filter })).body).toMatchObject({ scimType: "invalidCount" });
    expect((await search({ count: 5, cursor, filter })).status).toBe(200);
  });

  it("a walk leaves out who was erased since it began", async () => {
    const [ada, bob, eve] = users.slice(500, 503) as [string, string, string];
    const group = await makeGroup("Erased", [ada, bob, eve]);
    const filter = `group.value eq "${group}"`;
    const first = await find(filter, "&count=1&cursor");
    const erased = await served.ask(`POST /admin/v1/tenants/default/users/${bob}/erase`, {
      body: { confirm: bob, reason: "asked to" },
    });
    expect(erased.status).toBeLessThan(300);
    const rest = await find(filter, `&count=1&cursor=${first.body["nextCursor"]}`);
    expect([...idsOf(first.body), ...idsOf(rest.body)]).toEqual([`${group}_${ada}`, `${group}_${eve}`]);
  });

  it("the history tells of it in the events of the group", async () => {
    const made = await served.ask(`POST ${PATH}`, { body: membership(await makeGroup("New"), users[50]!) });
    const group = (made.body["group"] as { value: string }).value;
    await served.ask(`DELETE ${PATH}/${made.body["id"]}`);
    const timeline = await served.ask(`GET /audit/v1/groups/${group}/timeline`);
    expect((timeline.body["rows"] as { type: string }[]).map(({ type }) => type)).toEqual([
      "GroupCreated",
      "GroupMembersAdded",
      "GroupMembersRemoved",
    ]);
  });
});
