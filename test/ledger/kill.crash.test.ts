// kill -9 at each step of a checkpoint: no head without its events, no regression, nothing handed out that the log does not bear out.
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "@jest/globals";
import { openLedger } from "../../src/embedded/open-ledger.ts";
import { openStores } from "../../src/embedded/stores.ts";
import { systemClock } from "../../src/eventlog/clock.ts";
import { readEnvelope } from "../../src/eventlog/envelope.ts";
import { parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { HeadFiles } from "../../src/ledger/file/head-files.ts";
import { INSTANCE } from "../../src/ledger/keys.ts";
import { rootAt } from "../../src/ledger/prove.ts";
import { parseNote } from "../../src/ledger/signed-note.ts";
import { runHere } from "../cli/command.ts";
import { temporaryFolder } from "../support/embedded.ts";

const SIGNER = fileURLToPath(new URL("./dying-signer.ts", import.meta.url));
/** Read, not imported: the program begins at once. */
const STEPS = /STEPS = \[(.*?)\]/su
  .exec(readFileSync(SIGNER, "utf8"))![1]!
  .split("\n")
  .flatMap((line) => /"(.*)"/u.exec(line)?.[1] ?? []);
const TREES = ["acme", INSTANCE];

interface Said {
  readonly tenant: string;
  readonly note?: string;
  readonly failed?: string;
}

let folder = "";
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Lets the signer work until it dies; what it said. */
async function untilDeath(step: string, times: number, killAfter?: number): Promise<readonly Said[]> {
  const child = spawn(process.execPath, [SIGNER, folder, step, String(times)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const death = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const said: Said[] = [];
  let timer: NodeJS.Timeout | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    try {
      said.push(JSON.parse(line));
    } catch {
      continue; // the line that death cut short
    }
    if (killAfter !== undefined) timer ??= setTimeout(() => child.kill("SIGKILL"), killAfter);
  }
  await death;
  clearTimeout(timer);
  expect(child.signalCode).toBe("SIGKILL");
  return said;
}

const headOf = (note: string) => parseCheckpoint(parseNote(note).text);

/** Holds everything that was said to what is there after a start. */
async function expectWhole(said: readonly Said[]): Promise<void> {
  expect(said.filter(({ failed }) => failed !== undefined)).toEqual([]);
  const heads = new HeadFiles(join(folder, "ledger"));
  const stores = await openStores(folder);
  const { checkpoints } = await openLedger(stores, { folder: join(folder, "ledger"), clock: systemClock() });
  expect([...checkpoints.failures]).toEqual([]);
  for (const tree of TREES) {
    const handedOut = said.flatMap(({ tenant, note }) => (tenant === tree && note !== undefined ? [headOf(note)] : []));
    const sizes = handedOut.map(({ size }) => size);
    expect(sizes).toEqual([...new Set(sizes)].sort((one, other) => one - other));
    for (const { size, root } of handedOut)
      expect(await rootAt(size, ({ level, n }) => stores.ledger.ledgerTile(tree, level, n))).toEqual(root);
    const kept = heads.last(tree);
    expect(kept === undefined ? 0 : headOf(kept).size).toBeGreaterThanOrEqual(sizes.at(-1) ?? 0);
  }
  await checkpoints.signAll();
  for (const tree of TREES) {
    const logged = (await stores.log.read(`scim.ledger-${tree}`, -1)).map(
      (event) => (readEnvelope(event).data as { note: string }).note,
    );
    const sizes = logged.map((note) => headOf(note).size);
    expect(sizes).toEqual([...new Set(sizes)].sort((one, other) => one - other));
    expect(logged.at(-1)).toBe(heads.last(tree));
  }
  await stores[Symbol.asyncDispose]();
  expect(await runHere(["ledger", "check", "--data", folder])).toMatchObject({ code: 0 });
}

it.each(STEPS)(
  "killed %s, at the first time and later on",
  async (step) => {
    folder = temporaryFolder();
    const said = [...(await untilDeath(step, 1))];
    await expectWhole(said);
    said.push(...(await untilDeath(step, 3)));
    await expectWhole(said);
  },
  60_000,
);

it("killed at any time", async () => {
  folder = temporaryFolder();
  const said: Said[] = [];
  for (const wait of [7, 23, 61, 140]) said.push(...(await untilDeath("never", 0, wait)));
  expect(said.length).toBeGreaterThan(8);
  await expectWhole(said);
}, 60_000);
