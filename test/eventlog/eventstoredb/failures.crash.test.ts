// The connection and the server fail under load. On a real server where SCIM_LEDGER_TEST_ESDB names one and
// SCIM_LEDGER_TEST_ESDB_CONTROL a command that is called with “kill”, “start”, “pause” and “resume” for it; on the double always.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { START } from "../../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { Cable } from "../../support/event-store/cable.ts";
import { EventStoreDouble } from "../../support/event-store/double.ts";
import { CONTROL, hasRealServer, REAL_SERVER } from "../../support/event-store/servers.ts";
import { appendOf, newId, userStream } from "../sealed-events.ts";
import { type Storm, storm } from "./storm.ts";

type Control = "kill" | "start" | "pause" | "resume";

interface Server {
  readonly address: string;
  /** Each resolves when it is done; `start` returns when the server may still be starting. */
  control(what: Control): Promise<void>;
}

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

/** Longer than a server takes to start on a busy machine. */
const PATIENCE_MS = 60_000;

const answering = async (log: EventStoreEventLog): Promise<void> => void (await log.head());

const say = (what: string, { acknowledged, unknown, unknownWritten, longestPause }: Storm) =>
  process.stderr.write(
    `${what}: ${acknowledged} appends acknowledged and all there, ${unknown} unknown (${unknownWritten} written), longest pause ${Math.round(longestPause)} ms\n`,
  );

function describeFailures(name: string, start: () => Promise<Server>, pauseMs: number): void {
  describe.each([
    ["one shared stream of appends", false],
    ["one call an append", true],
  ])(`${name} (%s)`, (way, callPerAppend) => {
    const opening = async (address: string) => {
      const log = await EventStoreEventLog.open(address, {
        namespace: `t${randomBytes(8).toString("hex")}`,
        beginBeside: true,
        callPerAppend,
        giveUpMs: PATIENCE_MS,
      });
      closing.push(() => log.close());
      return log;
    };

    it("loses and doubles nothing when the server is killed under load and started again, and needs no restart", async () => {
      const { address, control } = await start();
      const log = await opening(address);
      const found = await storm(log, {
        writers: 32,
        meanwhile: async ({ more }) => {
          for (let round = 0; round < 2; round++) {
            await more(100);
            await control("kill");
            await sleep(500);
            await control("start");
            await more(100);
          }
        },
      });
      say(`${name}, killed (${way})`, found);
      expect(found.reasons).toEqual([]);
    }, 240_000);

    it("shows subscribers whose buffers were full when the server was killed everything once, in order, when it is back", async () => {
      const { address, control } = await start();
      const log = await opening(address);
      const [stop, held] = [new AbortController(), Promise.withResolvers<void>()];
      const follow = (prefixes?: readonly string[]) => {
        const seen: string[] = [];
        const ended = (async () => {
          for await (const events of log.subscribe(START, stop.signal, prefixes)) {
            seen.push(...events.map(({ id }) => id));
            await held.promise;
          }
        })();
        return { seen, ended };
      };
      const subscribers = [follow(), follow([`${log.namespace}.user-`])];
      const write = async (appends: number) => {
        for (let made = 0; made < appends; made++)
          await log.append(appendOf(userStream(newId(), log.namespace), "none", 100));
      };
      await write(1);
      while (subscribers.some(({ seen }) => seen.length === 0)) await sleep(10);
      await write(40);
      await control("kill");
      await sleep(500);
      await control("start");
      await answering(log);
      await write(5);
      held.resolve();
      while (subscribers.some(({ seen }) => seen.length < 4_600)) await sleep(10);
      stop.abort();
      const all = (await log.readAll(START, 10_000)).map(({ id }) => id);
      for (const { seen, ended } of subscribers) {
        await ended;
        expect(seen).toEqual(all);
      }
    }, 240_000);

    it(`loses and doubles nothing when the server stands still for ${pauseMs} ms`, async () => {
      const { address, control } = await start();
      const log = await opening(address);
      const found = await storm(log, {
        writers: 16,
        meanwhile: async ({ more }) => {
          await more(50);
          await control("pause");
          await sleep(pauseMs);
          await control("resume");
          await more(50);
        },
      });
      say(`${name}, paused (${way})`, found);
    }, 240_000);

    it("loses and doubles nothing when the connection is cut again and again", async () => {
      const { address } = await start();
      const port = Number(/:(\d+)/u.exec(address)![1]);
      const cable = await Cable.to(port);
      closing.push(() => cable.end());
      const log = await opening(address.replace(`:${port}`, `:${cable.port}`));
      const found = await storm(log, {
        writers: 16,
        meanwhile: async ({ more }) => {
          for (let round = 0; round < 10; round++) {
            await sleep(300 * Math.random());
            cable.cut();
            if (round % 2 === 0) await more(10);
          }
          await more(50);
        },
      });
      say(`${name}, cut (${way})`, found);
      expect(found.reasons).toEqual([]);
    }, 240_000);

    it("loses and doubles nothing when nothing comes through for a while", async () => {
      const { address } = await start();
      const port = Number(/:(\d+)/u.exec(address)![1]);
      const cable = await Cable.to(port);
      closing.push(() => cable.end());
      const log = await opening(address.replace(`:${port}`, `:${cable.port}`));
      const found = await storm(log, {
        writers: 16,
        meanwhile: async ({ more }) => {
          await more(50);
          cable.block();
          await sleep(7_000);
          cable.unblock();
          await more(50);
        },
      });
      say(`${name}, blocked (${way})`, found);
      expect(found.reasons).toEqual([]);
    }, 240_000);
  });
}

describeFailures(
  "EventStoreDB's double",
  async () => {
    const double = await new EventStoreDouble().start();
    closing.push(() => double.stop());
    return {
      address: double.address,
      control: async (what) => {
        if (what === "kill") double.stop();
        else if (what === "start") await double.start();
        else
          double.faults.append =
            what === "pause" ? () => ({ written: Math.random() < 0.5, heard: "nothing" }) : () => undefined;
      },
    };
  },
  3_000,
);

if (hasRealServer("failures of the event log")) {
  const command = CONTROL;
  if (command === undefined)
    process.stderr.write(
      "failures of the event log: SCIM_LEDGER_TEST_ESDB_CONTROL names no command, so the real server was not killed\n",
    );
  else {
    describeFailures(
      "EventStoreDB",
      async () => ({
        address: REAL_SERVER!,
        control: async (what) => void execFileSync(command, [what], { stdio: "ignore" }),
      }),
      30_000,
    );
  }
}
