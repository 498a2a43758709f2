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
import { openKeysToRead, openLogToRead } from "../../src/cli/projections/sources.ts";
import type { Position } from "../../src/eventlog/event-log.ts";
import { AsynchronousProjector } from "../../src/projections/asynchronous-projector.ts";
import { connectToMongo } from "../../src/readstore/mongodb/connection.ts";
import { MongoViewWriter } from "../../src/readstore/mongodb/mongo-view-writer.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import { dumpOf } from "../readstore/mongodb/views.ts";
import { type Served, startServed } from "../support/served.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const WRITES_EVERY = 50;
/** Milliseconds after which writes are answered again: a fraction of this on a machine with nothing else to do. */
const RECOVERS_WITHIN = 15_000;

const CONTROL = process.env["SCIM_LEDGER_TEST_MONGODB_CONTROL"]?.split(" ");
const control = async (...verb: string[]): Promise<string> => {
  const [command = "", ...given] = CONTROL ?? [];
  const { stdout } = await promisify(execFile)(command, [...given, ...verb]);
  return stdout.trim();
};

/** Writes steadily, and remembers what it was told. */
class Load implements AsyncDisposable {
  readonly kept = new Set<string>();
  readonly deleted = new Set<string>();
  /** Names whose last answer was none, or an error. */
  readonly unsure = new Set<string>();
  answered = 0;
  readonly #served: Served;
  readonly #timer: NodeJS.Timeout;
  readonly #running = new Set<Promise<void>>();
  #made = 0;

  constructor(served: Served) {
    this.#served = served;
    this.#timer = setInterval(() => {
      const run = this.#write(`user-${this.#made++}`).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }, WRITES_EVERY);
  }

  /** Resolves once every write has its answer. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }

  async #write(userName: string): Promise<void> {
    const isToGo = userName.endsWith("5");
    const made = await this.#ask("POST /scim/v2/Users", { body: { schemas: [USER], userName } });
    if (made?.status !== 201) return void this.unsure.add(userName);
    this.answered += 1;
    if (!isToGo) return void this.kept.add(userName);
    const gone = await this.#ask(`DELETE /scim/v2/Users/${made.body["id"]}`);
    (gone?.status === 204 ? this.deleted : this.unsure).add(userName);
  }

  #ask(...asked: Parameters<Served["ask"]>) {
    return this.#served.ask(...asked).catch(() => undefined);
  }
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await pause(50);
};

interface Ready {
  readonly status: number;
  readonly says: string;
}
const readModels = async ({ ask }: Served): Promise<Ready> => {
  const { status, body } = await ask("GET /health/ready");
  const checks = body["checks"] as { name: string; ok: boolean; says: string }[];
  const { ok, says } = checks.find(({ name }) => name === "read models")!;
  return { status: ok ? status : 503, says };
};

const namesIn = async ({ ask }: Served): Promise<string[]> => {
  const names: string[] = [];
  for (let all = 1; names.length < all; ) {
    const { body } = await ask(`GET /scim/v2/Users?attributes=userName&startIndex=${names.length + 1}&count=100`);
    all = body["totalResults"] as number;
    names.push(...(body["Resources"] as { userName: string }[]).map(({ userName }) => userName));
  }
  return names;
};

/** Builds the read models anew beside those that served, and holds them against each other. */
async function expectToEqualRebuild(environment: Record<string, string>): Promise<void> {
  const read = readSettings(environment);
  if ("problems" in read) throw new Error(read.problems.join(" "));
  const { settings } = read;
  await using mongo = await connectToMongo(environment["SCIM_LEDGER_READ_STORE"]!);
  const { database } = mongo;
  await using closing = new AsyncDisposableStack();
  const log = closing.adopt(await openLogToRead(settings), (opened) => opened.close());
  const keys = closing.adopt(await openKeysToRead(settings, mongo), (opened) => opened.close());
  await using writer = await MongoViewWriter.open({ database, generation: "whole", epoch: 1 });
  const projector = await AsynchronousProjector.resume(writer, { ...log, ...keys });
  for (let after: Position = projector.position; ; after = projector.position) {
    const events = await log.readAll(after, 1_000);
    if (events.length === 0) break;
    await projector.project(events);
  }
  expect(await dumpOf(database, "v1")).toEqual(await dumpOf(database, "whole"));
}

if (CONTROL === undefined)
  describe("a server of MongoDB that dies or is paused", () =>
    it.skip("was not tried: SCIM_LEDGER_TEST_MONGODB_CONTROL names no command", () => undefined));
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
            const names = await namesIn(served);
            expect(names).toHaveLength(new Set(names).size);
            expect([...load.kept].filter((userName) => !names.includes(userName))).toEqual([]);
            const allowed = load.kept.union(load.unsure);
            expect(names.filter((userName) => !allowed.has(userName))).toEqual([]);
          }
          await expectToEqualRebuild(environment);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
      120_000,
    );
  });
