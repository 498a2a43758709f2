import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "@jest/globals";
import { noteSigner } from "../../src/ledger/signing.ts";
import { COSIGNATURE, formatVerifierKey, parseVerifierKey } from "../../src/ledger/verifier-key.ts";
import { run } from "./command.ts";

const COMMAND = fileURLToPath(new URL("../../bin/scim-ledger.js", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "scim-ledger-witness-verb-"));
const data = join(root, "witness");
const log = formatVerifierKey(noteSigner("log.example/acme", Buffer.alloc(32, 1)).key);
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(root, { recursive: true });
});

/** Starts a witness; resolves with its key and what ends it. */
async function witness(): Promise<{ key: string; end(): Promise<number> }> {
  const args = ["witness", "--name", "w.example", "--listen", "127.0.0.1:0", "--data", data, "--log", log];
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let said = "";
  for await (const piece of child.stdout!) {
    said += piece;
    if (said.includes("w.example+") && said.endsWith("\n")) break;
  }
  const ended = once(child, "exit");
  return {
    key: said.trimEnd().split("\n").at(-1)!.trim(),
    async end() {
      child.kill("SIGTERM");
      const [code] = await ended;
      return code as number;
    },
  };
}

it("a witness keeps its key, ends in order, and is one of a folder", async () => {
  const first = await witness();
  expect(parseVerifierKey(first.key)).toMatchObject({ name: "w.example", type: COSIGNATURE });
  const second = await run(["witness", "--name", "w.example", "--listen", "127.0.0.1:0", "--data", data, "--log", log]);
  expect(second).toMatchObject({ code: 1, stderr: expect.stringMatching(/is held by process \d+: .*--data\n$/u) });
  expect(await first.end()).toBe(0);
  const again = await witness();
  expect(again.key).toBe(first.key);
  expect(await again.end()).toBe(0);
});

it("an address that it cannot have is said in words of its own options", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  for (const [listen, says] of [
    [`127.0.0.1:${port}`, "is taken by another process"],
    ["192.0.2.1:3100", "is no address of this machine"],
  ] as const) {
    const args = ["witness", "--name", "w.example", "--data", join(root, "other"), "--log", log, "--listen", listen];
    const { code, stderr } = await run(args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`^${listen} ${says}: .*--listen\n$`, "u"))]);
  }
  taken.close();
});

it.each([
  [["--log", "nonsense"], /--log: /u],
  [["--log", log, "--listen", "nowhere"], /--listen is “nowhere”/u],
  [["--log", log, "--name", "a b"], /--name must have/u],
])("what it cannot be told (%j) ends with 2", async (args, says) => {
  const { code, stderr } = await run(["witness", "--name", "w.example", "--data", join(root, "no"), ...args]);
  expect(stderr).toMatch(says);
  expect(code).toBe(2);
});
