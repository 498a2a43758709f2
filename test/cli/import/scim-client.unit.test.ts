// The client: patient where it helps, exact where it does not, and silent about tokens.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { connectionOf } from "../../../src/cli/scim-client/connection.ts";
import { capabilitiesIn } from "../../../src/cli/scim-client/discovery.ts";
import { OutcomeUnknown, Refused, ServerUnusable, Stopped } from "../../../src/cli/scim-client/errors.ts";
import { LONGEST_WAIT, retryAfter, waitBefore } from "../../../src/cli/scim-client/retry.ts";
import { ScimClient } from "../../../src/cli/scim-client/scim-client.ts";
import { type HttpAnswer, type HttpRequest, sendWithFetch, TooLargeAnswer } from "../../../src/cli/scim-client/send.ts";
import { temporaryFolders } from "../../temporary-folder.ts";
import { answerOf, refusal } from "./fake-server.ts";

const START = Date.parse("2026-11-22T10:00:00Z");

/** A client of a server that answers so, one after the other; an Error is a connection that fails. */
function clientOf(answers: readonly (HttpAnswer | Error)[], patience = 60_000, signal?: AbortSignal) {
  let now = START;
  const requests: HttpRequest[] = [];
  const waits: number[] = [];
  const client = new ScimClient({
    name: "the source",
    base: "https://scim.test",
    token: "scl_secret",
    send: async (request) => {
      const answer = answers[Math.min(requests.push(request), answers.length) - 1]!;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    clock: () => now,
    pause: async (milliseconds) => {
      waits.push(milliseconds);
      now += milliseconds;
    },
    chance: () => 0,
    patience,
    ...(signal && { signal }),
  });
  return { client, requests, waits };
}
const busy = (retry?: string): HttpAnswer => answerOf(429, {}, retry === undefined ? {} : { "retry-after": retry });
const fine = answerOf(200, { id: "1" });

it("gives a request up after its fifth 500, whatever else befell it before", async () => {
  const lost = new TypeError("fetch failed");
  const failing = answerOf(500);
  const { client } = clientOf([busy("2"), lost, lost, lost, lost, failing, fine]);
  expect(await client.get("/Users")).toMatchObject({ status: 200 });
  const others = clientOf([failing, failing, failing, failing, failing, fine]);
  await expect(others.client.get("/Users")).rejects.toMatchObject({ name: "Refused", status: 500 });
});

describe("what a server says", () => {
  it("is told on one line of bounded length, without what a terminal would obey", async () => {
    const odd = `no\u001b[2J\u009b31m\r\nDone in 1 s.${"x".repeat(10_000)}`;
    const { client } = clientOf([refusal(400, odd, odd)]);
    const error = await client.get("/Users").catch((refused) => refused as Refused);
    expect(error).toBeInstanceOf(Refused);
    const { message } = error as Refused;
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(700);
    const { client: stranger } = clientOf([refusal(401, undefined as never, odd)]);
    await expect(stranger.get("/Users")).rejects.not.toThrow(/\p{Cc}/u);
  });
});

describe("waiting", () => {
  it.each<[string | null, number | undefined]>([
    ["120", 120_000],
    [" 0 ", 0],
    ["Sun, 22 Nov 2026 10:00:30 GMT", 30_000],
    ["Sunday, 22-Nov-26 10:00:30 GMT", 30_000],
    ["Sun Nov 22 10:00:30 2026", 30_000],
    ["Sun, 22 Nov 2026 09:00:00 GMT", 0],
    ["soon", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["", undefined],
    [null, undefined],
  ])("Retry-After: %s", (header, expected) => expect(retryAfter(header, START)).toBe(expected));

  it("is never shorter than the server wishes, grows, and has an end", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 1_000 }),
        fc.option(fc.nat({ max: 1_000_000 })),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, wished, chance) => {
          const wait = waitBefore(attempt, wished ?? undefined, chance);
          if (wished !== null) expect(wait).toBeGreaterThanOrEqual(wished);
          else expect(wait).toBeLessThanOrEqual(LONGEST_WAIT);
          expect(wait).toBeLessThanOrEqual((wished ?? 0) + LONGEST_WAIT);
        },
      ),
    );
    expect([0, 1, 2, 20].map((attempt) => waitBefore(attempt, undefined, 1))).toEqual([500, 1_000, 2_000, 60_000]);
  });

  it("waits as long as it is told, by seconds and by date, then goes on", async () => {
    const { client, waits, requests } = clientOf([busy("7"), busy("Sun, 22 Nov 2026 10:00:20 GMT"), fine]);
    expect((await client.get("/Users/1")).body).toEqual({ id: "1" });
    expect(waits).toEqual([7_000, 13_000]);
    expect(requests).toHaveLength(3);
  });

  it("keeps all other requests back too", async () => {
    const { client, waits } = clientOf([busy("5"), fine]);
    await Promise.all([client.get("/Users/1"), client.get("/Users/2").then(() => client.get("/Users/3"))]);
    expect(waits[0]).toBe(5_000);
    expect(waits.reduce((sum, one) => sum + one, 0)).toBeLessThan(11_000);
  });

  it("gives up when its patience ends, or at once where the wait would be longer", async () => {
    const failing = clientOf([new TypeError("fetch failed")]);
    await expect(failing.client.get("/Users")).rejects.toThrow(ServerUnusable);
    expect(failing.waits.length).toBeGreaterThan(4);
    const long = clientOf([busy("86400")]);
    await expect(long.client.get("/Users")).rejects.toThrow("cannot be worked with");
    expect(long.waits).toEqual([]);
  });

  it("stops waiting when somebody asks for the end", async () => {
    await expect(clientOf([busy("5")], 60_000, AbortSignal.abort()).client.get("/Users")).rejects.toThrow(Stopped);
  });
});

