// The event store dies, or stands still, under the load of a whole service: on its double, and on the real server that
// SCIM_LEDGER_TEST_ESDB names where SCIM_LEDGER_TEST_ESDB_CONTROL can kill and pause it. With read models in MongoDB where one is
// named, else in SQLite.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import {
  CONTROL,
  hasRealServer,
  REAL_SERVER,
  realServer,
  type ServedServer,
  startDouble,
} from "../support/event-store/servers.ts";
import { MONGODB_URI } from "../support/mongodb.ts";
import { expectToEqualRebuild, expectToHold, Load, readModels, until } from "../support/outage.ts";
import { startServed } from "../support/served.ts";

/** Milliseconds after the server is started again, or goes on; a real one takes some seconds of them to start. */
const RECOVERS_WITHIN = 45_000;

type Control = NonNullable<ServedServer["control"]>;

const killed = async (control: Control) => {
  for (let round = 0; round < 3; round++) {
    await control("kill");
    await pause(500);
    await control("start");
    await pause(2_000);
  }
};
const away = async (control: Control) => {
  await control("kill");
  await pause(20_000);
  await control("start");
};
const paused = async (control: Control) => {
  await control("pause");
  await pause(30_000);
  await control("resume");
};

function describeOutage(name: string, start: () => Promise<ServedServer>): void {
  describe(`the service on ${name}`, () => {
    it.each([
      ["is killed and started again and again", "killed", killed],
      ["stays away for longer than an append is tried", "away", away],
      ["stands still for half a minute", "paused", paused],
    ])(
      "goes on by itself when it %s: nothing is lost or doubled, and the read models equal a rebuild",
      async (_, what, fail) => {
        const server = await start();
        const folder = mkdtempSync(join(tmpdir(), "scim-ledger-log-outage-"));
        const environment: Record<string, string> = {
          ...server.environment,
          SCIM_LEDGER_DATA: folder,
          ...(MONGODB_URI !== undefined && {
            SCIM_LEDGER_READ_STORE: MONGODB_URI.replace("/?", `/log_${what}_${process.pid}_${Date.now()}?`),
            SCIM_LEDGER_BASE_URL: "https://id.example.com",
          }),
        };
        try {
          {
            await using served = await startServed(environment);
            await using load = new Load(served);
            await until(() => load.answered > 20);
            await fail(server.control!);
            const [backAt, before] = [performance.now(), load.answered];
            await until(() => load.answered > before + 20);
            const recovered = Math.round(performance.now() - backAt);
            expect(recovered).toBeLessThan(RECOVERS_WITHIN);
            await until(async () => (await readModels(served)).says === "level with the log");
            await load[Symbol.asyncDispose]();
            await expectToHold(load, served);
            process.stderr.write(
              `${name}, ${what}: ${load.answered} creations acknowledged and all there, ${load.unsure.size} unsure, 20 more ${recovered} ms after\n`,
            );
          }
          if (MONGODB_URI !== undefined) await expectToEqualRebuild(environment);
        } finally {
          server.end();
          rmSync(folder, { recursive: true, force: true });
        }
      },
      180_000,
    );
  });
}

describeOutage("EventStoreDB's double", startDouble);

if (hasRealServer("outages of the event store"))
  if (CONTROL !== undefined) describeOutage("EventStoreDB", async () => realServer(REAL_SERVER!));
  else process.stderr.write("outages of the event store: SCIM_LEDGER_TEST_ESDB_CONTROL names no command\n");
