import { randomUUIDv7 } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { recordsOf, systemActor } from "../../src/access/recorder.ts";
import { StreamRecorder } from "../../src/access/stream-recorder.ts";
import { SYSTEM_TENANT } from "../../src/access/tenant-name.ts";
import { applyErasures } from "../../src/cli/backup/erasures.ts";
import { AttemptRejected } from "../../src/domain/record-events.ts";
import { type OpenedEvent, openEvents } from "../../src/eventlog/codec.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { KeyRetention } from "../../src/processes/key-retention.ts";
import { startServer } from "../cli/command.ts";
import { type Embedded, startEmbedded } from "../support/embedded.ts";

const MONTHS = ["2025-09", "2025-10", "2025-11", "2026-10", "2026-11"];
const at = (month: string) => Date.parse(`${month}-15T12:00:00Z`) * 1_000;
const refused = AttemptRejected({ method: "POST", status: 400 }, { detail: "userName: is missing" });

/** A refused request in each month. */
async function records(embedded: Embedded, tenant: string): Promise<void> {
  for (const month of MONTHS) {
    const recorder = new StreamRecorder({ ...embedded.stores, clock: () => at(month) });
    await recorder.record(tenant, "attempt", [{ event: refused, actor: systemActor, requestId: month }]);
  }
}

const opened = async ({ stores }: Embedded, type: string): Promise<readonly OpenedEvent[]> =>
  openEvents(
    (await stores.log.readAll(START, 1_000)).filter((event) => event.type === type),
    (tenant, id) => stores.vault.open(tenant, id),
  );

const readable = async (embedded: Embedded, tenant: string): Promise<readonly string[]> =>
  (await opened(embedded, "AttemptRejected"))
    .filter(({ envelope, personal }) => envelope.tenant === tenant && personal !== "erased")
    .map(({ envelope }) => envelope.metadata["$correlationId"]!);

const retentionOf = ({ stores }: Embedded, clock = () => at("2026-11")) =>
  new KeyRetention({ vault: stores.vault, recorder: new StreamRecorder({ ...stores, clock }), clock });

describe("months that are over", () => {
  it("lose their key, in every tenant and in none twice, and the log says so first", async () => {
    await using embedded = await startEmbedded();
    await embedded.stores.vault.prepareTenant(SYSTEM_TENANT);
    for (const tenant of ["acme", SYSTEM_TENANT]) await records(embedded, tenant);
    const tenants = ["acme", SYSTEM_TENANT];
    expect(await retentionOf(embedded).sweep(tenants, 12)).toBe(4);
    for (const tenant of tenants) expect(await readable(embedded, tenant)).toEqual(["2025-11", "2026-10", "2026-11"]);
    expect(await retentionOf(embedded).sweep(tenants, 12)).toBe(0);
    await embedded.restart();
    const said = await opened(embedded, "KeysDestroyed");
    expect(said.map(({ envelope }) => [envelope.tenant, (envelope.data as { names: string[] }).names])).toEqual(
      tenants.map((tenant) => [tenant, [recordsOf("2025-09"), recordsOf("2025-10")]]),
    );
    expect(await readable(embedded, "acme")).toEqual(["2025-11", "2026-10", "2026-11"]);
    expect(await retentionOf(embedded).sweep(tenants, 1)).toBe(2);
    expect(await readable(embedded, "acme")).toEqual(["2026-10", "2026-11"]);
  });

  it("are found again where the log said so and the process died before the key was gone", async () => {
    await using embedded = await startEmbedded();
    await records(embedded, "acme");
    const { stores } = embedded;
    const dies = {
      ...stores.vault,
      names: stores.vault.names.bind(stores.vault),
      destroy: () => Promise.reject(new Error("died")),
    };
    const recorder = new StreamRecorder({ ...stores, clock: () => at("2026-11") });
    const dying = new KeyRetention({ vault: dies as never, recorder, clock: () => at("2026-11") });
    await expect(dying.sweep(["acme"], 12)).rejects.toThrow("died");
    expect(await retentionOf(embedded).sweep(["acme"], 12)).toBe(2);
  });
});

it("a vault from before is brought up to it by a restore", async () => {
  await using embedded = await startEmbedded();
  await records(embedded, "acme");
  const { folder } = embedded;
  const before = join(folder, "before");
  const vaultIn = (where: string) => readdirSync(where).filter((name) => name.startsWith("vault.db"));
  const copyVault = (from: string, to: string) => {
    for (const name of vaultIn(to)) rmSync(join(to, name));
    for (const name of vaultIn(from)) copyFileSync(join(from, name), join(to, name));
  };
  mkdirSync(before);
  await embedded.restart(() => copyVault(folder, before));
  await retentionOf(embedded).sweep(["acme"], 12);
  let erased = -1;
  await embedded.restart(() => {
    copyVault(before, folder);
    erased = applyErasures(folder);
  });
  expect(erased).toBe(0);
  expect(await readable(embedded, "acme")).toEqual(["2025-11", "2026-10", "2026-11"]);
});

it("the service does it at its start, where a setting says so", async () => {
  await using embedded = await startEmbedded({ tenants: ["default"] });
  await records(embedded, "default");
  const kept = async () => (await embedded.stores.vault.names("default")).length;
  const running = (environment: Record<string, string>) => async (folder: string) => {
    const server = await startServer(folder, environment);
    await server.stop();
  };
  await embedded.restart(running({}));
  expect(await kept()).toBeGreaterThanOrEqual(MONTHS.length);
  await embedded.restart(running({ SCIM_LEDGER_RECORD_MONTHS: "1" }));
  expect(await readable(embedded, "default")).not.toContain("2025-11");
});

it("a named key is destroyed alone", async () => {
  await using embedded = await startEmbedded();
  await records(embedded, "acme");
  const kept = await embedded.stores.vault.named("acme", "clients/other");
  await embedded.stores.vault.named("acme", "clients/one");
  const by = { actor: systemActor, requestId: randomUUIDv7() };
  for (const name of ["clients/one", "clients/one", "clients/unknown"])
    await retentionOf(embedded).destroyNamed("acme", name, by);
  expect(await opened(embedded, "KeysDestroyed")).toHaveLength(1);
  const names = (await embedded.stores.vault.names("acme")).map(({ name }) => name);
  expect(names).toEqual(["clients/other", ...MONTHS.map(recordsOf)]);
  expect((await embedded.stores.vault.named("acme", "clients/other")).id).toBe(kept.id);
});
