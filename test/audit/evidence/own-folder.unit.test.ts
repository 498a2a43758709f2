// Folders with personal values in clear outlive nobody.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "@jest/globals";
import { ownFolder, removeAbandoned } from "../../../src/audit/evidence/own-folder.ts";
import { temporaryFolders } from "../../temporary-folder.ts";

const newFolder = temporaryFolders();
let root = "";
beforeEach(() => {
  root = newFolder();
});

const left = (pid: number, ending = "abc123"): string => {
  const path = join(root, `scim-ledger-evidence-${pid}-${ending}`);
  mkdirSync(path);
  writeFileSync(join(path, "answer.json"), "Ada");
  return path;
};
const ended = (): number => spawnSync(process.execPath, ["--version"]).pid;

it("what a process left that is no more is removed when the next folder is made", () => {
  const path = left(ended());
  const own = ownFolder(root);
  expect([existsSync(path), readdirSync(own)]).toEqual([false, []]);
});

it("what is of a process that lives stays, and its own with it", () => {
  const [own, parents] = [ownFolder(root), left(process.ppid)];
  removeAbandoned(root);
  expect([existsSync(own), existsSync(parents)]).toEqual([true, true]);
});

it("what is of an earlier process with the same id is removed", () => {
  const path = left(process.pid);
  utimesSync(path, 1_000_000, 1_000_000);
  removeAbandoned(root);
  expect(existsSync(path)).toBe(false);
});

it("nothing else is removed, nor what a link leads to", () => {
  const pid = ended();
  const kept = join(root, "kept");
  mkdirSync(kept);
  writeFileSync(join(kept, "a"), "a");
  symlinkSync(kept, join(root, `scim-ledger-evidence-${pid}-linked`));
  mkdirSync(join(root, "scim-ledger-evidence-AbCdEf"));
  mkdirSync(join(root, `scim-ledger-evidence-${pid}-abc123-more`));
  removeAbandoned(root);
  expect(readdirSync(root).sort()).toEqual([
    "kept",
    `scim-ledger-evidence-${pid}-abc123-more`,
    "scim-ledger-evidence-AbCdEf",
  ]);
  expect(readdirSync(kept)).toEqual(["a"]);
});
