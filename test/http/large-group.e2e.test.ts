// A group of 100 000 members over HTTP, on the read models themselves: in pieces, from the first page on, and not at all where
// nobody asked for members.
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Member } from "../../src/readstore/read-store.ts";
import { SqliteReadStore } from "../../src/readstore/sqlite/sqlite-read-store.ts";
import { Statements } from "../../src/readstore/sqlite/statements.ts";
import { viewsFile } from "../../src/readstore/sqlite/views-file.ts";
import { History } from "../projections/history.ts";
import { viewsOf } from "../readstore/views.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { ask, startService, type TestService } from "./fakes.ts";

const MEMBERS = 100_000;
/** Members of one page that is read. */
const PAGE = 1_000;

const newFolder = temporaryFolders();
let service: TestService;
let store: SqliteReadStore;
let group: string;
let member: string;
/** Pages of members that were read, and the SQL that was asked for. */
let pages = 0;
const positions = new Set<unknown>();
const asked: string[] = [];
const get = Statements.prototype.get;

beforeAll(async () => {
  const folder = newFolder();
  const history = new History({ tenant: "default" });
  member = history.createUser({ userName: "ada", displayName: "Ada" });
  group = history.createGroup({ displayName: "Everyone" }, [member]);
  viewsOf(history, folder)[Symbol.dispose]();
  multiply(folder);
  store = new SqliteReadStore(folder);
  const members = store.members.bind(store);
  store.members = (...args): readonly Member[] => {
    pages += 1;
    positions.add(args[4]);
    return members(...args);
  };
  Statements.prototype.get = function (sql) {
    asked.push(sql);
    return get.call(this, sql);
  };
  service = await startService({}, { readStore: store });
});
afterAll(async () => {
  Statements.prototype.get = get;
  await service.close();
  await store.close();
});
beforeEach(() => {
  pages = 0;
  asked.length = 0;
  positions.clear();
});

