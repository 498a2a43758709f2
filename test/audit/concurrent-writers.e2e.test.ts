// Writers at once on the same users and groups, while an auditor pages: every acknowledged change is told once, at the time
// that its answer named, and no page skips or repeats.
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { createUser, type Server, startServer, tokensIn } from "../cli/command.ts";
import { temporaryFolder } from "../support/embedded.ts";
import { Client, inParallel, type Loose } from "./notebook/client.ts";

const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const patch = (...Operations: object[]): Loose => ({ schemas: [PATCH], Operations });

const folder = temporaryFolder();
let server: Server;
let writer: Client;
let auditor: Client;
const users: string[] = [];
const groups: string[] = [];

beforeAll(async () => {
  server = await startServer(folder);
  const tokens = tokensIn(folder);
  writer = new Client("writer", () => server.url, tokens.provisioning);
  auditor = new Client("auditor", () => server.url, tokens.auditor);
  for (let i = 0; i < 6; i++) users.push((await createUser(server, tokens.provisioning, `user-${i}`))!);
  for (let i = 0; i < 3; i++) {
    const body = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: `Group ${i}` };
    groups.push(JSON.parse((await writer.send("POST", "/scim/v2/Groups", body)).text).id);
  }
}, 30_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  readonly rows: readonly Loose[];
  readonly next?: string;
}

/** Pages of a timeline, one after the other; what was written meanwhile belongs to none. */
async function walk(path: string): Promise<{ pages: readonly Told[]; rows: readonly Loose[] }> {
  const pages: Told[] = [];
  for (let cursor = ""; ; ) {
    const page = (await auditor.json(`/audit/v1${path}${cursor}`)) as Told;
    pages.push(page);
    if (page.next === undefined) return { pages, rows: pages.flatMap(({ rows }) => rows) };
    cursor = `&cursor=${page.next}`;
  }
}

describe("writers at once", () => {
  const modified = new Map<string, string>();
  const acknowledged = new Map<string, Set<string>>();
  const walks: { path: string; rows: readonly Loose[] }[] = [];

  beforeAll(async () => {
    let writing = true;
    const jobs = Array.from({ length: 240 }, (_, turn) => turn);
    const auditing = (async () => {
      for (let turn = 0; writing; turn++) {
        const path =
          turn % 2 === 0
            ? `/groups/${groups[turn % 3]}/timeline?limit=7`
            : `/users/${users[turn % 6]}/timeline?limit=5&order=descending`;
        walks.push({ path, rows: (await walk(path)).rows });
      }
    })();
    await inParallel(jobs, async (turn) => {
      const group = groups[turn % 3]!;
      const user = users[(turn * 7 + (turn >> 3)) % 6]!;
      const { status, text, requestId } = await (turn % 4 === 0
        ? writer.send(
            "PATCH",
            `/scim/v2/Users/${user}?attributes=meta`,
            patch({ op: "replace", path: "displayName", value: `turn ${turn}` }),
          )
        : turn % 4 === 1
          ? writer.send(
              "PATCH",
              `/scim/v2/Groups/${group}?attributes=meta`,
              patch({ op: "remove", path: `members[value eq "${user}"]` }),
            )
          : writer.send(
              "PATCH",
              `/scim/v2/Groups/${group}?attributes=meta`,
              patch({ op: "add", path: "members", value: [{ value: user }] }),
            ));
      expect([200, 204]).toContain(status);
      const of = turn % 4 === 0 ? user : group;
      acknowledged.set(of, (acknowledged.get(of) ?? new Set()).add(requestId));
      modified.set(requestId, JSON.parse(text).meta.lastModified);
    });
    writing = false;
    await auditing;
  }, 60_000);

  it("are told once each, with the time that was acknowledged", async () => {
    for (const id of [...users, ...groups]) {
      const type = users.includes(id) ? "users" : "groups";
      const { rows } = (await auditor.json(`/audit/v1/${type}/${id}/timeline?limit=10000`)) as Told;
      const own = rows.filter(({ resource }) => resource.id === id);
      const requests = own.map(({ requestId }) => requestId).filter((one) => modified.has(one));
      expect(requests).toEqual([...new Set(requests)]);
      for (const { requestId, at } of own) if (modified.has(requestId)) expect(at).toBe(modified.get(requestId));
      if (type === "users") expect(new Set(requests)).toEqual(acknowledged.get(id) ?? new Set());
    }
  });

  it("do not make a page skip or repeat", async () => {
    expect(walks.length).toBeGreaterThan(3);
    for (const { path, rows } of walks) {
      const whole = (await auditor.json(`/audit/v1${path.replace(/limit=\d/u, "limit=10000")}`)) as Told;
      const positions = rows.map(({ position }) => position);
      const last = positions.toSorted().at(-1);
      expect(rows).toEqual(whole.rows.filter(({ position }) => position <= last));
    }
  });

  it("leave intervals that end where GETs say that they do", async () => {
    for (const group of groups) {
      const now = ((await auditor.json(`/scim/v2/Groups/${group}`)).members ?? []).map(({ value }: Loose) => value);
      const { rows } = await auditor.json(`/audit/v1/groups/${group}/members`);
      expect(rows.map(({ member }: Loose) => member.id).sort()).toEqual([...now].sort());
      for (const user of users) {
        const access = await auditor.json(`/audit/v1/users/${user}/access`);
        const spans = access.rows
          .filter(({ target }: Loose) => target === group)
          .map(({ from, to }: Loose) => [from, to]);
        for (const [index, [from, to]] of spans.entries()) {
          if (to !== null) expect(from < to).toBe(true);
          if (index > 0) expect(spans[index - 1]![1] <= from).toBe(true);
        }
        expect(spans.at(-1)?.[1] === null).toBe(now.includes(user));
      }
    }
  });

  it("show in a read as of the time that was acknowledged", async () => {
    const late: unknown[] = [];
    await inParallel([...modified], async ([requestId, instant]) => {
      for (const [id, requests] of acknowledged) {
        if (!requests.has(requestId)) continue;
        const { meta } = await auditor.json(
          `/scim/v2/${users.includes(id) ? "Users" : "Groups"}/${id}?asOf=${instant}&attributes=meta`,
        );
        if (meta.lastModified !== instant) late.push([requestId, instant, meta.lastModified]);
      }
    });
    expect(late).toEqual([]);
  });
});
