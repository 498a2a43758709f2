// The disk of a real EventStoreDB fills up under the load of a whole service: writes are refused and say why, reads go on, and
// once there is room the service goes on by itself. With read models in MongoDB where one is named, else in SQLite.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { didNotRun } from "../support/did-not-run.ts";
import { realServer, smallDisk } from "../support/event-store/servers.ts";
import { MONGODB_URI } from "../support/mongodb.ts";
import { expectToEqualRebuild, expectToHold, Load, readModels, until } from "../support/outage.ts";
import { startServed } from "../support/served.ts";

const NAME = "the service on an EventStoreDB whose disk is full";
const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const disk = smallDisk();

if (disk === undefined) didNotRun(NAME, "SCIM_LEDGER_TEST_ESDB_SMALL names no EventStoreDB on a small disk");
else
  it(`${NAME} refuses writes with 503 and a reason, goes on reading, and recovers without a restart`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "scim-ledger-full-disk-"));
    const environment: Record<string, string> = {
      ...realServer(disk.address).environment,
      SCIM_LEDGER_DATA: folder,
      ...(MONGODB_URI !== undefined && {
        SCIM_LEDGER_READ_STORE: MONGODB_URI.replace("/?", `/full_disk_${process.pid}_${Date.now()}?`),
        SCIM_LEDGER_BASE_URL: "https://id.example.com",
      }),
    };
    try {
      {
        await using served = await startServed(environment);
        const { ask } = served;
        const write = (userName: string) => ask("POST /scim/v2/Users", { body: { schemas: [USER], userName } });
        const ada = (await write("ada")).body["id"] as string;
        await using load = new Load(served);
        await until(() => load.answered > 20);
        disk.control("fill");
        try {
          // The last bytes that it had set aside are used first; an append may be its last act, and nobody reads it then.
          let refused = await write("probe-0");
          for (let probe = 0; refused.status === 201 || /is stored/u.test(refused.text); probe++) {
            (refused.status === 201 ? load.kept : load.unsure).add(`probe-${probe}`);
            refused = await write(`probe-${probe + 1}`);
            load.unsure.add(`probe-${probe + 1}`);
          }
          expect(refused.status).toBe(503);
          expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
          expect(refused.body).toMatchObject({
            status: "503",
            detail: expect.stringMatching(/^Nothing was changed: |^Whether the change was made is not known/u),
          });
          expect((await ask(`GET /scim/v2/Users/${ada}`)).body).toMatchObject({ userName: "ada" });
          const found = await ask(`GET /scim/v2/Users?filter=${encodeURIComponent('userName eq "ada"')}`);
          expect(found.body).toMatchObject({ totalResults: 1 });
          const ready = await ask("GET /health/ready");
          expect(ready.status).toBe(503);
          expect(ready.text).toContain("the last append failed");
        } finally {
          disk.control("free");
        }
        const before = load.answered;
        await until(() => load.answered > before + 20);
        await until(async () => (await readModels(served)).says === "level with the log");
        expect((await ask("GET /health/ready")).status).toBe(200);
        await load[Symbol.asyncDispose]();
        load.kept.add("ada");
        await expectToHold(load, served);
        process.stderr.write(
          `${NAME}: ${load.answered} creations acknowledged and all there, ${load.unsure.size} unsure\n`,
        );
      }
      if (MONGODB_URI !== undefined) await expectToEqualRebuild(environment);
    } finally {
      disk.control("free");
      rmSync(folder, { recursive: true, force: true });
    }
  }, 240_000);
