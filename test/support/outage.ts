// What a service is held against while one of its servers fails: a steady load, what became of it, and a rebuild.
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "@jest/globals";
import { openKeysToRead } from "../../src/cli/keys-to-read.ts";
import { openLogToRead } from "../../src/cli/projections/sources.ts";
import { ordinalOf, type Position } from "../../src/eventlog/event-log.ts";
import { AsynchronousProjector } from "../../src/projections/asynchronous-projector.ts";
import { viewsIn } from "../../src/readstore/mongodb/collections.ts";
import { connectToMongo } from "../../src/readstore/mongodb/connection.ts";
import { MongoViewWriter } from "../../src/readstore/mongodb/writing/mongo-view-writer.ts";
import { readSettings } from "../../src/settings/read-settings.ts";
import { dumpOf } from "../readstore/mongodb/views.ts";
import type { Served } from "./served.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const WRITES_EVERY = 50;

/** Writes steadily, and remembers what it was told. */
export class Load implements AsyncDisposable {
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

export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await pause(50);
};

export interface Ready {
  readonly status: number;
  readonly says: string;
}
export const readModels = async ({ ask }: Served): Promise<Ready> => {
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

/** Builds the read models anew beside those that served, as far as those came, and holds them against each other. */
export async function expectToEqualRebuild(environment: Record<string, string>): Promise<void> {
  const read = readSettings(environment);
  if ("problems" in read) throw new Error(read.problems.join(" "));
  const { settings } = read;
  await using mongo = await connectToMongo(environment["SCIM_LEDGER_READ_STORE"]!);
  const { database } = mongo;
  await using closing = new AsyncDisposableStack();
  const log = closing.adopt(await openLogToRead(settings), (opened) => opened.close());
  const keys = closing.adopt(await openKeysToRead(settings), (opened) => opened.close());
  const served = await dumpOf(database, "v1");
  const { place } = (await viewsIn(database, "v1").checkpoint.findOne({ _id: "checkpoint" }))!;
  await using writer = await MongoViewWriter.open({ database, generation: "whole", epoch: 1 });
  const projector = await AsynchronousProjector.resume(writer, { ...log, ...keys });
  for (let after: Position = projector.position; ; after = projector.position) {
    // The last head may have been signed when the projector had ended.
    const events = (await log.readAll(after, 1_000)).filter(({ position }) => ordinalOf(position) <= place);
    if (events.length === 0) break;
    await projector.project(events);
  }
  expect(await dumpOf(database, "whole")).toEqual(served);
}

/** Nobody whose creation was answered is missing, nobody whose deletion was answered is there, and nobody is there twice. */
export async function expectToHold(load: Load, served: Served): Promise<void> {
  const names = await namesIn(served);
  expect(names).toHaveLength(new Set(names).size);
  expect([...load.kept].filter((userName) => !names.includes(userName))).toEqual([]);
  const allowed = load.kept.union(load.unsure);
  expect(names.filter((userName) => !allowed.has(userName))).toEqual([]);
}
