// The verifier in another language, written from docs/ledger.md, says what ours says. Where there is no Python it is passed over.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { openLedger } from "../../src/embedded/open-ledger.ts";
import { systemClock } from "../../src/eventlog/clock.ts";
import { relist } from "../audit/evidence/cases.ts";
import { runHere } from "../cli/command.ts";
import { startEmbedded } from "../support/embedded.ts";
import { client } from "../support/requests.ts";

const SCRIPT = fileURLToPath(new URL("../../tools/verify_ledger.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const root = mkdtempSync(join(tmpdir(), "scim-ledger-second-"));
const proof = join(root, "e.tlog-proof");
const out = join(root, "export");
const evidence = join(root, "evidence");
const all = join(root, "evidence-of-all");
let key = "";
let instanceKey = "";

beforeAll(async () => {
  await using embedded = await startEmbedded();
  const { createUser, createGroup } = client(embedded);
  const users: string[] = [];
  for (let n = 0; n < 40; n++) users.push(await createUser({ userName: `user ${n}` }));
  const group = await createGroup("Treasury", users.slice(0, 3));
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
  await embedded.restart(async () => {
    const question = ["audit", "evidence", ...from, "--question"];
    await runHere([...question, "members", "--group", group, "--out", evidence]);
    await runHere([...question, "orphans", "--out", all]);
  });
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

ifPython("both verifiers refuse an export that says more than its head, or has more files", async () => {
  const folder = join(root, "more");
  const codesAfter = async (change: () => void) => {
    rmSync(folder, { recursive: true, force: true });
    cpSync(out, folder, { recursive: true });
    change();
    const { code, stdout } = second(folder, "--key", key);
    expect(stdout.trimEnd()).toMatch(/^FAILED: [ -~]*$/u);
    return [code, (await runHere(["verify", folder, "--key", key])).code];
  };
  const about = JSON.parse(readFileSync(join(out, "export.json"), "utf8"));
  const put = (text: string) => writeFileSync(join(folder, "export.json"), text);
  for (const said of [{ tenant: "other" }, { kind: "x" }, { format: 2 }, { size: 7 }, { origin: "x" }, { more: 1 }])
    expect(await codesAfter(() => put(`${JSON.stringify({ ...about, ...said }, null, 2)}\n`))).toEqual([1, 1]);
  for (const text of ["", "[]", "nonsense", JSON.stringify(about)])
    expect(await codesAfter(() => put(text))).toEqual([1, 1]);
  const strange = "x\nSIGNED: \u001b[2Jall is well";
  expect(await codesAfter(() => writeFileSync(join(folder, strange), ""))).toEqual([1, 1]);
  expect(
    await codesAfter(() => {
      rmSync(join(folder, "events.bin"));
      symlinkSync(join(out, "events.bin"), join(folder, "events.bin"));
    }),
  ).toEqual([1, 1]);
});

ifPython("evidence holds, whether it carries some streams or all", async () => {
  for (const folder of [evidence, all]) {
    // Whether the answer follows it cannot say, and so it never ends as if all were well.
    expect(second(folder, "--key", key)).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/^SIGNED: \d+ leaves.*whether the answer follows takes scim-ledger/u),
    });
    expect(second(folder)).toMatchObject({ code: 2, stdout: expect.stringMatching(/^UNANCHORED/u) });
    expect((await runHere(["verify", folder, "--key", key])).code).toBe(0);
  }
});

ifPython(
  "both verifiers refuse the same changed evidence",
  async () => {
    const bad = join(root, "bad-evidence");
    const codesAfter = async (change: (folder: string) => void) => {
      rmSync(bad, { recursive: true, force: true });
      cpSync(evidence, bad, { recursive: true });
      change(bad);
      return [second(bad, "--key", key).code, (await runHere(["verify", bad, "--key", key])).code];
    };
    for (const name of readdirSync(evidence)) {
      const path = join(evidence, name);
      const bytes = readFileSync(path);
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const flip = (folder: string) => {
          const copy = Buffer.from(bytes);
          copy[at]! ^= 2;
          writeFileSync(join(folder, name), copy);
        };
        const expected = name === "run.json" ? [2, 0] : [1, 1];
        expect([name, at, ...(await codesAfter(flip))]).toEqual([name, at, ...expected]);
      }
      expect([name, ...(await codesAfter((folder) => rmSync(join(folder, name))))]).toEqual([name, 1, 1]);
    }
    expect(await codesAfter((folder) => writeFileSync(join(folder, "more"), ""))).toEqual([1, 1]);
    const forged = (change: (folder: string) => void) =>
      codesAfter((folder) => {
        change(folder);
        relist(folder);
      });
    expect(await forged(() => {})).toEqual([2, 0]);
    const edited = (name: string, change: (bytes: Buffer) => Uint8Array) => (folder: string) =>
      writeFileSync(join(folder, name), change(readFileSync(join(folder, name))));
    const otherKey = (bytes: Buffer) => Buffer.from(bytes.toString().replace(/ [0-9a-f]{4}/u, " 0000"));
    expect(await forged(edited("keys.txt", otherKey))).toEqual([1, 1]);
    expect(await forged(edited("leaves.bin", (bytes) => bytes.subarray(bytes.readUInt16BE() + 2)))).toEqual([1, 1]);
    const withoutFirst = (bytes: Buffer) => {
      const envelope = bytes.readUInt32BE(8);
      return bytes.subarray(16 + envelope + bytes.readUInt32BE(12 + envelope));
    };
    expect(await forged(edited("events.bin", withoutFirst))).toEqual([1, 1]);
    // What the other verifier does not ask.
    expect(await forged(edited("answer.json", (bytes) => bytes.subarray(1)))).toEqual([2, 1]);
    const saying = (name: string, change: (text: string) => string) =>
      edited(name, (bytes) => Buffer.from(change(bytes.toString())));
    expect(await forged(saying("policy", (text) => `# approved\n${text}`))).toEqual([1, 1]);
    const another = `log ${instanceKey}\n`;
    expect(await forged(saying("policy", (text) => another + text))).toEqual([1, 1]);
    const limit = (text: string) => text.replace('"parameters": {', '"parameters": { "limit": "1",');
    expect(await forged(saying("manifest.json", limit))).toEqual([1, 1]);
    const twice = (text: string) => text.replace('"tenant":', '"tenant": "other", "tenant":');
    expect(await codesAfter(saying("manifest.json", twice))).toEqual([1, 1]);
    expect(await forged(saying("manifest.json", (text) => text.replace(/"keys": \d+/u, '"keys": 99')))).toEqual([1, 1]);
    for (const nonsense of ["[]", "7", "{}", "[".repeat(100_000)]) {
      expect(await codesAfter(saying("manifest.json", () => nonsense))).toEqual([1, 1]);
      writeFileSync(join(bad, "manifest.json"), nonsense);
      expect(second(bad, "--key", key).stdout).toMatch(/^FAILED/u);
    }
  },
  60_000,
);
