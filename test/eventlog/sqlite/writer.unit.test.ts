import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, it } from "@jest/globals";
import { ordinalOf, START, Unavailable } from "../../../src/eventlog/event-log.ts";
import { SqliteEventLog } from "../../../src/eventlog/sqlite/client.ts";
import { pack } from "../../../src/eventlog/sqlite/messages.ts";
import { SqliteLogReader } from "../../../src/eventlog/sqlite/reader.ts";
import { serveLog } from "../../../src/eventlog/sqlite/server.ts";
import { SqliteLogWriter } from "../../../src/eventlog/sqlite/writer.ts";
import { temporaryFolders } from "../../temporary-folder.ts";
import { appendOf, userStream } from "../sealed-events.ts";
import { startLog, startThread } from "./start-log.ts";

const folder = temporaryFolders();
const names = (outcomes: readonly unknown[]) =>
  outcomes.map((outcome) => (typeof outcome === "string" ? ordinalOf(outcome as never) : (outcome as Error).name));

describe("one transaction for everything that waits", () => {
  it("lets a later append see an earlier one, and fails none for another", () => {
    const writer = new SqliteLogWriter(folder());
    const [a, b] = [userStream(), userStream()];
    const { outcomes, events } = writer.commit([
      [appendOf(a, "none")],
      [appendOf(a, 0, 2)],
      [appendOf(a, 0)],
      [appendOf(b, "none"), appendOf(a, 9)],
      [appendOf(b, "none", 1, { text: "x".repeat(1_000_000) })],
      [appendOf(b, "none")],
    ]);
    expect(names(outcomes)).toEqual([1, 3, "Conflict", "Conflict", "TooLarge", 4]);
    expect(events.map(({ position }) => ordinalOf(position))).toEqual([1, 2, 3, 4]);
    expect(events.every(({ personal }) => personal === '{"userName":"ada"}')).toBe(true);
    writer.close();
  });

  it("leaves no gap behind what failed", () => {
    const where = folder();
    const writer = new SqliteLogWriter(where);
    const stream = userStream();
    for (let revision = -1; revision < 20; revision++)
      writer.commit([[appendOf(stream, revision < 0 ? "none" : revision)], [appendOf(stream, 99)]]);
    const reader = new SqliteLogReader(where);
    expect(reader.readAll(START, 100).map(({ position }) => ordinalOf(position))).toEqual(
      Array.from({ length: 21 }, (_, index) => index + 1),
    );
    expect(() => reader.readAt([START])).toThrow("no event at position");
    reader.close();
    writer.close();
  });

  it("remembers more streams than it keeps in memory", () => {
    const writer = new SqliteLogWriter(folder());
    const streams = Array.from({ length: 20_000 }, () => userStream());
    for (let at = 0; at < streams.length; at += 1_000)
      writer.commit(streams.slice(at, at + 1_000).map((stream) => [appendOf(stream, "none")]));
    const { outcomes } = writer.commit(
      [streams[0]!, streams[9_000]!, streams[19_999]!].map((stream) => [appendOf(stream, 0)]),
    );
    expect(names(outcomes)).toEqual([20_001, 20_002, 20_003]);
    writer.close();
  });
});

describe("a full disk", () => {
  it("fails the whole batch, which is not written; reads go on, and so do writes once there is room", () => {
    const where = folder();
    const writer = new SqliteLogWriter(where);
    const [stream, other] = [userStream(), userStream()];
    writer.commit([[appendOf(stream, "none")]]);
    const reader = new SqliteLogReader(where);
    writer.limitPages(12);
    const big = () => ({ text: "x".repeat(50_000) });
    let stored = 1;
    for (;;) {
      const { outcomes, events } = writer.commit([
        [appendOf(stream, stored - 1, 1, big())],
        [appendOf(userStream(), "none")],
      ]);
      if (typeof outcomes[0] !== "string") {
        expect(events).toEqual([]);
        expect(outcomes).toHaveLength(2);
        for (const outcome of outcomes)
          expect(outcome).toMatchObject({ name: "Unavailable", written: "no", message: "the disk is full" });
        break;
      }
      stored++;
    }
    expect(reader.read(stream, -1)).toHaveLength(stored);
    expect(names(writer.commit([[appendOf(other, "none", 1, big())]]).outcomes)).toEqual(["Unavailable"]);
    const head = ordinalOf(reader.head());
    writer.limitPages(100_000);
    expect(
      names(writer.commit([[appendOf(other, "none", 1, big())], [appendOf(stream, stored - 1)]]).outcomes),
    ).toEqual([head + 1, head + 2]);
    reader.close();
    writer.close();
  });
});

