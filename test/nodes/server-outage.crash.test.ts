// The server of the read models dies or is paused under load: the service goes on by itself, and nothing is lost or doubled. It is
// a server of this suite's own: `SCIM_LEDGER_TEST_MONGODB_CONTROL` names a command that takes `start 0` (on a free port, prints
// the URI), `start PORT`, `kill`, `pause`, `resume` and `stop`.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { didNotRun } from "../support/did-not-run.ts";
import { expectToEqualRebuild, expectToHold, Load, readModels, until } from "../support/outage.ts";
import { startServed } from "../support/served.ts";

/** Milliseconds after which writes are answered again: a fraction of this on a machine with nothing else to do. */
const RECOVERS_WITHIN = 15_000;

const CONTROL = process.env["SCIM_LEDGER_TEST_MONGODB_CONTROL"]?.split(" ");
const control = async (...verb: string[]): Promise<string> => {
  const [command = "", ...given] = CONTROL ?? [];
  const { stdout } = await promisify(execFile)(command, [...given, ...verb]);
  return stdout.trim();
};

if (CONTROL === undefined)
  didNotRun("a server of MongoDB that dies or is paused", "SCIM_LEDGER_TEST_MONGODB_CONTROL names no command");
else
  describe("the service", () => {
    let uri: string;
    beforeAll(async () => {
      uri = await control("start", "0");
    }, 120_000);
    afterAll(async () => void (await control("stop")), 60_000);

    const killedFor = (milliseconds: number) => async (whileItLasts: () => Promise<void>) => {
      await control("kill");
      await pause(milliseconds);
      if (milliseconds > 1_000) await whileItLasts();
      await control("start", new URL(uri).port);
    };
    const pausedFor = (milliseconds: number) => async (whileItLasts: () => Promise<void>) => {
      await control("pause");
      await pause(milliseconds);
      await whileItLasts();
      await control("resume");
    };
    it.each([
      ["is killed and started at once", "once", killedFor(100)],
      ["is killed and stays away for a while", "while", killedFor(8_000)],
      ["is paused for half a minute", "pause", pausedFor(30_000)],
    ])(
      "goes on by itself when its MongoDB %s: nothing is lost or doubled",
      async (_, name, fail) => {
        const folder = mkdtempSync(join(tmpdir(), "scim-ledger-outage-"));
        const environment = {
          SCIM_LEDGER_DATA: folder,
          SCIM_LEDGER_READ_STORE: uri.replace("/?", `/outage_${name}_${process.pid}?`),
        };
        try {
          {
            await using served = await startServed(environment);
            await using load = new Load(served);
            await until(() => load.answered > 20);
            await fail(async () => expect(await readModels(served)).toMatchObject({ status: 503, says: /./u }));
            const [backAt, before] = [performance.now(), load.answered];
            await until(() => load.answered > before + 5);
            expect(performance.now() - backAt).toBeLessThan(RECOVERS_WITHIN);
            await until(async () => (await readModels(served)).says === "level with the log");
            expect(performance.now() - backAt).toBeLessThan(RECOVERS_WITHIN);
            expect(await readModels(served)).toMatchObject({ status: 200 });
            await load[Symbol.asyncDispose]();
            await expectToHold(load, served);
          }
          await expectToEqualRebuild(environment);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
      120_000,
    );
  });
