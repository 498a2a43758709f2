// The leader of three real servers dies, or stands still, under load: another one leads, and the log goes on with it. Runs where
// SCIM_LEDGER_TEST_ESDB_CLUSTER names them and SCIM_LEDGER_TEST_ESDB_CLUSTER_CONTROL a command that is called with “kill” and
// “pause” for whichever leads, “start” for whichever is dead and “resume” for whichever stands still.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { EventStoreEventLog } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { didNotRun } from "../../support/did-not-run.ts";
import { appendOf, newId, userStream } from "../sealed-events.ts";
import { type Storm, storm } from "./storm.ts";

const CLUSTER = process.env["SCIM_LEDGER_TEST_ESDB_CLUSTER"];
const CONTROL = process.env["SCIM_LEDGER_TEST_ESDB_CLUSTER_CONTROL"];

const opened: EventStoreEventLog[] = [];
afterAll(async () => {
  for (const log of opened) await log.close();
});

const control = (what: "kill" | "start" | "pause" | "resume") =>
  void execFileSync(CONTROL!, [what], { stdio: "ignore" });

const GIVE_UP_MS = 60_000;

async function opening(address: string, callPerAppend: boolean): Promise<EventStoreEventLog> {
  const namespace = `t${randomBytes(8).toString("hex")}`;
  const log = await EventStoreEventLog.open(address, {
    namespace,
    beginBeside: true,
    callPerAppend,
    giveUpMs: GIVE_UP_MS,
  });
  opened.push(log);
  return log;
}

/** How long the log does not take an append, ms. */
async function away(log: EventStoreEventLog): Promise<number> {
  const began = performance.now();
  await log.append(appendOf(userStream(newId(), log.namespace), "none"));
  return Math.round(performance.now() - began);
}

const say = (what: string, pauses: readonly number[], { acknowledged, unknown }: Storm) =>
  process.stderr.write(
    `${what}: ${acknowledged} appends acknowledged and all there, ${unknown} unknown, away for ${pauses.join(", ")} ms\n`,
  );

function describeCluster(address: string): void {
  describe.each([
    ["one shared stream of appends", false],
    ["one call an append", true],
  ])("the log on three servers (%s)", (way, callPerAppend) => {
    it("loses and doubles nothing when the leader is killed under load, and goes on with the next before it is back", async () => {
      const log = await opening(address, callPerAppend);
      const pauses: number[] = [];
      const found = await storm(log, {
        writers: 32,
        meanwhile: async ({ more }) => {
          for (let round = 0; round < 3; round++) {
            await more(50);
            control("kill");
            pauses.push(await away(log));
            await more(50);
            control("start");
            await sleep(15_000);
          }
        },
      });
      say(`leader killed (${way})`, pauses, found);
      expect(found.reasons).toEqual([]);
    }, 400_000);

    it("loses and doubles nothing when the leader stands still, is replaced, and comes back in the belief that it leads", async () => {
      const log = await opening(address, callPerAppend);
      const pauses: number[] = [];
      const found = await storm(log, {
        writers: 32,
        meanwhile: async ({ more }) => {
          await more(50);
          control("pause");
          pauses.push(await away(log));
          await more(50);
          await sleep(10_000);
          control("resume");
          await sleep(10_000);
          // A server that was overruled ends itself, to cut off what only it has.
          control("start");
          await sleep(15_000);
          pauses.push(await away(log));
        },
      });
      say(`leader paused (${way})`, pauses, found);
      expect(found.reasons).toEqual([]);
    }, 400_000);
  });
}

if (CLUSTER !== undefined && CONTROL !== undefined) describeCluster(CLUSTER);
else
  didNotRun(
    "three real servers whose leader dies or stands still",
    "SCIM_LEDGER_TEST_ESDB_CLUSTER and SCIM_LEDGER_TEST_ESDB_CLUSTER_CONTROL name no cluster",
  );
