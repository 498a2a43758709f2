// Single situations of a pass, and of passes one after the other.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { runPass } from "../../../src/cli/import/run-pass.ts";
import { openCopy, openState } from "../../../src/cli/import/state-file.ts";
import { lineOf, reportOf } from "../../../src/cli/import/summary.ts";
import { ServerTarget } from "../../../src/cli/import/target.ts";
import { watch } from "../../../src/cli/import/watch.ts";
import { ServerUnusable, Stopped } from "../../../src/cli/scim-client/errors.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import { groupType, userType } from "../../../src/scim/schema/resource-types.ts";
import { temporaryFolders } from "../../temporary-folder.ts";
import { BASE, type FakeOptions, FakeServer, refusal } from "./fake-server.ts";
import { clientOf, countsOf, newState, pass, type World } from "./passes.ts";

const newFolder = temporaryFolders();
const newWorld = (source: Partial<FakeOptions> = {}, target: Partial<FakeOptions> = {}): World => ({
  source: new FakeServer({ prefix: "s-", ...source }),
  target: new FakeServer({ prefix: "t-", ...target }),
});
const namesIn = (server: FakeServer) => [...server.users.values()].map(({ attributes }) => attributes["userName"]);
const userIn = (server: FakeServer, userName: string): JsonObject =>
  [...server.users.values()].find(({ attributes }) => attributes["userName"] === userName)!.attributes;
const membersIn = (server: FakeServer, displayName: string): string[] => {
  const group = [...server.groups.values()].find(({ attributes }) => attributes["displayName"] === displayName)!;
  return ((group.attributes["members"] ?? []) as { value: string }[]).map(({ value }) => value);
};

describe("people who change at the source", () => {
  it("are still themselves after a renaming, also where one takes the name that another gives up", async () => {
    const world = newWorld();
    const ids = ["a", "b", "c"].map((userName) => world.source.addUser({ userName }));
    const state = newState();
    await pass(world, state);
    const targets = [...world.target.users.keys()];
    // c → d, b → c, a → b; and somebody new is called a.
    for (const [index, userName] of ["b", "c", "d"].entries())
      world.source.users.get(ids[index]!)!.attributes = { userName };
    world.source.addUser({ userName: "a" });
    const dry = countsOf(await pass(world, openedCopyOf(state), { dryRun: true }));
    const real = countsOf(await pass(world, state));
    expect(dry).toEqual(real);
    expect(real.users).toMatchObject({ created: 1, changed: 3, failed: 0, skipped: 0 });
    expect([...world.target.users.keys()].slice(0, 3)).toEqual(targets);
    expect(namesIn(world.target)).toEqual(["b", "c", "d", "a"]);
  });

  it("are told in a dry run as they then are, also where names pass on by externalId", async () => {
    const world = newWorld();
    for (const [userName, externalId] of [["ada", "x2"], ["eve"], ["fay", "x1"]])
      world.source.addUser({ userName: userName!, ...(externalId && { externalId }) });
    world.target.addUser({ userName: "eve", externalId: "x1" });
    world.target.addUser({ userName: "fay", externalId: "x2" });
    const dry = countsOf(await pass(world, newState(), { mode: "externalId", dryRun: true }));
    expect(countsOf(await pass(world, newState(), { mode: "externalId" }))).toEqual(dry);
    expect(dry.users).toMatchObject({ created: 1, changed: 2, skipped: 0 });
    expect(namesIn(world.target)).toEqual(["fay", "ada", "eve"]);
  });

  it("fail with a reason where two of them swap their names, which no server lets them", async () => {
    const world = newWorld();
    const ids = ["a", "b"].map((userName) => world.source.addUser({ userName }));
    const state = newState();
    await pass(world, state);
    for (const [index, userName] of ["b", "a"].entries())
      world.source.users.get(ids[index]!)!.attributes = { userName };
    const { users, problems } = await pass(world, state);
    expect(users).toMatchObject({ changed: 0, failed: 2 });
    expect(problems).toEqual([
      { kind: "User", outcome: "failed", reason: "409 uniqueness: userName is taken", count: 2, example: ids[0] },
    ]);
  });

  it("are found anew where somebody deleted them at the target", async () => {
    const world = newWorld();
    world.source.addUser({ userName: "a" });
    const state = newState();
    await pass(world, state);
    world.target.users.clear();
    expect((await pass(world, state)).users.created).toBe(1);
  });

  it("lose what the source does not have only where that is wished: attributes, managers, members", async () => {
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    const world = newWorld();
    const boss = world.source.addUser({ userName: "boss" });
    const ada = world.source.addUser({
      userName: "ada",
      title: "X",
      active: false,
      [enterprise]: { manager: { value: boss } },
    });
    const team = world.source.addGroup({ displayName: "Team" }, [{ value: boss }, { value: ada }]);
    const state = newState();
    await pass(world, state);
    world.source.users.get(ada)!.attributes = { userName: "ada" };
    world.source.groups.get(team)!.attributes = { displayName: "Team", members: [{ value: boss }] };
    expect(countsOf(await pass(world, state)).users.changed).toBe(0);
    expect(membersIn(world.target, "Team")).toHaveLength(2);
    const exact = await pass(world, state, { exact: true });
    expect([exact.users.changed, exact.groups.changed, exact.memberships.removed]).toEqual([1, 1, 1]);
    expect(userIn(world.target, "ada")).toEqual({ userName: "ada", active: false });
    expect(membersIn(world.target, "Team")).toHaveLength(1);
    expect((await pass(world, state, { exact: true })).users.changed).toBe(0);
  });
});