describe("what an answer means", () => {
  it("a creation is never repeated once it may have been carried out; a 429 was not", async () => {
    for (const answer of [new TypeError("fetch failed"), answerOf(502), answerOf(503), answerOf(500)]) {
      const { client, requests } = clientOf([answer, fine]);
      await expect(client.post("/Users", {})).rejects.toThrow(OutcomeUnknown);
      expect(requests).toHaveLength(1);
    }
    const { client, requests } = clientOf([busy("1"), answerOf(201, { id: "2" })]);
    expect((await client.post("/Users", {})).status).toBe(201);
    expect(requests).toHaveLength(2);
  });

  it("reads, searches and changes are repeated; a request that faults time after time is refused, not the run", async () => {
    for (const ask of [
      (client: ScimClient) => client.get("/Users"),
      (client: ScimClient) => client.search("/Users", {}),
      (client: ScimClient) => client.patch("/Users/1", {}),
    ]) {
      const { client, requests } = clientOf([answerOf(503), new TypeError("fetch failed"), fine]);
      expect((await ask(client)).status).toBe(200);
      expect(requests).toHaveLength(3);
      await expect(ask(clientOf([answerOf(500)]).client)).rejects.toThrow(Refused);
    }
  });

  it("401 and 403, redirects and pages that are no JSON end the run, in words that do not hold the token", async () => {
    const page = { ...fine, text: "<html>" };
    for (const [answer, says] of [
      [refusal(401, undefined, "no"), "refuses the token (401)"],
      [answerOf(403), "refuses the token (403)"],
      [answerOf(307), "redirect"],
      [page, "not with JSON"],
    ] as const) {
      const error = await clientOf([answer])
        .client.get("/Users")
        .catch((one) => one);
      expect(error).toBeInstanceOf(ServerUnusable);
      expect(error.message).toContain(says);
      expect(error.message).not.toContain("scl_secret");
    }
  });

  it("a refusal keeps status, scimType and the server's words, cut where they are long", async () => {
    const error = await clientOf([refusal(409, "uniqueness", "x".repeat(5_000))])
      .client.post("/Users", {})
      .catch((one) => one);
    expect([error.status, error.scimType, error.message.length]).toEqual([409, "uniqueness", 16 + 300]);
  });
});

describe("a real exchange", () => {
  it("ends where the answer is too large, or takes too long, and follows no redirect", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/large") response.end("x".repeat(100_000));
      else if (request.url === "/redirect") response.writeHead(307, { location: "/elsewhere" }).end();
      else if (request.url !== "/never") response.end("ö");
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const send = sendWithFetch({ withinMs: 300, answerBytes: 10_000 });
    const get = (path: string) => send({ method: "GET", url: url + path, headers: {} });
    try {
      expect((await get("/small")).text).toBe("ö");
      expect((await get("/redirect")).status).toBe(307);
      await expect(get("/large")).rejects.toThrow(TooLargeAnswer);
      await expect(get("/never")).rejects.toThrow();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe("a connection", () => {
  const newFolder = temporaryFolders();
  const of = (url: string, more: object = {}, env = {}) => connectionOf({ side: "from", url, ...more }, env);

  it.each([
    ["ftp://x/scim", "SCIM base URL"],
    ["nonsense", "SCIM base URL"],
    ["https://user:pass@x/scim", "user or a password"],
    ["https://x/scim?token=1", "“?”"],
    ["http://scim.example.com/v2", "--allow-plain-http"],
    ["http://127.0.0.1.example.com/v2", "--allow-plain-http"],
  ])("%s is refused", (url, says) => expect(() => of(url)).toThrow(says));

  it.each([
    ["https://x/scim/v2/", "https://x/scim/v2"],
    ["http://127.0.0.1:3000/scim", "http://127.0.0.1:3000/scim"],
    ["http://[::1]:3000", "http://[::1]:3000"],
    ["http://localhost/", "http://localhost"],
  ])("%s is taken", (url, base) => expect(of(url)).toEqual({ base }));

  it("has its token from the option, a file or the environment, and says nothing of it where it cannot be sent", () => {
    const file = join(newFolder(), "token");
    writeFileSync(file, "from-file\n");
    expect(of("https://x", { token: "a" }, { SCIM_LEDGER_FROM_TOKEN: "b" }).token).toBe("a");
    expect(of("https://x", {}, { SCIM_LEDGER_FROM_TOKEN: "b" }).token).toBe("b");
    expect(of("https://x", { tokenFile: file }).token).toBe("from-file");
    expect(() => of("https://x", { token: "a", tokenFile: file })).toThrow("once");
    expect(() => of("https://x", { tokenFile: "/nowhere" })).toThrow("/nowhere");
    for (const token of ["two words", "line\nbreak", "ünicode"]) {
      expect(() => of("https://x", { token })).toThrow("ASCII");
      expect(() => of("https://x", { token })).not.toThrow(token);
    }
  });
});

it("what a server says of itself is read with care", () => {
  expect(capabilitiesIn({})).toEqual({ patch: true, filter: true, cursor: false, index: true, pageSize: undefined });
  expect(
    capabilitiesIn({
      patch: { supported: false },
      filter: { supported: true, maxResults: 500 },
      pagination: { cursor: true, index: false, maxPageSize: 50 },
    }),
  ).toEqual({ patch: false, filter: true, cursor: true, index: false, pageSize: 50 });
  expect(capabilitiesIn({ filter: "yes", pagination: [1] } as never).pageSize).toBeUndefined();
});
