// The disk of a real EventStoreDB fills up under load, and has room again.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "@jest/globals";
import { EventStoreEventLog } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { didNotRun } from "../../support/did-not-run.ts";
import { smallDisk } from "../../support/event-store/servers.ts";
import { storm } from "./storm.ts";

const NAME = "the event log on a full disk";
const disk = smallDisk();

if (disk === undefined) didNotRun(NAME, "SCIM_LEDGER_TEST_ESDB_SMALL names no EventStoreDB on a small disk");
else
  it.each([
    ["one shared stream of appends", false],
    ["one call an append", true],
  ])(
    `${NAME} (%s) loses and doubles nothing, says that it could not write, and goes on when there is room again`,
    async (_, callPerAppend) => {
      const namespace = `t${randomBytes(8).toString("hex")}`;
      const log = await EventStoreEventLog.open(disk.address, {
        namespace,
        beginBeside: true,
        callPerAppend,
        giveUpMs: 8_000,
      });
      try {
        const found = await storm(log, {
          writers: 8,
          data: { text: "x".repeat(20_000) },
          meanwhile: async ({ more }) => {
            await more(20);
            disk.control("fill");
            try {
              while (log.writeFailure === undefined) await sleep(50);
            } finally {
              disk.control("free");
            }
            await more(20);
            expect(log.writeFailure).toBeUndefined();
          },
        });
        const { acknowledged, unknown, unknownWritten, longestPause } = found;
        process.stderr.write(
          `${NAME}: ${acknowledged} appends acknowledged and all there, ${unknown} unknown (${unknownWritten} written), longest pause ${Math.round(longestPause)} ms\n`,
        );
      } finally {
        disk.control("free");
        await log.close();
      }
    },
    240_000,
  );
