// The questions over HTTP: formats, refusals, and that nothing is read that is not recorded.
import { once } from "node:events";
import { get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import express from "express";
import type { Recording } from "../../src/access/recorder.ts";
import { Inspections } from "../../src/audit/answers/inspections.ts";
import type { Rows } from "../../src/audit/answers/question.ts";
import { type AuditOptions, auditRoutes } from "../../src/http/audit/routes.ts";
import { send } from "../../src/http/audit/stream.ts";
import { errorText, refusalOf } from "../../src/http/error-table.ts";
import { Exchange } from "../../src/http/exchange.ts";
import type { Route } from "../../src/http/route.ts";
import type { HistoryWalks } from "../../src/readstore/walks.ts";
import { sourcesOf } from "./asking.ts";
import { World } from "./world.ts";

const world = new World();
const ada = world.user("ada");
const group = world.group("group", ada, world.user("grace"));
const recordings: Recording[] = [];
let refusing = false;
let base = "";
let server: Server;

const recorder = {
  async record(_tenant: string, _kind: string, events: readonly Recording[]) {
    if (refusing) throw new Error("disk full");
    recordings.push(...events);
  },
};
const sources = sourcesOf(world);
const tick = "0123456789".repeat(1_000);
let pieces = 0;
async function* endless() {
  for (;;) {
    pieces += 1;
    yield tick;
  }
}
const tally = { rows: 0, bytes: 0 };
let outcome: Promise<unknown> = Promise.resolve();
/** Rows that are short, and each take the thread for some milliseconds. */
async function* laborious() {
  for (let row = 0; row < 60; row++) {
    for (const end = performance.now() + 4; performance.now() < end; );
    yield "row\n";
  }
}
const slow: Route = {
  method: "GET",
  path: "/laborious",
  scope: "audit:read",
  handle: (exchange) => send(exchange, "text/plain", laborious(), { rows: 0, bytes: 0 }),
};
const forever: Route = {
  method: "GET",
  path: "/endless",
  scope: "audit:read",
  handle: (exchange) => {
    outcome = send(exchange, "text/plain", endless(), tally).catch((error: unknown) => error);
  },
};

beforeAll(async () => {
  const app = express();
  for (const route of [
    ...auditRoutes({
      evidence: { clock: () => world.now } as AuditOptions["evidence"],
      sources,
      inspections: new Inspections(recorder),
      recorder,
      bodies: { bodyBytes: 100_000, jsonDepth: 32 },
      version: "1.2.3",
    }),
    forever,
    slow,
  ]) {
    app[route.method === "POST" ? "post" : "get"](route.path, async (request, response) => {
      const exchange = new Exchange(route, request, response, request.params as Record<string, string>, () => {});
      exchange.credential = {
        tenant: request.get("x-tenant") ?? "acme",
        actor: { credential: "cred-7", name: "auditor", kind: "auditor" },
        scopes: new Set(["audit:read"]),
        profile: "lenient",
        expiresAt: Number.POSITIVE_INFINITY,
        bucket: undefined,
        useDueAt: Number.POSITIVE_INFINITY,
      };
      try {
        await route.handle(exchange);
      } catch (error) {
        const refusal = refusalOf(error);
        exchange.answer(refusal.status, errorText(refusal), refusal.headers);
      }
    });
  }
  server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  recordings.length = 0;
  refusing = false;
});

const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${base}/audit/v1${path}`, { headers });
const endings = () => recordings.map(({ event }) => [event.type, (event.data as { outcome?: string }).outcome]);

describe("GET /audit/v1", () => {
  it("answers in JSON, and tells who asked what and how much left", async () => {
    const answer = await ask(`/groups/${group}/members?limit=5`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json"]);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ question: "members-at", parameters: { id: group, limit: "5" }, count: 2 });
    expect(recordings).toMatchObject([
      { event: { type: "InspectionBegun", data: { question: "members-at" } }, actor: { credential: "cred-7" } },
      { event: { type: "InspectionEnded", data: { rows: 2, bytes: Buffer.byteLength(text), outcome: "complete" } } },
    ]);
  });

  it("answers line by line to whoever accepts that", async () => {
    const answer = await ask(`/users/${ada}/timeline`, { accept: "application/x-ndjson" });
    expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await answer.text())
      .trimEnd()
      .split("\n")
      .map((line) => Object.keys(JSON.parse(line) as object)[0]);
    expect(lines).toEqual(["answer", "row", "row", "end"]);
  });

  it("answers as CSV to whoever accepts that, and in the format that the parameter names", async () => {
    const answer = await ask(`/users/${ada}/timeline`, { accept: "text/csv" });
    expect(answer.headers.get("content-type")).toMatch(/^text\/csv/);
    expect((await answer.text()).split("\r\n")[0]).toMatch(/^"#answer","{""question"":""timeline""/);
    const named = await ask(`/users/${ada}/timeline?format=ndjson`, { accept: "text/csv" });
    expect(named.headers.get("content-type")).toBe("application/x-ndjson");
    expect((await named.text()).split("\n")[0]).not.toContain("format");
  });

  it.each([
    ["/users/ID/timeline?format=xml", 400, "invalidValue"],
    ["/users/ID/timeline?format=csv&format=json", 400, "invalidValue"],
    ["/users/nobody/access", 404, undefined],
    ["/robots/r2/timeline", 404, undefined],
    ["/users/ID/access?asOf=2999-01-01T00:00:00Z", 400, "invalidValue"],
    ["/users/ID/access?asOf=2026-01-01T00:00:00+02:00", 400, "invalidValue"],
    ["/users/ID/access?as_of=2026-01-01T00:00:00Z", 400, "invalidValue"],
    ["/users/ID/access?from=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z", 400, "invalidValue"],
    ["/users/ID/access?id=other", 400, "invalidValue"],
    ["/users/ID/timeline?limit=0", 400, "invalidValue"],
    ["/users/ID/timeline?limit=1e2", 400, "invalidValue"],
    ["/users/ID/timeline?order=random", 400, "invalidValue"],
    ["/users/ID/timeline?__proto__=x", 400, "invalidValue"],
  ])("refuses %s as a SCIM error", async (path, status, scimType) => {
    const answer = await ask(path.replace("ID", ada));
    expect(answer.status).toBe(status);
    const body = (await answer.json()) as Record<string, unknown>;
    expect(body).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      status: String(status),
      detail: expect.any(String),
    });
    expect(body["scimType"]).toBe(scimType);
    expect(endings()).toEqual(
      status === 400
        ? []
        : [
            ["InspectionBegun", undefined],
            ["InspectionEnded", "complete"],
          ],
    );
  });

  it("does not answer another tenant", async () => {
    expect((await ask(`/users/${ada}/access`, { "x-tenant": "other" })).status).toBe(404);
  });

  it("is refused where it cannot be recorded", async () => {
    refusing = true;
    const answer = await ask(`/users/${ada}/access`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await answer.text()).not.toContain("ada");
  });
});

describe("POST /audit/v1/assertions", () => {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${base}/audit/v1/assertions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  const leaves = { user: ada, kind: "leaves", at: "2026-09-30T18:00:00+02:00" };

  it("keeps dates and approvals as events, each with its source", async () => {
    const assertions = [
      leaves,
      { user: ada, kind: "joins", at: null },
      { approval: "TICKET-7", at: "2026-09-01T00:00:00Z" },
    ];
    const answer = await post({ source: "workday", assertions });
    expect([answer.status, await answer.json()]).toEqual([201, { source: "workday", recorded: 3 }]);
    expect(recordings.map(({ event, actor }) => [event.type, event.data, actor.credential])).toEqual([
      ["DateAsserted", { user: ada, kind: "leaves", at: 1790784000000000, source: "workday" }, "cred-7"],
      ["DateAsserted", { user: ada, kind: "joins", at: null, source: "workday" }, "cred-7"],
      ["ApprovalAsserted", { approval: "TICKET-7", at: 1788220800000000, source: "workday" }, "cred-7"],
    ]);
  });

  it.each([
    ["a date without an offset", { source: "hr", assertions: [{ ...leaves, at: "2026-09-30T18:00:00" }] }],
    ["a day without a time", { source: "hr", assertions: [{ ...leaves, at: "2026-09-30" }] }],
    ["nobody", { source: "hr", assertions: [leaves, { ...leaves, user: "nobody" }] }],
    ["a group", { source: "hr", assertions: [{ ...leaves, user: group }] }],
    ["no source", { assertions: [leaves] }],
    ["an empty source", { source: " ", assertions: [leaves] }],
    ["no assertions", { source: "hr", assertions: [] }],
    ["too many assertions", { source: "hr", assertions: Array.from({ length: 1_001 }, () => leaves) }],
    ["an unknown kind", { source: "hr", assertions: [{ ...leaves, kind: "sleeps" }] }],
    ["an unknown member", { source: "hr", assertions: [{ ...leaves, colour: "red" }] }],
    ["__proto__", '{"source":"hr","assertions":[],"__proto__":{"x":1}}'],
  ])("refuses %s as a whole", async (_, body) => {
    const answer = await post(body);
    expect([answer.status, ((await answer.json()) as { scimType: string }).scimType]).toEqual([400, "invalidValue"]);
    expect(recordings).toEqual([]);
  });

  it.each([
    "9999-12-31T23:59:59Z",
    "2256-01-01T00:00:00Z",
    "2255-06-05T23:47:35Z",
    "1684-07-28T00:12:25.259008Z",
    "1600-01-01T00:00:00+01:00",
    "0001-01-01T00:00:00Z",
  ])("refuses %s, which no event can hold, with the range", async (at) => {
    for (const assertion of [
      { ...leaves, at },
      { approval: "TICKET-7", at },
    ]) {
      const answer = await post({ source: "hr", assertions: [leaves, assertion] });
      const { scimType, detail } = (await answer.json()) as { scimType: string; detail: string };
      expect([answer.status, scimType]).toEqual([400, "invalidValue"]);
      expect(detail).toContain(`assertions.1.at: “${at}”`);
      expect(detail).toContain("from 1684-07-28T00:12:25.259009Z to 2255-06-05T23:47:34.740991Z");
    }
    expect(recordings).toEqual([]);
  });

  it.each(["2255-06-05T23:47:34.740991Z", "1684-07-28T00:12:25.259009Z"])(
    "takes %s, the last of the range",
    async (at) => {
      expect((await post({ source: "hr", assertions: [{ ...leaves, at }] })).status).toBe(201);
      expect(recordings).toMatchObject([{ event: { data: { at: expect.any(Number) } } }]);
    },
  );

  it("does not know the users of another tenant", async () => {
    expect((await post({ source: "hr", assertions: [leaves] }, { "x-tenant": "other" })).status).toBe(400);
  });
});

describe("a long answer", () => {
  it("lets others have their turn, however short the rows are that take long", async () => {
    let longest = 0;
    let before = performance.now();
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - before);
      before = performance.now();
    }, 1);
    expect(await (await fetch(`${base}/laborious`)).text()).toBe("row\n".repeat(60));
    clearInterval(beat);
    expect(longest).toBeLessThan(120);
  });

  it("waits for a client that does not read, and ends with one that goes away", async () => {
    const [answer] = (await once(get(`${base}/endless`), "response")) as [IncomingMessage];
    answer.pause();
    let before = -1;
    while (before !== pieces) {
      before = pieces;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(tally.bytes).toBeGreaterThan(0);
    answer.destroy();
    expect(await outcome).toMatchObject({ name: "ClientGone" });
    expect(pieces - before).toBeLessThan(20);
  });

  it("asks the store for no more members than are read", async () => {
    const { membersAt } = await import("../../src/audit/questions/members.ts");
    let batches = 0;
    const { store } = sources;
    const since = world.position;
    const member = { value: ada, type: "User", display: "ada", isEnabled: true, within: [{ group, since }] } as const;
    const large = {
      ...sources,
      store: new Proxy(store, {
        get: (target, name) => {
          if (name !== "standingMembers") return Reflect.get(target, name).bind(target);
          return (...[, , , , limit]: Parameters<HistoryWalks["standingMembers"]>) => {
            batches += 1;
            return Array.from({ length: limit }, () => member);
          };
        },
      }),
    };
    const answer = await membersAt.read({ id: group }, world.now).answer(large, "acme");
    const { rows } = answer.content as Rows;
    let read = 0;
    for await (const batch of rows) {
      read += batch.length;
      if (read > 1_200) break;
    }
    expect(read - 1_200).toBeLessThanOrEqual(read / batches);
    expect(batches).toBeGreaterThan(1);
  });
});
