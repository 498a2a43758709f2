import { Agent, get } from "node:http";
import { describe, expect, it } from "@jest/globals";
import { clientAddress } from "../../src/http/client-address.ts";
import { createLogger } from "../../src/http/log.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { startServer } from "../../src/http/server.ts";
import { ask, defaultSettings, startService } from "./fakes.ts";

describe("closing", () => {
  it("finishes what is under way, refuses what comes after, and does not wait for idle connections", async () => {
    let release = () => {};
    const entered = Promise.withResolvers<void>();
    const server = await startServer(defaultSettings(), () => (_request, response) => {
      release = () => response.end("done");
      entered.resolve();
    });
    const agent = new Agent({ keepAlive: true });
    const answer = new Promise<string>((resolve, reject) => {
      get(server.url, { agent }, (response) => response.on("data", (data) => resolve(String(data)))).on(
        "error",
        reject,
      );
    });
    await entered.promise;
    const closed = server.close();
    await expect(fetch(server.url)).rejects.toThrow();
    release();
    expect(await answer).toBe("done");
    await closed;
    agent.destroy();
  });

  it("does not wait longer than it may", async () => {
    const entered = Promise.withResolvers<void>();
    const server = await startServer(defaultSettings({ SCIM_LEDGER_DRAIN_MS: "50" }), () => () => entered.resolve());
    const answer = fetch(server.url).catch(() => "cut off");
    await entered.promise;
    await server.close();
    expect(await answer).toBe("cut off");
  });

  it("fails in a sentence where the port is taken", async () => {
    const server = await startServer(defaultSettings(), () => () => {});
    const PORT = new URL(server.url).port;
    await expect(startServer(defaultSettings({ PORT }), () => () => {})).rejects.toThrow(/EADDRINUSE/);
    await server.close();
  });
});

it("the start page says what this is and whether it is ready, and runs no script", async () => {
  const readiness = [{ name: "projector", check: () => ({ ok: false, says: "12 <events> behind" }) }];
  const service = await startService({}, { readiness });
  const page = await ask(service, "GET /", { token: null });
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  expect(page.text).toContain("12 &lt;events&gt; behind");
  expect(page.text).toContain(`${service.url}/scim/v2`);
  const ready = await ask(service, "GET /health/ready", { token: null });
  expect([ready.status, ready.body]).toEqual([
    503,
    { status: "not ready", checks: [{ name: "projector", ok: false, says: "12 <events> behind" }] },
  ]);
  expect((await ask(service, "GET /health/live", { token: null })).status).toBe(200);
  await service.close();
});

it("metrics count requests by route, never by path", async () => {
  const metrics = new Metrics();
  metrics.lagFrom(() => 7);
  const service = await startService({}, { metrics });
  await ask(service, "GET /scim/v2/Users/ada@example.com");
  await ask(service, "GET /scim/v2/Users/ada@example.com");
  const { text } = await ask(service, "GET /metrics", { token: null });
  expect(text).toContain('scim_ledger_http_requests_total{route="GET /scim/v2/Users/:id",status="404"} 2');
  expect(text).toContain('scim_ledger_http_request_seconds_bucket{route="GET /scim/v2/Users/:id",le="+Inf"} 2');
  expect(text).toContain('scim_ledger_http_request_seconds_count{route="GET /scim/v2/Users/:id"} 2');
  expect(text).toContain("scim_ledger_projection_lag_events 7");
  expect(text).not.toContain("ada");
  await service.close();
});

it("logs have no token, no path and no body", async () => {
  const lines: string[] = [];
  const log = createLogger("trace", { write: (line) => lines.push(line) });
  const service = await startService({}, { log });
  await ask(service, 'GET /scim/v2/Users?filter=userName eq "canary"');
  await ask(service, "POST /scim/v2/Users", { body: { userName: "canary", password: "canary" } });
  service.world.failure = new Error("broken");
  await ask(service, "POST /scim/v2/Users", {
    body: { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "canary" },
  });
  log.info({ authorization: "canary", nested: { token: "canary", deeper: { password: "canary" } } }, "redacted");
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.join("")).toContain('"route":"/scim/v2/Users"');
  expect(lines.join("")).not.toContain("canary");
  expect(lines.join("")).not.toContain(service.token);
  await service.close();
});

describe("the client's address", () => {
  const of = (peer: string, forwarded: string | undefined, proxies?: string[]) =>
    clientAddress(proxies)({
      socket: { remoteAddress: peer },
      headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
    } as unknown as Parameters<ReturnType<typeof clientAddress>>[0]);
  const proxies = ["10.0.0.0/8", "fd00::1"];

  it.each<[string, string, string | undefined, string[] | undefined, string]>([
    ["the socket's", "192.0.2.1", undefined, proxies, "192.0.2.1"],
    ["not what a stranger claims", "192.0.2.1", "198.51.100.7", proxies, "192.0.2.1"],
    ["not what anybody claims, without proxies", "10.0.0.1", "198.51.100.7", undefined, "10.0.0.1"],
    ["what a trusted proxy saw", "10.0.0.1", "198.51.100.7", proxies, "198.51.100.7"],
    ["the last untrusted hop", "10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", proxies, "198.51.100.7"],
    ["mapped IPv4 in its own form", "::ffff:10.0.0.1", "::ffff:198.51.100.7", proxies, "198.51.100.7"],
    ["an IPv6 proxy's", "fd00::1", "2001:db8::7", proxies, "2001:db8::7"],
    ["the nearest where the header is nonsense", "10.0.0.1", "nonsense", proxies, "10.0.0.1"],
  ])("is %s", (_, peer, forwarded, trusted, expected) => expect(of(peer, forwarded, trusted)).toBe(expected));
});
