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