describe("people who are not at the source any more", () => {
  const ten = async (options: Parameters<typeof pass>[2] = {}) => {
    const world = newWorld();
    const ids = Array.from({ length: 10 }, (_, index) => world.source.addUser({ userName: `u${index}` }));
    const state = newState();
    await pass(world, state, options);
    return { world, ids, state };
  };
  const gone = { deactivateMissing: true };

  it("are reported, and nothing else, unless more was asked for", async () => {
    const { world, ids, state } = await ten();
    world.source.users.delete(ids[3]!);
    const { vanished } = await pass(world, state);
    expect(vanished).toEqual({ users: 1, groups: 0, disabled: 0 });
    expect(userIn(world.target, "u3")).toEqual({ userName: "u3" });
  });

  it("are disabled once where that was asked for, and enabled when they come back", async () => {
    const { world, ids, state } = await ten();
    const before = world.source.users.get(ids[3]!)!;
    world.source.users.delete(ids[3]!);
    expect((await pass(world, state, gone)).vanished).toEqual({ users: 1, groups: 0, disabled: 1 });
    expect(userIn(world.target, "u3")).toEqual({ userName: "u3", active: false });
    expect((await pass(world, state, gone)).vanished).toEqual({ users: 0, groups: 0, disabled: 0 });
    world.source.users.set("another-id", { ...before, id: "another-id" });
    expect((await pass(world, state, gone)).users.changed).toBe(1);
    expect(userIn(world.target, "u3")).toEqual({ userName: "u3", active: true });
    expect((await pass(world, state, gone)).users.changed).toBe(0);
  });

  it("are not disabled where they are too many, or where the list was wrong about them", async () => {
    const { world, ids, state } = await ten();
    const kept = new Map(world.source.users);
    for (const id of ids.slice(0, 2)) world.source.users.delete(id);
    const { vanished } = await pass(world, state, gone);
    expect(vanished).toMatchObject({ users: 2, disabled: 0, refused: expect.stringContaining("more than 10 %") });
    world.source.users.clear();
    expect((await pass(world, state, gone)).vanished.disabled).toBe(0);
    for (const [id, one] of kept) world.source.users.set(id, one);
    // A list that leaves out a user whom the server still has.
    world.source.options = {
      ...world.source.options,
      before: ({ url }) => {
        if (!url.includes("/Users?")) return undefined;
        world.source.users.delete(ids[5]!);
        queueMicrotask(() => world.source.users.set(ids[5]!, kept.get(ids[5]!)!));
        return undefined;
      },
    };
    expect((await pass(world, state, gone)).vanished).toEqual({ users: 1, groups: 0, disabled: 0 });
    expect(userIn(world.target, "u5")).toEqual({ userName: "u5" });
  });

  it("stay disabled where somebody else had disabled them", async () => {
    const { world, ids, state } = await ten();
    [...world.target.users.values()][3]!.attributes = { userName: "u3", active: false };
    const before = world.source.users.get(ids[3]!)!;
    world.source.users.delete(ids[3]!);
    expect((await pass(world, state, gone)).vanished.disabled).toBe(0);
    world.source.users.set(ids[3]!, before);
    expect((await pass(world, state, gone)).users.changed).toBe(0);
    expect(userIn(world.target, "u3")).toEqual({ userName: "u3", active: false });
  });

  it("are nobody's concern where only the other kind was read", async () => {
    const { world, state } = await ten();
    world.source.users.clear();
    expect((await pass(world, state, { kinds: ["Group"], ...gone })).vanished).toEqual({
      users: 0,
      groups: 0,
      disabled: 0,
    });
  });
});