/** The one member many times over: as rows, for nobody could wait for as many commands. */
function multiply(folder: string): void {
  const database = new DatabaseSync(viewsFile(folder));
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MEMBERS - 1})`;
  const columns = database
    .prepare("SELECT name FROM pragma_table_info('resources')")
    .all()
    .map(({ name }) => String(name));
  const values = columns.map((name) =>
    name === "rid"
      ? "1000 + i"
      : name === "id"
        ? "substr(r.id, 1, 24) || printf('%012d', i + 1000)"
        : name === "body"
          ? "replace(r.body, r.id, substr(r.id, 1, 24) || printf('%012d', i + 1000))"
          : `r.${name}`,
  );
  const [type, rid] = [
    `SELECT type FROM resources WHERE id = '${member}'`,
    `SELECT rid FROM resources WHERE id = '${group}'`,
  ];
  database.exec(`BEGIN;
    ${numbers} INSERT INTO resources SELECT ${values.join(", ")} FROM n CROSS JOIN resources r WHERE r.id = '${member}';
    INSERT INTO members SELECT (${rid}), rid, (SELECT since FROM members LIMIT 1), 0 FROM resources WHERE type = (${type}) AND rid > 1000;
    UPDATE checkpoint SET place = ${2 * MEMBERS};
    COMMIT`);
  database.close();
}

const touchesMembers = () => asked.some((sql) => /\bmembers(_past)?\b/.test(sql));

describe("a group of 100 000 members", () => {
  it("comes whole and as of one position, and its first bytes come long before the last member is read", async () => {
    const response = await fetch(`${service.url}/scim/v2/Groups/${group}`, {
      headers: { Authorization: `Bearer ${service.token}` },
    });
    const pagesAtFirst = pages;
    const text = await response.text();
    const { members } = JSON.parse(text) as { members: { value: string; display: string }[] };
    expect(members).toHaveLength(MEMBERS);
    expect(new Set(members.map(({ value }) => value)).size).toBe(MEMBERS);
    expect(members[0]).toMatchObject({ value: member, type: "User", display: "Ada" });
    expect(response.headers.get("transfer-encoding")).toBe("chunked");
    expect(pages).toBe(MEMBERS / PAGE + 1);
    expect(pagesAtFirst).toBeLessThan(pages);
    expect([...positions]).toEqual([store.position()]);
  });

  it("is not held in memory for a client that does not read, and is given up for one that leaves", async () => {
    const leaving = new AbortController();
    const response = await fetch(`${service.url}/scim/v2/Groups/${group}`, {
      headers: { Authorization: `Bearer ${service.token}` },
      signal: leaving.signal,
    });
    const settled = async () => {
      for (let seen = -1; seen !== pages; ) {
        seen = pages;
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      return pages;
    };
    expect(response.status).toBe(200);
    const read = await settled();
    expect(read).toBeLessThan(MEMBERS / PAGE);
    leaving.abort();
    expect(await settled()).toBeLessThan(MEMBERS / PAGE);
  });

  it.each([
    "excludedAttributes=members",
    "excludedAttributes=MEMBERS",
    "excludedAttributes=members,displayName",
    "excludedAttributes=urn:ietf:params:scim:schemas:core:2.0:Group:members",
    "attributes=displayName",
    "attributes=id,meta.version",
    "attributes=nothing",
  ])("with ?%s touches no member", async (query) => {
    for (const path of [`/scim/v2/Groups/${group}?${query}`, `/scim/v2/Groups?${query}`]) {
      const { status, body } = await ask(service, `GET ${path}`);
      expect([status, body["members"]]).toEqual([200, undefined]);
    }
    expect([pages, touchesMembers()]).toEqual([0, false]);
  });

  it("a HEAD reads one page, and a known tag none", async () => {
    const head = await ask(service, `HEAD /scim/v2/Groups/${group}`);
    expect([head.status, pages]).toEqual([200, 1]);
    pages = 0;
    const headers = { "If-None-Match": String(head.headers.get("etag")) };
    expect((await ask(service, `GET /scim/v2/Groups/${group}`, { headers })).status).toBe(304);
    expect(pages).toBe(0);
  });

  it.each([
    ["attributes=members.value", ["value"]],
    ["attributes=members.display", ["display"]],
    ["attributes=members.value,members.type", ["type", "value"]],
    ["excludedAttributes=members.display,members.$ref", ["type", "value"]],
    ["attributes=members", ["$ref", "display", "type", "value"]],
  ])("?%s shows that much of each member", async (query, names) => {
    const { body } = await ask(service, `GET /scim/v2/Groups/${group}?${query}`);
    const members = body["members"] as object[];
    expect(members).toHaveLength(MEMBERS);
    for (const one of [members[0]!, members[MEMBERS / 2]!, members.at(-1)!])
      expect(Object.keys(one).sort()).toEqual(names);
  });

  it("has a membership of its own for each, at the cost of one", async () => {
    const read = await ask(service, `GET /scim/v2/GroupMemberships/${group}_${member}`);
    expect([read.status, pages]).toEqual([200, 0]);
    const filter = encodeURIComponent(`group.value eq "${group}"`);
    const last = await ask(service, `GET /scim/v2/GroupMemberships?filter=${filter}&startIndex=${MEMBERS - 4}`);
    expect([last.body["totalResults"], last.body["itemsPerPage"], pages]).toEqual([MEMBERS, 5, 0]);
  });

  it("has them walked to the end by cursor, and no page after the first is left to another thread", async () => {
    const walk = store.walkMemberships.bind(store);
    const elsewhere: boolean[] = [];
    store.walkMemberships = (asked) => {
      const page = walk(asked);
      elsewhere.push(page instanceof Promise);
      return page;
    };
    const filter = encodeURIComponent(`group.value eq "${group}"`);
    const ids = new Set<string>();
    for (let cursor: unknown = ""; cursor !== undefined; ) {
      const path = `/scim/v2/GroupMemberships?filter=${filter}&count=${PAGE}&attributes=id&cursor=${cursor}`;
      const { body } = await ask(service, `GET ${path}`);
      for (const { id } of body["Resources"] as { id: string }[]) ids.add(id);
      expect(body["totalResults"]).toBe(MEMBERS);
      cursor = body["nextCursor"];
    }
    expect([ids.size, elsewhere.length, elsewhere.indexOf(true, 1)]).toEqual([MEMBERS, MEMBERS / PAGE, -1]);
  });
});
