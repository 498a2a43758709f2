// The verifier in another language, written from docs/ledger.md, says what ours says. Where there is no Python it is passed over.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { openLedger } from "../../src/embedded/open-ledger.ts";
import { systemClock } from "../../src/eventlog/clock.ts";
import { runHere } from "../cli/command.ts";
import { startEmbedded } from "../support/embedded.ts";
import { client } from "../support/requests.ts";

const SCRIPT = fileURLToPath(new URL("../../tools/verify_ledger.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const root = mkdtempSync(join(tmpdir(), "scim-ledger-second-"));
const proof = join(root, "e.tlog-proof");
const out = join(root, "export");
let key = "";
let instanceKey = "";

beforeAll(async () => {
  await using embedded = await startEmbedded();
  for (let n = 0; n < 40; n++) await client(embedded).createUser({ userName: `user ${n}` });
  const folder = join(embedded.folder, "ledger");
  const { checkpoints } = await openLedger(embedded.stores, { folder, clock: systemClock() });
  await checkpoints.signAll();
  await client(embedded).createUser({ userName: "last" });
  await checkpoints.signAll();
  const from = ["--data", embedded.folder, "--tenant", "acme"];
  key = (await runHere(["ledger", "vkey", ...from])).stdout.trim();
  await runHere(["ledger", "prove", ...from, "--index", "11", "--out", proof]);
  await runHere(["ledger", "export", ...from, "--out", out]);
  await runHere(["ledger", "prove", ...from, "--head", "--out", join(root, "head.tlog-proof")]);
  const instance = ["--data", embedded.folder, "--tenant", "_instance"];
  instanceKey = (await runHere(["ledger", "vkey", ...instance])).stdout.trim();
  await runHere(["ledger", "export", ...instance, "--out", join(root, "heads")]);
});
afterAll(() => rmSync(root, { recursive: true }));

const second = (...args: string[]) => {
  const { status, stdout } = spawnSync("python3", [SCRIPT, ...args], { encoding: "utf8" });
  return { code: status, stdout };
};
const ifPython = hasPython ? it : it.skip;

ifPython("a proof and an export hold", async () => {
  expect(second(proof, "--key", key)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^SIGNED: leaf 11 of/u) });
  expect(second(out, "--key", key)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^SIGNED: \d+ events/u) });
  expect(second(out)).toMatchObject({ code: 2, stdout: expect.stringMatching(/^UNANCHORED/u) });
  expect(second(out, "--key", "nonsense").code).toBe(3);
});

ifPython("so does the tree over the heads of all tenants", async () => {
  const heads = join(root, "heads");
  const way = join(root, "head.tlog-proof");
  expect(second(way, "--key", instanceKey)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^SIGNED: leaf \d+ of \d+ is a word of .*\/acme\n$/u),
  });
  expect(second(heads, "--key", instanceKey)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^SIGNED/u) });
  const events = readFileSync(join(heads, "events.bin"));
  for (const at of [30, 400, events.length - 5]) {
    const copy = Buffer.from(events);
    copy[at]! ^= 2;
    writeFileSync(join(heads, "events.bin"), copy);
    const codes = [
      second(heads, "--key", instanceKey).code,
      (await runHere(["verify", heads, "--key", instanceKey])).code,
    ];
    expect([at, ...codes]).toEqual([at, 1, 1]);
  }
});

ifPython(
  "both verifiers refuse the same changed bits",
  async () => {
    const bytes = readFileSync(proof);
    for (let at = 3; at < bytes.length; at += 97) {
      const copy = Buffer.from(bytes);
      copy[at]! ^= 2;
      writeFileSync(`${proof}-bad`, copy);
      const codes = [
        second(`${proof}-bad`, "--key", key).code,
        (await runHere(["verify", `${proof}-bad`, "--key", key])).code,
      ];
      expect([at, ...codes]).toEqual([at, 1, 1]);
    }
    for (const at of [2, 90, 1_000, 20_000]) {
      const folder = join(root, `bad-${at}`);
      cpSync(out, folder, { recursive: true });
      const events = readFileSync(join(out, "events.bin"));
      events[at]! ^= 2;
      writeFileSync(join(folder, "events.bin"), events);
      const codes = [second(folder, "--key", key).code, (await runHere(["verify", folder, "--key", key])).code];
      expect([at, ...codes]).toEqual([at, 1, 1]);
    }
  },
  60_000,
);
