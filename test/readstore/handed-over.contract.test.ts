// What audit questions look up on another thread, and what becomes of that thread.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "@jest/globals";
import { RowsThread } from "../../src/readstore/sqlite/threads/rows-thread.ts";
import { describeHistoryWalks } from "../contract/describe-history-walks.ts";
import type { OpenStore } from "../contract/describe-read-store.ts";
import { History } from "../projections/history.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { projectAll, viewsOf } from "./views.ts";

const newFolder = temporaryFolders();

const open: OpenStore = (history, size = 1_000) => {
  const views = viewsOf(history, newFolder(), { size, options: { handedOver: 1 } });
  return {
    store: views.store,
    catchUp: () => projectAll(views.projector, history.events, size),
    [Symbol.asyncDispose]: async () => {
      await views.store.close();
      views.writer.close();
    },
  };
};

describeHistoryWalks("SqliteReadStore, all lookups handed over", open);

it("a lookup that fails says why, and fails no other", async () => {
  const folder = newFolder();
  using _ = viewsOf(new History(), folder);
  const thread = new RowsThread(folder);
  const asked = ["SELECT 1", "SELECT one FROM nowhere", "SELECT 2"].map((sql) => thread.all(sql, []));
  expect(await Promise.allSettled(asked)).toMatchObject([
    { value: [[1]] },
    { reason: { message: "no such table: nowhere" } },
    { value: [[2]] },
  ]);
  await thread.close();
});

it("a thread that is lost fails what waits for it, and the next lookup starts another", async () => {
  const folder = newFolder();
  const thread = new RowsThread(folder);
  await expect(thread.all("SELECT 1", [])).rejects.toThrow("there is no file of read models");
  using _ = viewsOf(new History(), folder);
  expect(await thread.all("SELECT 1", [])).toEqual([[1]]);
  await thread.close();
});

it("what is asked after a close is refused, and starts nothing", async () => {
  const thread = new RowsThread(newFolder());
  await thread.close();
  await expect(thread.all("SELECT 1", [])).rejects.toThrow("the read store is closed");
});

it("a process that closes while a lookup is under way does not end before it has closed", async () => {
  const folder = newFolder();
  using _ = viewsOf(new History(), folder);
  const module = new URL("../../src/readstore/sqlite/threads/rows-thread.ts", import.meta.url).href;
  const program = `
    const { RowsThread } = await import(${JSON.stringify(module)});
    const thread = new RowsThread(process.argv[2]);
    void thread.all("SELECT 1", []);
    await thread.close();
    process.stdout.write("closed");`;
  const file = join(folder, "program.mjs");
  writeFileSync(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file, folder]);
  expect(stdout).toBe("closed");
});

it("what was asked before a close is answered", async () => {
  const folder = newFolder();
  using _ = viewsOf(new History(), folder);
  const thread = new RowsThread(folder);
  const asked = thread.all("SELECT 1", []);
  await thread.close();
  expect(await asked).toEqual([[1]]);
});
