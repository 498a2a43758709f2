// What bounds a Bulk request while it is carried out: its client, its credential, its time, and the others.
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { Provisioning } from "../../../src/eventlog/provisioning.ts";
import type { JsonObject } from "../../../src/scim/json.ts";
import { ask, FakeWorld, startService, systemContext, type TestService } from "../fakes.ts";

const REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";

/** Begins each command only when it is let; counts those begun. */
class Gated implements Provisioning {
  readonly world = new FakeWorld();
  begun = 0;
  open = Promise.withResolvers<void>();

  async user(...command: Parameters<Provisioning["user"]>) {
    this.begun += 1;
    await this.open.promise;
    return this.world.user(...command);
  }
  group(...command: Parameters<Provisioning["group"]>) {
    return this.world.group(...command);
  }
  resource(...[typeName]: Parameters<Provisioning["resource"]>) {
    return this.world.resource(typeName);
  }
}

let gated: Gated;
let service: TestService;
beforeEach(async () => {
  gated = new Gated();
  service = await startService({}, { provisioning: gated, readStore: gated.world.readStore });
});
afterEach(async () => {
  jest.restoreAllMocks();
  gated.open.resolve();
  await service.close();
});

let names = 0;
const users = (count: number) => ({
  schemas: [REQUEST],
  Operations: Array.from({ length: count }, (_, index) => ({
    method: "POST",
    path: "/Users",
    bulkId: `u${index}`,
    data: { schemas: [USER], userName: `user${names++}` },
  })),
});
const statusesOf = ({ body }: { body: JsonObject }) =>
  (body["Operations"] as JsonObject[]).map(({ status }) => String(status));
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}

describe("a Bulk request", () => {
  it("has 16 operations under way at most", async () => {
    const reply = ask(service, "POST /scim/v2/Bulk", { body: users(40) });
    await until(() => gated.begun === 16);
    await pause(30);
    expect(gated.begun).toBe(16);
    gated.open.resolve();
    expect(new Set(statusesOf(await reply))).toEqual(new Set(["201"]));
    expect(gated.begun).toBe(40);
  });

  it("whose client goes away begins nothing more, and finishes what is begun", async () => {
    const leaving = new AbortController();
    const reply = fetch(`${service.url}/scim/v2/Bulk`, {
      method: "POST",
      headers: { Authorization: `Bearer ${service.token}`, "Content-Type": "application/scim+json" },
      body: JSON.stringify(users(40)),
      signal: leaving.signal,
    });
    await until(() => gated.begun === 16);
    leaving.abort();
    await expect(reply).rejects.toThrow();
    await pause(50);
    gated.open.resolve();
    await until(() => gated.world.contexts.length === 16);
    await pause(50);
    expect([gated.begun, gated.world.resources.size]).toEqual([16, 16]);
  });

  it("whose credential is revoked meanwhile begins nothing more", async () => {
    const { token, credential } = await service.tenants.issue(
      "default",
      { name: "leaked", kind: "provisioning" },
      systemContext,
    );
    const reply = ask(service, "POST /scim/v2/Bulk", { body: users(20), token });
    await until(() => gated.begun === 16);
    await service.tenants.revoke("default", credential, systemContext);
    gated.open.resolve();
    const { status, body } = await reply;
    expect(status).toBe(200);
    expect(statusesOf({ body })).toEqual([...Array(16).fill("201"), ...Array(4).fill("401")]);
    expect(gated.begun).toBe(16);
  });

  it("whose time is up answers what was not begun with 503, so that it can be sent again", async () => {
    const reply = ask(service, "POST /scim/v2/Bulk", { body: users(20) });
    await until(() => gated.begun === 16);
    const now = performance.now();
    jest.spyOn(performance, "now").mockReturnValue(now + 61_000);
    gated.open.resolve();
    const { body } = await reply;
    expect(statusesOf({ body })).toEqual([...Array(16).fill("201"), ...Array(4).fill("503")]);
    expect((body["Operations"] as JsonObject[]).at(-1)).toMatchObject({
      response: { detail: expect.stringMatching(/^Nothing was changed: the operation was not begun within the 60 s/) },
    });
  });

  it("is one of four of its tenant; a fifth is refused until one is done, and other tenants are not", async () => {
    const first = [1, 2, 3, 4].map(() => ask(service, "POST /scim/v2/Bulk", { body: users(1) }));
    await until(() => gated.begun === 4);
    const fifth = await ask(service, "POST /scim/v2/Bulk", { body: users(1) });
    expect([fifth.status, fifth.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(fifth.body["detail"]).toMatch(/^Nothing was changed/);
    await service.tenants.create("other", "Other", systemContext);
    const { token } = await service.tenants.issue("other", { name: "x", kind: "provisioning" }, systemContext);
    const other = ask(service, "POST /scim/v2/Bulk", { body: users(1), token });
    await until(() => gated.begun === 5);
    gated.open.resolve();
    for (const reply of [...first, other]) expect(statusesOf(await reply)).toEqual(["201"]);
    expect((await ask(service, "POST /scim/v2/Bulk", { body: users(1) })).status).toBe(200);
  });
});
