import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "@jest/globals";
import { discardViews } from "../../src/readstore/sqlite/views-file.ts";
import { dumpOf } from "../readstore/dump.ts";
import { holdAndStart, temporaryFolder } from "../support/embedded.ts";
import { client, eventually } from "../support/requests.ts";

type Will = { userName?: string; mark?: number; members?: string[]; deleted?: true };

/** What is known of a resource: the last state that was acknowledged, and one that was asked for since. */
interface Known {
  done?: Will;
  will?: Will | undefined;
}

const ROUNDS = 4;
const STORM = fileURLToPath(new URL("./storm.ts", import.meta.url));

/** Lets a storm rage for a moment, kills it without warning, and returns what it was told. */
async function storm(folder: string, round: number, mode: string, known: Map<string, Known>): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [STORM, folder, String(round), mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout! });
  let timer: NodeJS.Timeout | undefined;
  for await (const line of lines) {
    let said: { started?: true; id: string; will?: Will; done?: Will };
    try {
      said = JSON.parse(line);
    } catch {
      continue; // the line that death cut short
    }
    if (said.started) timer = setTimeout(() => child.kill("SIGKILL"), 250 + 150 * round);
    else if (said.will !== undefined) known.set(said.id, { ...known.get(said.id), will: said.will });
    else if (said.done !== undefined) known.set(said.id, { done: said.done });
  }
  clearTimeout(timer);
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once("exit", resolve));
}

it.each(["atomic", "single"])(
  "kill -9 in a write storm (%s appends): what was acknowledged is there, nothing is half there, no name is held by nobody",
  async (mode) => {
    const folder = temporaryFolder();
    const known = new Map<string, Known>();
    try {
      for (let round = 0; round < ROUNDS; round++) await storm(folder, round, mode, known);
      expect(known.size).toBeGreaterThan(50);
      const running = await holdAndStart(folder, { atomic: mode === "atomic" });
      const { attributes, members, createUser } = client(running as never);
      const names = new Set<string>();
      const isState = async (id: string, state: Will | undefined): Promise<boolean> => {
        if (state?.members !== undefined) {
          const group = await running.stores.readStore.get("acme", "Group", id);
          const current = await members(id);
          // A dead member's membership is ended behind the answer.
          return group !== undefined && current.every((member) => state.members!.includes(member));
        }
        const user = await attributes(id);
        if (state === undefined || state.deleted) return user === undefined;
        return user?.["userName"] === state.userName && user?.["title"] === String(state.mark);
      };
      for (const [id, { done, will }] of known) {
        const holds = (await isState(id, done)) || (will !== undefined && (await isState(id, will)));
        if (!holds)
          throw new Error(
            `${id}: acknowledged ${JSON.stringify(done)}, asked ${JSON.stringify(will)}, found ${JSON.stringify(await attributes(id))}`,
          );
        const user = await attributes(id);
        if (user !== undefined) expect(user["nickName"]).toBe(user["title"]);
        for (const state of [done, will]) if (state?.userName !== undefined) names.add(state.userName);
      }
      // Every name that was ever asked for is borne by somebody or can be had.
      const borne = new Set<string>();
      for (const [id] of known) {
        const name = (await attributes(id))?.["userName"];
        if (typeof name === "string") borne.add(name);
      }
      const sample = [...names].filter((name) => !borne.has(name)).slice(0, 40);
      await eventually(async () => {
        const settled = await Promise.allSettled(sample.map((userName) => createUser({ userName })));
        const refused = settled.flatMap((outcome, n) => (outcome.status === "rejected" ? [sample[n]!] : []));
        sample.splice(0, sample.length, ...refused);
        return sample.length === 0;
      }, 12_000);
      for (const name of [...borne].slice(0, 20))
        await expect(createUser({ userName: name })).rejects.toMatchObject({ status: 409 });
      await running.stop();
      const before = dumpOf(folder);
      discardViews(folder);
      await (await holdAndStart(folder, { atomic: mode === "atomic" })).stop();
      expect(dumpOf(folder)).toEqual(before);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  90_000,
);
