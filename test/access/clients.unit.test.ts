import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { type ClientLimits, Clients, clientsOf, MANY_CLIENTS } from "../../src/access/clients.ts";
import type { Credential } from "../../src/access/credential.ts";
import { clientsFrom } from "../../src/audit/effects/clients.ts";
import { type Append, START, Unavailable } from "../../src/eventlog/event-log.ts";
import { type Embedded, startEmbedded } from "../support/embedded.ts";

const credential = (id = "cred-1", tenant = "acme"): Credential => ({
  tenant,
  actor: { credential: id, name: id, kind: "provisioning" },
  scopes: new Set(),
  profile: "lenient",
  expiresAt: Number.POSITIVE_INFINITY,
  bucket: undefined,
  useDueAt: Number.POSITIVE_INFINITY,
});

const clientEvents = async ({ stores }: Embedded) =>
  (await stores.log.readAll(START, 10_000)).filter(({ type }) => type === "ClientSeen");

describe("clients of a credential", () => {
  it("are described once by whomever and whenever, and named at once from then on", async () => {
    await using embedded = await startEmbedded();
    const clients = () => new Clients({ ...embedded.stores, clock: () => Date.now() * 1_000 });
    const [one, other] = [clients(), clients()];
    const first = one.idOf(credential(), "192.0.2.1", "IdP/1.0");
    expect(first).toBeInstanceOf(Promise);
    const ids = await Promise.all([
      first,
      one.idOf(credential(), "192.0.2.1", "IdP/1.0"),
      other.idOf(credential(), "192.0.2.1", "IdP/1.0"),
    ]);
    expect(new Set(ids).size).toBe(1);
    expect(one.idOf(credential(), "192.0.2.1", "IdP/1.0")).toBe(ids[0]);
    await embedded.restart();
    expect(await clients().idOf(credential(), "192.0.2.1", "IdP/1.0")).toBe(ids[0]);
    expect(await clientEvents(embedded)).toHaveLength(1);

    const later = clients();
    const others = await Promise.all([
      later.idOf(credential(), "192.0.2.2", "IdP/1.0"),
      later.idOf(credential(), "192.0.2.1", "IdP/2.0"),
      later.idOf(credential(), "192.0.2.1", ""),
      later.idOf(credential("cred-2"), "192.0.2.1", "IdP/1.0"),
    ]);
    expect(new Set([...ids, ...others]).size).toBe(5);
  });

  it("stand in the log under the credential's key alone; once it is destroyed nothing tells who they were", async () => {
    await using embedded = await startEmbedded();
    const { log, vault, namespace } = embedded.stores;
    const clients = new Clients({ ...embedded.stores, clock: () => Date.now() * 1_000 });
    const id = (await clients.idOf(credential(), "192.0.2.1", "Canary/1.0"))!;
    const clientOf = clientsFrom(log, namespace, embedded.service.findKey);
    expect(await clientOf("acme", id)).toEqual({ id, address: "192.0.2.1", userAgent: "Canary/1.0" });
    const [event] = await clientEvents(embedded);
    expect(event!.envelope).not.toMatch(/192\.0\.2|Canary/u);
    const [named] = await vault.names("acme");
    expect(named!.name).toBe(clientsOf("cred-1"));
    await vault.destroy("acme", [named!.keyId]);
    expect(await clientOf("acme", id)).toEqual({ id, address: "[erased]", userAgent: "[erased]" });
    const fresh = new Clients({ ...embedded.stores, clock: () => Date.now() * 1_000 });
    expect(await fresh.idOf(credential(), "192.0.2.1", "Canary/1.0")).not.toBe(id);
  });

  it("that cannot be described are not named, and are tried again", async () => {
    await using embedded = await startEmbedded();
    const { log, vault, namespace } = embedded.stores;
    let down = true;
    const failures: unknown[] = [];
    const append = (one: Append) =>
      down ? Promise.reject(new Unavailable("the disk is full", "no")) : log.append(one);
    const clients = new Clients({
      log: { append },
      vault,
      namespace,
      clock: Date.now,
      onFailure: (error) => failures.push(error),
    });
    expect(await clients.idOf(credential(), "192.0.2.1", "a")).toBeUndefined();
    expect(failures).toHaveLength(1);
    down = false;
    expect(await clients.idOf(credential(), "192.0.2.1", "a")).toMatch(/^[A-Za-z0-9_-]{22}$/u);
  });
});

describe("whoever varies address and user agent", () => {
  const limits: ClientLimits = { exactAnHour: 5, addressesAnHour: 3, remembered: 40 };
  const world = () => {
    const appended: Append[] = [];
    let hours = 0;
    const clients = new Clients({
      log: {
        append: async (one) => {
          appended.push(one);
          return START;
        },
      },
      vault: { named: async () => ({ id: "AAAAAAAAAAAAAAAAAAAAAA", secret: new Uint8Array(32) }) },
      namespace: "scim",
      clock: () => hours * 3_600_000_000,
      limits,
    });
    return { clients, appended, anHourPasses: () => void hours++ };
  };

  it("is told by address where there are too many user agents, then as many, and writes no more than that an hour", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(9), fc.nat(99)), { maxLength: 300 }), async (requests) => {
        const { clients, appended, anHourPasses } = world();
        for (const round of [1, 2]) {
          for (const [address, agent] of requests)
            expect(await clients.idOf(credential(), `192.0.2.${address}`, `agent ${round} ${agent}`)).toBeDefined();
          expect(appended.length).toBeLessThanOrEqual(round * (limits.exactAnHour + limits.addressesAnHour));
          anHourPasses();
        }
      }),
      { numRuns: 30 },
    );
  });

  it("keeps the address as long as there are few", async () => {
    const { clients, appended } = world();
    const ids = await Promise.all(
      Array.from({ length: 20 }, (_, n) => clients.idOf(credential(), "192.0.2.1", `${n}`)),
    );
    expect(new Set(ids).size).toBe(6);
    expect(ids).not.toContain(MANY_CLIENTS);
    expect(appended).toHaveLength(6);
    const scattered = await Promise.all(
      Array.from({ length: 20 }, (_, n) => clients.idOf(credential(), `192.0.2.${n}`, "x")),
    );
    expect(scattered.at(-1)).toBe(MANY_CLIENTS);
    expect(await clients.idOf(credential("another"), "192.0.2.1", "x")).not.toBe(MANY_CLIENTS);
  });

  it("is known by the beginning of a user agent without end", async () => {
    const { clients, appended } = world();
    const endless = (tail: string) => clients.idOf(credential(), "192.0.2.1", "x".repeat(60_000) + tail);
    expect(await endless("a")).toBe(await endless("b"));
    expect(appended[0]!.events[0]!.ciphertext!.length).toBeLessThan(500);
  });

  it("takes no more memory than is set aside, of however many credentials", async () => {
    const { clients, appended } = world();
    for (let n = 0; n < 100; n++) await clients.idOf(credential(`c${n}`), "192.0.2.1", "x");
    const before = appended.length;
    await clients.idOf(credential("c99"), "192.0.2.1", "x");
    expect(appended).toHaveLength(before);
    await clients.idOf(credential("c0"), "192.0.2.1", "x");
    expect(appended).toHaveLength(before + 1);
  });
});