describe("the log's file", () => {
  it("of a newer version is refused in a sentence", () => {
    const where = folder();
    new SqliteLogWriter(where).close();
    const database = new DatabaseSync(join(where, "log.db"));
    database.exec("PRAGMA user_version = 7");
    database.close();
    for (const open of [() => new SqliteLogWriter(where), () => new SqliteLogReader(where)])
      expect(open).toThrow(
        /log\.db is a scim-ledger event log of format 7 and this version knows formats up to 1; start/,
      );
  });

  it("of another kind is refused", () => {
    const where = folder();
    const database = new DatabaseSync(join(where, "log.db"));
    database.exec("CREATE TABLE theirs (a)");
    database.close();
    expect(() => new SqliteLogWriter(where)).toThrow("is not a scim-ledger event log");
    rmSync(join(where, "log.db"));
    writeFileSync(join(where, "log.db"), "plain text, and long enough to be taken for a header of a page".repeat(20));
    expect(() => new SqliteLogWriter(where)).toThrow("is not a scim-ledger event log");
    expect(() => new SqliteLogReader(folder())).toThrow("there is no event log");
  });

  it("keeps the namespace of its first start", () => {
    const [where, other] = [folder(), folder()];
    const first = new SqliteLogWriter(where);
    expect(first.namespace).toBe("scim");
    first.close();
    const named = new SqliteLogWriter(other, { namespace: "hr" });
    named.close();
    expect(() => new SqliteLogWriter(other, { namespace: "scim" })).toThrow("has the namespace “hr”");
    const again = new SqliteLogWriter(other);
    expect(again.namespace).toBe("hr");
    again.close();
    expect(() => new SqliteLogWriter(folder(), { namespace: "a.b" })).toThrow("cannot be a namespace");
  });
});

describe("the log's thread", () => {
  it("commits what waits together, hands the events on, and shows nothing before it has answered", async () => {
    const { port1: client, port2: server } = new MessageChannel();
    const happened: string[] = [];
    const writer = new SqliteLogWriter(folder());
    const port = Object.assign(server, {
      postMessage: (message: { kind: string; outcomes?: unknown[] }) =>
        happened.push(message.kind === "appended" ? `answered ${message.outcomes?.length}` : message.kind),
    });
    const stream = userStream();
    client.postMessage({ kind: "append", groups: pack([[appendOf(stream, "none")], [appendOf(stream, 5)]]) });
    client.postMessage({ kind: "append", groups: pack([[appendOf(stream, 0, 3)]]) });
    serveLog(port, writer, (events) => {
      happened.push(`handed on ${events.map(({ personal }) => personal).length}`);
      return () => {
        happened.push("shown");
        client.close();
      };
    });
    await new Promise((resolve) => client.once("close", resolve));
    expect(happened).toEqual(["handed on 4", "answered 3", "shown"]);
    writer.close();
  });

  it("that dies leaves what it had unknown, and refuses what comes later", async () => {
    const where = folder();
    const thread = startThread(where);

    const log = await SqliteEventLog.open(where, thread);
    const subscription = log.subscribe(START, new AbortController().signal)[Symbol.asyncIterator]().next();
    const pending = log.append(appendOf(userStream(), "none"));
    pending.catch(() => {});
    setImmediate(() => thread.terminate());
    await expect(subscription).rejects.toBeInstanceOf(Unavailable);
    await pending.catch((error) => expect(error).toMatchObject({ name: "Unavailable", written: "unknown" }));
    await expect(log.append(appendOf(userStream(), "none"))).rejects.toMatchObject({ written: "no" });
    await log.close();
  });

  it("that cannot start says so", async () => {
    const where = folder();
    new SqliteLogWriter(where, { namespace: "hr" }).close();
    const database = new DatabaseSync(join(where, "log.db"));
    database.exec("PRAGMA user_version = 2");
    database.close();
    const thread = startThread(where);
    const failed = new Promise<Error>((resolve) => thread.once("error", resolve));

    await expect(SqliteEventLog.open(where, thread)).rejects.toMatchObject({ name: "Unavailable" });
    expect((await failed).message).toContain("of format 2");
  });

  it("can do without appendAtomically", async () => {
    const log = await startLog(folder(), { atomic: false });
    expect(log.appendAtomically).toBeUndefined();
    await log.close();
  });
});
