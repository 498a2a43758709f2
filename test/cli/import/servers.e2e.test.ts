// Real servers: two of our own, and scimmy-routers as a source. The real command, in this process or one of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";
import { temporaryFolders } from "../../temporary-folder.ts";
import { ask, run, runHere, type Server, startServer, tokensIn } from "../command.ts";

const COMMAND = fileURLToPath(new URL("../../../bin/scim-ledger.js", import.meta.url));
const newFolder = temporaryFolders();
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

interface Place {
  readonly server: Server;
  readonly base: string;
  readonly token: string;
}

const places: Place[] = [];
async function newPlace(): Promise<Place> {
  const data = newFolder();
  const server = await startServer(data);
  const place = { server, base: `${server.url}/scim/v2`, token: tokensIn(data).provisioning };
  places.push(place);
  return place;
}
afterAll(async () => {
  for (const { server } of places) await server.stop();
});

const create = async ({ server, token }: Place, path: string, body: object): Promise<string> => {
  const { status, text } = await ask(server, token, `POST /scim/v2${path}`, body);
  expect([status, text]).toEqual([201, expect.anything()]);
  return JSON.parse(text).id;
};

/** What a place holds, without ids. */
async function pictureOf({ server, token }: Place) {
  const list = async (path: string) =>
    JSON.parse((await ask(server, token, `GET /scim/v2${path}?count=1000`)).text).Resources as Record<string, never>[];
  const [users, groups] = [await list("/Users"), await list("/Groups")];
  const names = new Map([...users, ...groups].map((one) => [one["id"], one["userName"] ?? one["displayName"]]));
  return {
    users: users
      .map(({ id: _id, meta: _meta, groups: _groups, [ENTERPRISE]: extension, ...user }) => {
        const { manager, ...rest } = (extension ?? {}) as unknown as { manager?: { value: never } };
        return { ...user, ...rest, manager: manager && names.get(manager.value) } as Record<string, unknown>;
      })
      .sort((a, b) => (String(a["userName"]) < String(b["userName"]) ? -1 : 1)),
    groups: groups
      .map(({ displayName, externalId, members }) => ({
        displayName,
        externalId,
        members: ((members ?? []) as { value: never }[]).map(({ value }) => names.get(value)).sort(),
      }))
      .sort((a, b) => (String(a.displayName) < String(b.displayName) ? -1 : 1)),
  };
}

const importing = (state: string, from: Place | string, to: Place, ...more: string[]) => [
  "import",
  ...(typeof from === "string" ? ["--file", from] : ["--from", from.base, "--from-token", from.token]),
  ...["--to", to.base, "--to-token", to.token, "--state", state, "--page-size", "7", "--json", ...more],
];

const summaryIn = (stdout: string) => JSON.parse(stdout.trim().split("\n").at(-1)!).summary;
const numbers = (counts: object) => Object.values(counts);

