import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "@jest/globals";
import { ordinalOf, positionOf, START } from "../../../src/eventlog/event-log.ts";
import { SqliteLogReader } from "../../../src/eventlog/sqlite/reader.ts";
import { SqliteLogWriter } from "../../../src/eventlog/sqlite/writer.ts";
import { temporaryFolders } from "../../temporary-folder.ts";

const folder = temporaryFolders();
const CHILD = fileURLToPath(new URL("./storm-child.ts", import.meta.url));

/** Runs the storm, kills it without warning after a while of writing, and returns the lines that it printed in full. */
function storm(where: string, milliseconds: number): Promise<string[]> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CHILD, where], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (printed === "") setTimeout(() => child.kill("SIGKILL"), milliseconds);
    printed += text;
  });
  return new Promise((resolve) => child.on("close", () => resolve(printed.split("\n").slice(0, -1))));
}

it("a process killed in a storm of writes loses nothing that it acknowledged, and leaves no gap", async () => {
  const where = folder();
  const acknowledged: string[] = [];
  for (const milliseconds of [5, 40, 90, 150]) {
    acknowledged.push(...(await storm(where, milliseconds)));
    new SqliteLogWriter(where).close();
    const reader = new SqliteLogReader(where);
    const events = reader.readAll(START, 1_000_000);
    expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => positionOf(index + 1)));
    const stored = new Map(events.map(({ position, id }) => [position as string, id]));
    expect(acknowledged.length).toBeGreaterThan(0);
    expect(acknowledged.filter((line) => stored.get(line.slice(0, 16)) !== line.slice(17))).toEqual([]);
    const next = new Map<string, number>();
    for (const { stream, revision } of events) {
      expect(revision).toBe(next.get(stream) ?? 0);
      next.set(stream, revision + 1);
    }
    expect(ordinalOf(reader.head())).toBe(events.length);
    reader.close();
  }
}, 20_000);