describe("large and refused", () => {
  it("members are added in portions, and one that is refused does not keep the others out", async () => {
    const world = newWorld(
      {},
      {
        before: ({ method, url, body }) =>
          method === "PATCH" &&
          url.includes("/Groups/") &&
          JSON.parse(body!).Operations[0].value.some((one: { value: string }) => one.value === "t-u7")
            ? refusal(400, "invalidValue", "no such member")
            : undefined,
      },
    );
    const ids = Array.from({ length: 1_203 }, (_, index) => world.source.addUser({ userName: `u${index}` }));
    world.source.addGroup(
      { displayName: "All" },
      ids.map((value) => ({ value })),
    );
    const { memberships, groups, missingMembers } = await pass(world, newState(), { concurrency: 1, pageSize: 1_000 });
    expect(memberships).toEqual({ added: 1_202, present: 0, removed: 0, missing: 1 });
    expect(missingMembers[0]!.note).toContain("no such member");
    expect(groups).toMatchObject({ created: 1, failed: 0 });
    expect(membersIn(world.target, "All")).toHaveLength(1_202);
    const portions = world.target.asked.filter((one) => one.startsWith("PATCH /Groups"));
    expect(portions.length).toBeLessThan(3 + 2 * 10);
  });

  it("one user whom the target refuses does not stop the others, and is counted with the reason", async () => {
    const world = newWorld(
      {},
      {
        before: ({ method, body }) =>
          method === "POST" && body!.includes("bad") ? refusal(400, "invalidValue", "bad name") : undefined,
      },
    );
    for (const userName of ["a", "bad1", "b", "bad2"]) world.source.addUser({ userName });
    world.source.addUser({ displayName: "nobody's name" });
    const troubles: string[] = [];
    const summary = await pass(world, newState(), { onTrouble: (...all) => troubles.push(all.join(" ")) });
    expect(summary.users).toMatchObject({ created: 2, failed: 3 });
    expect(summary.problems.map(({ reason, count }) => [reason, count])).toEqual([
      ["400 invalidValue: bad name", 2],
      ["it has no userName", 1],
    ]);
    expect(troubles).toHaveLength(3);
    const text = reportOf(summary).join("\n");
    expect(text).toMatch(/users +2 +0 +0 +0 +3/u);
    expect(text).toContain("failed: 2 × user, 400 invalidValue: bad name (such as s-u2)");
  });

  it("names of others move no cursor: a report has one line for each thing it says", async () => {
    const world = newWorld();
    world.source.addUser({ displayName: "nobody's name" }, "a\u001b[2J\nDone.");
    world.source.addUser({ userName: "bob", ["odd\u009b31m\nname"]: "x" });
    const lines = reportOf(await pass(world, newState()));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line).not.toMatch(/\p{Cc}/u);
  });

  it("a value that the target does not take in a filter fails alone", async () => {
    const world = newWorld(
      {},
      {
        before: ({ method, url }) =>
          method === "GET" && decodeURIComponent(url).includes('"odd')
            ? refusal(400, "invalidFilter", "odd")
            : undefined,
      },
    );
    for (const userName of ["a", "odd", "b"]) world.source.addUser({ userName });
    expect((await pass(world, newState())).users).toMatchObject({ created: 2, failed: 1 });
  });

  it("the run ends where the token is refused on the way, and goes on with a better one", async () => {
    const world = newWorld({}, { token: "right" });
    for (const userName of ["a", "b", "c", "d"]) world.source.addUser({ userName });
    const state = newState();
    let posts = 0;
    world.target.options = {
      ...world.target.options,
      before: ({ method }) => (method === "POST" && ++posts > 2 ? refusal(401, undefined, "expired") : undefined),
    };
    await expect(pass(world, state)).rejects.toThrow(ServerUnusable);
    world.target.options = { prefix: "t-", token: "right" };
    await pass(world, state);
    expect(namesIn(world.target)).toHaveLength(4);
  });

  it("what the target's schemas do not have is not sent, and counted", async () => {
    const bare = { User: { ...userType, extensions: [] }, Group: groupType };
    const world = newWorld({}, { types: bare });
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    for (const userName of ["a", "b"])
      world.source.addUser({ userName, shoeSize: 1, [enterprise]: { department: "X" } });
    const { users, droppedAttributes } = await pass(world, newState());
    expect(users.created).toBe(2);
    expect(droppedAttributes).toEqual([
      { note: "“shoeSize” is no attribute of a User at the target", count: 2 },
      { note: `“${enterprise}” is no extension of a User at the target`, count: 2 },
    ]);
  });

  it("a source that pages by cursor alone, with few on a page, is read to its end", async () => {
    const world = newWorld({ pages: "cursor", mostOnPage: 2 });
    for (let index = 0; index < 11; index++) world.source.addUser({ userName: `u${index}` });
    expect((await pass(world, newState(), { pageSize: 200 })).users.created).toBe(11);
  });

  it("stops between two resources when asked to, with all that was done kept", async () => {
    const world = newWorld();
    for (let index = 0; index < 50; index++) world.source.addUser({ userName: `u${index}` });
    const state = newState();
    const abort = new AbortController();
    const onProgress = (what: string, done: number) => what === "Writing users" && done >= 7 && abort.abort();
    await expect(pass(world, state, { signal: abort.signal, onProgress })).rejects.toThrow(Stopped);
    expect(world.target.users.size).toBeLessThan(50);
    const { users } = await pass(world, state);
    expect(users.created).toBe(50);
    expect(world.source.asked.filter((one) => one === "GET /Users").length).toBe(Math.ceil(49 / 2));
  });
});