describe("between two servers of our own", () => {
  let source: Place;
  let target: Place;
  const ids: string[] = [];

  beforeAll(async () => {
    [source, target] = [await newPlace(), await newPlace()];
    for (let index = 0; index < 30; index++)
      ids.push(
        await create(source, "/Users", {
          schemas: [USER, ENTERPRISE],
          userName: `User.${index}@example.com`,
          externalId: `ext-${index}`,
          name: { givenName: `G${index}`, familyName: '“Ünïcode” \\ " 🙂' },
          active: index % 5 !== 0,
          emails: [
            { value: `user.${index}@example.com`, type: "work", primary: true },
            { value: `home.${index}@example.com`, type: "home" },
          ],
          [ENTERPRISE]: { employeeNumber: String(index), ...(index > 0 ? { manager: { value: ids[index - 1] } } : {}) },
        }),
      );
    const members = (...values: (string | undefined)[]) => values.map((value) => ({ value }));
    const inner = await create(source, "/Groups", { schemas: [GROUP], displayName: "Inner", members: members(...ids) });
    const outer = await create(source, "/Groups", {
      schemas: [GROUP],
      displayName: "Outer",
      externalId: "outer",
      members: members(inner, ids[0]),
    });
    await ask(source.server, source.token, `PATCH /scim/v2/Groups/${inner}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "add", path: "members", value: members(outer) }],
    });
    await create(source, "/Groups", { schemas: [GROUP], displayName: "Empty" });
    // Somebody is there already, and something that is nobody's business.
    await create(target, "/Users", { schemas: [USER], userName: "USER.3@EXAMPLE.COM", title: "Old title" });
    await create(target, "/Groups", { schemas: [GROUP], displayName: "Outer" });
  });

  it("moves everything; a dry run says so before, and a second run changes nothing", async () => {
    const state = join(newFolder(), "state");
    const before = await pictureOf(target);
    const dry = await runHere(importing(state, source, target, "--dry-run"));
    expect([dry.code, dry.stderr]).toEqual([0, ""]);
    expect(await pictureOf(target)).toEqual(before);

    const first = await run(importing(state, source, target));
    expect([first.code, first.stderr]).toEqual([0, ""]);
    const summary = summaryIn(first.stdout);
    expect(numbers(summary.users)).toEqual([29, 1, 0, 0, 0]);
    expect(numbers(summary.groups)).toEqual([2, 1, 0, 0, 0]);
    expect(summary.memberships).toEqual({ added: 33, present: 0, removed: 0, missing: 0 });
    expect({ ...summaryIn(dry.stdout), dryRun: false, seconds: 0 }).toEqual({ ...summary, seconds: 0 });

    const [there, here] = [await pictureOf(target), await pictureOf(source)];
    expect(there.groups).toEqual(here.groups);
    expect(there.users).toEqual(
      here.users.map((user) =>
        user["userName"] === ("User.3@example.com" as never) ? { ...user, title: "Old title" } : user,
      ),
    );

    const versions = async () =>
      (await ask(target.server, target.token, "GET /scim/v2/Users?count=100&attributes=meta")).text;
    const unchanged = await versions();
    for (const again of [state, join(newFolder(), "state")]) {
      const { code, stdout } = await runHere(importing(again, source, target));
      expect(code).toBe(0);
      expect(numbers(summaryIn(stdout).users)).toEqual([0, 0, 30, 0, 0]);
      expect(numbers(summaryIn(stdout).groups)).toEqual([0, 0, 3, 0, 0]);
    }
    expect(await versions()).toBe(unchanged);
  });

  it("goes on after SIGTERM, and after SIGKILL", async () => {
    const other = await newPlace();
    const state = join(newFolder(), "state");
    const args = importing(state, source, other, "--concurrency", "1");
    const codes: (number | null)[] = [];
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["ignore", "pipe", "ignore"] });
      child.stdout.on("data", (data) => String(data).includes("Writing") && child.kill(signal));
      codes.push((await once(child, "close"))[0]);
    }
    // A quick machine may have been done before the signal came.
    expect([130, 0]).toContain(codes[0]);
    expect((await runHere(args)).code).toBe(0);
    const [there, here] = [await pictureOf(other), await pictureOf(source)];
    expect(there).toEqual(here);
  });

  it("moves through a file too, which is the same whenever it is written", async () => {
    const folder = newFolder();
    const exporting = (to: string) => ["export", "--from", source.base, "--from-token", source.token, "--to", to];
    expect((await runHere([...exporting(join(folder, "a.ndjson")), "--page-size", "4"])).code).toBe(0);
    expect((await runHere(exporting(join(folder, "b.ndjson.gz")))).code).toBe(0);
    const text = readFileSync(join(folder, "a.ndjson"), "utf8");
    expect(gunzipSync(readFileSync(join(folder, "b.ndjson.gz"))).toString()).toBe(text);
    const onStdout = await runHere(exporting("-"));
    expect(onStdout.stdout).toBe(text);
    expect(onStdout.stderr).toContain("30 users and 3 groups");

    const other = await newPlace();
    const file = importing(join(folder, "state"), join(folder, "b.ndjson.gz"), other);
    const { code, stdout } = await runHere(file);
    expect([code, numbers(summaryIn(stdout).users)]).toEqual([0, [30, 0, 0, 0, 0]]);
    expect(await pictureOf(other)).toEqual(await pictureOf(source));
    expect(numbers(summaryIn((await runHere(file)).stdout).users)).toEqual([0, 0, 30, 0, 0]);

    writeFileSync(join(folder, "bad.ndjson"), `${text}{"id":\n{"id":"x"}\n`);
    const bad = await runHere(importing(join(folder, "other-state"), join(folder, "bad.ndjson"), other));
    expect([bad.code, summaryIn(bad.stdout).badLines]).toEqual([1, 2]);
  });

  it("watches until SIGTERM, a line for each pass", async () => {
    const args = importing(join(newFolder(), "state"), source, target, "--watch", "1s").filter(
      (one) => one !== "--json",
    );
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (data) => {
      said += data;
      if (said.split("\n").length > 2) child.kill("SIGTERM");
    });
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    const [first, second] = said.split("\n");
    for (const line of [first, second])
      expect(line).toMatch(/^\S+Z users: created 0, changed 0, matched 30; groups: created 0, changed 0, matched 3; /u);
  });

  it("leaves no file where an export cannot be whole", async () => {
    const folder = newFolder();
    const exporting = (to: string, ...more: string[]) =>
      runHere(["export", "--from", source.base, "--from-token", source.token, "--to", to, ...more]);
    const nowhere = await exporting(join(folder, "nowhere", "x.ndjson"));
    expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("cannot be written")]);
    const refused = await exporting(join(folder, "x.ndjson"), "--filter", "nonsense");
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("invalidFilter")]);
    const filtered = await exporting(
      join(folder, "one.ndjson"),
      "--filter",
      'externalId eq "ext-7"',
      "--only",
      "users",
    );
    expect([filtered.code, filtered.stdout]).toEqual([0, expect.stringContaining("1 user and 0 groups")]);
    expect(readdirSync(folder)).toEqual(["one.ndjson"]);
  });

  it("explains a refused token, a wrong URL and a wrong command line, with code 2 and without the token", async () => {
    const state = () => join(newFolder(), "state");
    const wrong = { ...source, token: "scl_secret-that-is-wrong" };
    for (const [args, says] of [
      [importing(state(), wrong, target), "refuses the token"],
      [importing(state(), source, { ...target, token: "scl_secret-that-is-wrong" }), "refuses the token"],
      [importing(state(), { ...source, base: `${source.server.url}/nothing` }, target), "the source"],
      [importing(state(), { ...source, base: "http://192.0.2.1/scim" }, target), "--allow-plain-http"],
      [importing(state(), source, source), "same server"],
      [importing(state(), "/nowhere/file.ndjson", target), "/nowhere/file.ndjson"],
      [["import", "--from", source.base, "--to", target.base], "token for the target"],
      [
        importing(state(), source, target, "--filter", "active eq true", "--deactivate-missing"),
        "--deactivate-missing",
      ],
    ] as const) {
      const { code, stdout, stderr } = await runHere(args);
      expect([says, code, stderr]).toEqual([says, 2, expect.stringContaining(says)]);
      expect(stdout + stderr).not.toContain("secret-that-is-wrong");
    }
  });
});

const numbersIn = (query: URLSearchParams): object =>
  Object.fromEntries([...query].map(([name, value]) => [name, /^[0-9]+$/u.test(value) ? Number(value) : value]));

describe("from scimmy-routers", () => {
  const users = new Map<string, object>();
  const groups = new Map<string, object>();
  let base: string;
  const server = createServer();

  beforeAll(async () => {
    type Handled = { readonly id?: string; readonly filter?: { match(values: object[]): object[] } };
    const read = (stored: Map<string, object>) => (resource: Handled) => {
      if (resource.id !== undefined) return stored.get(resource.id) as never;
      const all = [...stored.values()];
      return (resource.filter === undefined ? all : resource.filter.match(all)) as never;
    };
    for (let index = 1; index <= 45; index++)
      users.set(`u${index}`, {
        id: `u${index}`,
        userName: `person${index}`,
        displayName: `Person ${index}`,
        active: index % 2 === 0,
        emails: [{ value: `p${index}@example.com`, type: "work", primary: true }],
        [ENTERPRISE]: { department: "Sales", ...(index > 1 ? { manager: { value: "u1" } } : {}) },
      });
    groups.set("g1", {
      id: "g1",
      displayName: "Everyone",
      members: [...users.keys(), "u99"]
        .map((value) => ({ value, type: "User" }))
        .concat({ value: "g2", type: "Group" }),
    });
    groups.set("g2", { id: "g2", displayName: "Some", members: [{ value: "u2", type: "User" }] });
    SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser))
      .ingress((() => {}) as never)
      .egress(read(users) as never)
      .degress(() => {});
    SCIMMY.Resources.declare(SCIMMY.Resources.Group)
      .ingress((() => {}) as never)
      .egress(read(groups) as never)
      .degress(() => {});
    const app = express();
    // Under Express 5 it passes over startIndex and count, whose numbers it keeps where Express computes them anew.
    app.use("/passing-over", new SCIMMYRouters({ type: "bearer", handler: () => "someone" }) as never);
    const numbering = express();
    numbering.set("query parser", (text: string | null) => numbersIn(new URLSearchParams(text ?? "")));
    numbering.use(new SCIMMYRouters({ type: "bearer", handler: () => "someone" }) as never);
    app.use("/paging", numbering);
    server.on("request", app).listen(0, "127.0.0.1");
    await once(server, "listening");
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  it.each(["passing-over", "paging"])("moves all there is, by /.search where it has to: %s", async (path) => {
    const target = await newPlace();
    const source = { ...target, base: `${base}/${path}`, token: "any" };
    const state = join(newFolder(), "state");
    const { code, stdout, stderr } = await runHere(importing(state, source, target));
    expect([code, stderr]).toEqual([0, ""]);
    const summary = summaryIn(stdout);
    expect([numbers(summary.users), numbers(summary.groups)]).toEqual([
      [45, 0, 0, 0, 0],
      [2, 0, 0, 0, 0],
    ]);
    expect(summary.memberships).toMatchObject({ added: 47, missing: 1 });
    const picture = await pictureOf(target);
    expect(picture.users[0]).toMatchObject({ displayName: "Person 1", active: false, department: "Sales" });
    expect(picture.users[1]).toMatchObject({ manager: "person1" });
    expect(picture.groups[0]!.members).toHaveLength(46);
    const again = summaryIn((await runHere(importing(state, source, target))).stdout);
    expect([numbers(again.users), numbers(again.groups)]).toEqual([
      [0, 0, 45, 0, 0],
      [0, 0, 2, 0, 0],
    ]);
  });
});
