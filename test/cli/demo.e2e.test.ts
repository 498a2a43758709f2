import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "@jest/globals";
import { temporaryFolders } from "../temporary-folder.ts";

const newFolder = temporaryFolders();
const DEMO = fileURLToPath(new URL("../../demo/run.ts", import.meta.url));

it("the demo provisions, asks five questions, cleans up and ends well", async () => {
  const temporary = newFolder();
  const child = spawn(process.execPath, [DEMO], {
    env: { PATH: process.env["PATH"] ?? "", TMPDIR: temporary },
    timeout: 25_000,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const [code] = await once(child, "close");
  expect([code, stderr]).toEqual([0, ""]);
  for (const question of [1, 2, 3, 4, 5]) expect(stdout).toContain(`\n${question}. W`);
  expect(stdout).toMatch(/Ada Lovelace +User +Engineering → Compilers/u);
  expect(stdout).toMatch(/ada@example\.com +yes +no/u);
  expect(stdout).not.toContain("\u001b[");
  expect(readdirSync(temporary)).toEqual([]);
});