describe("a file", () => {
  const passOfFile = async (text: string | Buffer, name = "people.ndjson") => {
    const path = join(newFolder(), name);
    writeFileSync(path, text);
    const target = new FakeServer({ prefix: "t-" });
    const summary = await runPass({
      database: newState(),
      source: { is: "file", path, version: "1" },
      target: new ServerTarget(clientOf(target, "the target"), { User: userType, Group: groupType }),
      kinds: ["User", "Group"],
      mode: "both",
      exact: false,
      dryRun: false,
      deactivateMissing: false,
      atMost: 0.1,
      pageSize: 100,
      concurrency: 2,
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    return { summary, target };
  };
  const lines = [
    `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"g","displayName":"Team","members":[{"value":"u1"},{"value":"e2"}]}`,
    "",
    `{"meta":{"resourceType":"User"},"id":"u1","userName":"ada","displayName":"Ünï 🙂"}`,
    `{"schemas":["URN:ietf:params:scim:schemas:core:2.0:User"],"externalId":"e2","userName":"bob"}`,
  ];

  it("has users and groups in any order, each known by its id or externalId; the last line needs no end", async () => {
    for (const end of ["", "\n", "\r\n"]) {
      const { summary, target } = await passOfFile(lines.join(end === "" ? "\n" : end) + end);
      expect([summary.users.created, summary.groups.created, summary.badLines]).toEqual([2, 1, 0]);
      expect(membersIn(target, "Team")).toHaveLength(2);
      expect(userIn(target, "ada")["displayName"]).toBe("Ünï 🙂");
    }
  });

  it("may be compressed; one that is cut or none at all is refused", async () => {
    const gzip = gzipSync(lines.join("\n"));
    expect((await passOfFile(gzip, "people.ndjson.gz")).summary.users.created).toBe(2);
    await expect(passOfFile(gzip.subarray(0, -12), "people.ndjson.gz")).rejects.toThrow("cannot be read to its end");
    await expect(passOfFile("not gzip", "people.ndjson.gz")).rejects.toThrow("cannot be read to its end");
  });

  it("counts lines that are no resources, by their reason and number", async () => {
    const bad = ["nonsense", "[1]", `{"id":"x"}`, `{"meta":{"resourceType":"User"},"userName":"eve"}`, lines[2]!];
    const { summary } = await passOfFile([...lines, ...bad].join("\n"));
    expect(summary.badLines).toBe(5);
    expect(summary.problems.map(({ reason, count, example }) => [reason, count, example])).toEqual([
      ["it is no JSON object", 2, "5"],
      ["neither meta.resourceType nor schemas says that it is a user or a group", 1, "7"],
      ["it has neither id nor externalId", 1, "8"],
      ["its id was on a line before", 1, "9"],
    ]);
  });
});

describe("the state", () => {
  const between = { from: "https://a", to: "https://b", filter: null };

  it("is for its owner alone, and refuses another source, target or filter", () => {
    const path = join(newFolder(), "state");
    openState(path, between)[Symbol.dispose]();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    openState(path, between)[Symbol.dispose]();
    for (const other of [{ from: "https://c" }, { to: "https://c" }, { filter: "active eq true" }])
      expect(() => openState(path, { ...between, ...other })).toThrow("is the state of an import from https://a");
    const foreign = join(newFolder(), "foreign");
    writeFileSync(foreign, "This is somebody's only copy of a text.".repeat(50));
    expect(() => openState(foreign, between)).toThrow("is not a scim-ledger import state");
  });

  it("is held by one import at a time", () => {
    const path = join(newFolder(), "state");
    const held = openState(path, between);
    expect(() => openState(path, between)).toThrow("another import works with");
    held[Symbol.dispose]();
    openState(path, between)[Symbol.dispose]();
  }, 20_000);

  it("is copied for a dry run, and the copy goes away", () => {
    const path = join(newFolder(), "state");
    openState(path, between)[Symbol.dispose]();
    const before = readFileSync(path);
    const copy = openCopy(path, between);
    const file = String(copy.database.prepare("PRAGMA database_list").get()!["file"]);
    copy.database.exec("INSERT INTO links (kind, source_id, target_id) VALUES ('User', 'a', 'b')");
    copy[Symbol.dispose]();
    expect(existsSync(file)).toBe(false);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("keeps no personal value once a pass has ended", async () => {
    const path = join(newFolder(), "state");
    const world = newWorld();
    world.source.addUser({ userName: "a-name-nobody-else-has", displayName: "another-such-name" });
    const state = openState(path, { from: BASE, to: "https://b", filter: null });
    await pass(world, state.database);
    const kept =
      readFileSync(path, "latin1") + (existsSync(`${path}-wal`) ? readFileSync(`${path}-wal`, "latin1") : "");
    state[Symbol.dispose]();
    expect(kept).not.toContain("a-name-nobody-else-has");
    expect(kept).not.toContain("another-such-name");
  });
});

describe("a watch", () => {
  it("says a line for each pass, goes on after one that failed, and ends when asked to", async () => {
    const world = newWorld();
    world.source.addUser({ userName: "a" });
    const state = newState();
    const abort = new AbortController();
    const said: string[] = [];
    const pauses: number[] = [];
    let passes = 0;
    const code = await watch({
      pass: async () => {
        passes += 1;
        if (passes === 2) throw new ServerUnusable("the source is away");
        if (passes === 4) throw new Stopped("stopped");
        return pass(world, state);
      },
      interval: 1_000,
      json: false,
      io: { out: (line) => said.push(String(line)), err: (line) => said.push(line) },
      signal: abort.signal,
      pause: async (milliseconds) => void pauses.push(milliseconds),
      chance: () => 0.75,
    });
    expect([code, passes, pauses]).toEqual([0, 4, [1_050, 1_050, 1_050]]);
    expect(said.map((line) => line.replace(/^\S+ /u, "").replace(/; in .*/u, ""))).toEqual([
      "users: created 1, changed 0; groups: created 0, changed 0; memberships: added 0, removed 0, missing 0",
      "the pass could not end: the source is away",
      "users: created 0, changed 0, matched 1; groups: created 0, changed 0; memberships: added 0, removed 0, missing 0",
    ]);
  });

  it("says who is gone, and why nobody was disabled", async () => {
    const world = newWorld();
    world.source.addUser({ userName: "a" });
    const state = newState();
    await pass(world, state);
    world.source.users.clear();
    const line = lineOf(await pass(world, state, { deactivateMissing: true }));
    expect(line).toContain("not at the source any more: 1, disabled 0; 1 of 1 users are not at the source any more");
  });
});

/** A copy of a state in memory. */
function openedCopyOf(state: ReturnType<typeof newState>) {
  const path = join(newFolder(), "copy");
  state.prepare("VACUUM INTO ?").run(path);
  return openState(path, { from: "https://a", to: "https://b", filter: null }).database;
}
