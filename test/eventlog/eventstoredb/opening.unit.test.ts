// Which log is opened, by what clock, and that nobody reads the password.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { START } from "../../../src/eventlog/event-log.ts";
import { addressOf, credentialsOf, hostsOf } from "../../../src/eventlog/eventstoredb/connection-string.ts";
import {
  type ClockState,
  EventStoreEventLog,
  type EventStoreOptions,
} from "../../../src/eventlog/eventstoredb/event-store-log.ts";
import { EventStoreDouble } from "../../support/event-store/double.ts";
import { certificate } from "../../support/event-store/localhost-certificate.ts";
import { temporaryFolders } from "../../temporary-folder.ts";
import { appendOf, userStream } from "../sealed-events.ts";

const folder = temporaryFolders();
const running: { stop(): void }[] = [];
const opened: EventStoreEventLog[] = [];
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
  for (const double of running.splice(0)) double.stop();
});

async function started(): Promise<EventStoreDouble> {
  const double = await new EventStoreDouble().start();
  running.push(double);
  return double;
}

async function open(double: EventStoreDouble, options: EventStoreOptions = {}): Promise<EventStoreEventLog> {
  const log = await EventStoreEventLog.open(double.address, { attemptMs: 300, giveUpMs: 1_000, ...options });
  opened.push(log);
  return log;
}

describe("the log on a server", () => {
  it("keeps the namespace of its first start", async () => {
    const double = await started();
    await open(double, { namespace: "idm" });
    expect((await open(double)).namespace).toBe("idm");
    expect((await open(double, { namespace: "idm" })).namespace).toBe("idm");
    const refused = await open(double, { namespace: "other" }).catch((error: Error) => error);
    expect(refused).toMatchObject({
      reason: "another",
      message: expect.stringContaining("none of the namespace “other”"),
    });
    expect(String(refused)).not.toContain("idm");
    expect((await open(double, { namespace: "other", beginBeside: true })).namespace).toBe("other");
    const unsaid = await open(double).catch((error: Error) => error);
    expect(unsaid).toMatchObject({ reason: "several", message: expect.stringContaining("holds several logs") });
    expect(String(unsaid)).not.toMatch(/idm|other/u);
    await expect(open(double, { namespace: "No" })).rejects.toThrow("cannot be a namespace");
  });

  it("is begun once, however many begin it", async () => {
    const double = await started();
    const logs = await Promise.all([open(double), open(double), open(double)]);
    expect(logs.map(({ namespace }) => namespace)).toEqual(["scim", "scim", "scim"]);
    expect(double.log.stream("scim-ledger-logs")).toHaveLength(1);
  });

  it("is refused, in a sentence, when a newer version changed its format", async () => {
    const double = await started();
    await open(double);
    double.log.append("scim-ledger-logs", 0, [
      {
        id: "00000000-0000-4000-8000-000000000000",
        type: "LogChanged",
        contentType: "application/json",
        data: Buffer.from('{"namespace":"scim","format":2}'),
        customMetadata: Buffer.alloc(0),
      },
    ]);
    await expect(open(double)).rejects.toThrow("has format 2, and this version reads up to 1: use a newer version");
  });

  it("is Unavailable while the server is not there", async () => {
    const double = await started();
    double.stop();
    await expect(open(double)).rejects.toMatchObject({ name: "Unavailable" });
  });
});

describe("this node's clock", () => {
  const skewed = async (aheadMs: number) => {
    const told: ClockState[] = [];
    const log = await open(await started(), { now: () => Date.now() + aheadMs, onClock: (state) => told.push(state) });
    return { log, told };
  };

  it("is fine within a second of the server's", async () => {
    const { log, told } = await skewed(800);
    expect(told).toEqual([]);
    await log.append(appendOf(userStream(), "none"));
  });

  it.each([-3_000, 3_000])("is said to stray when it is %i ms away", async (aheadMs) => {
    const { log, told } = await skewed(aheadMs);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ state: "strays" });
    expect(Math.abs(told[0]!.milliseconds - aheadMs)).toBeLessThan(500);
    await log.append(appendOf(userStream(), "none"));
  });

  it.each([
    [-6_000, "behind"],
    [6_000, "ahead of"],
  ])("stops writing when it is %i ms away, and does not stop reading", async (aheadMs, side) => {
    const { log, told } = await skewed(aheadMs);
    expect(told[0]).toMatchObject({ state: "stopped" });
    const appended = log.append(appendOf(userStream(), "none"));
    await expect(appended).rejects.toMatchObject({ name: "Unavailable", written: "no" });
    expect(log.writeFailure).toContain(`s ${side} the event store's`);
    await log.head();
  });
});

describe("the connection string", () => {
  it.each([
    ["esdb://admin:s3cret@db.example:2113?tls=true", "db.example:2113", { username: "admin", password: "s3cret" }],
    ["esdb+discover://u%40x:a%3Ab@cluster/", "cluster", { username: "u@x", password: "a:b" }],
    ["esdb://a:1,b:2,c:3?tlsCAFile=/ca.crt", "a:1,b:2,c:3", undefined],
  ])("%s names its hosts and keeps its credentials", (address, hosts, credentials) => {
    expect(hostsOf(address)).toBe(hosts);
    expect(credentialsOf(address)).toEqual(credentials);
  });

  it("asks every host who leads, also where the client would ask the first alone", () => {
    expect(addressOf("esdb+discover://u:p@a:1,b:2?tls=false", undefined)).toMatch(/^esdb:\/\/a:1,b:2\?tls=false&/u);
    expect(addressOf("esdb+discover://u:p@a:1?tls=false", undefined)).toMatch(/^esdb\+discover:\/\/a:1\?/u);
  });

  it("gives a member of a cluster that stands still a second, unless it says otherwise", () => {
    expect(addressOf("esdb://a:1,b:2?tls=false", undefined)).toContain("gossipTimeout=1");
    expect(addressOf("esdb://a:1,b:2?gossipTimeout=7", undefined).match(/gossipTimeout=\d+/gu)).toEqual([
      "gossipTimeout=7",
    ]);
  });

  it.each([false, true])(
    "says who connects, over TLS, to whom the CA file vouches for (one call an append: %s)",
    async (callPerAppend) => {
      const double = await new EventStoreDouble({ tls: true }).start();
      running.push(double);
      const caFile = join(folder(), "ca.pem");
      writeFileSync(caFile, certificate);
      const address = double.address.replace("esdb://", "esdb://keeper:p%40ss@");
      const log = await EventStoreEventLog.open(address, { caFile, callPerAppend });
      opened.push(log);
      await log.append(appendOf(userStream(), "none"));
      expect(await log.readAll(START, 10)).toHaveLength(1);
      expect([...double.callers]).toEqual(["keeper:p@ss"]);
      expect(double.everyCallAsksTheLeader).toBe(true);
      await expect(EventStoreEventLog.open(address, { giveUpMs: 300 })).rejects.toMatchObject({ name: "Unavailable" });
    },
  );

  it("needs a host name for TLS", async () => {
    for (const host of ["127.0.0.1:2113", "db.example:2113,10.0.0.7"])
      await expect(EventStoreEventLog.open(`esdb://${host}`)).rejects.toThrow("must be called by a host name");
  });

  it("gives no password away, whatever is wrong with it", async () => {
    const refused = [
      "esdb://admin:s3cret@host:port",
      "esdb://admin:s3cret@host:2113?tls",
      "esdb://admin:s3cret@host:2113?defaultDeadline=-s3cret",
      "esdb://admin:s3cret@127.0.0.1:1?tlsCAFile=/nowhere/ca.crt",
      "mongodb://admin:s3cret@host",
      "esdb://admin:s3cret@127.0.0.1:1?tls=false",
    ];
    const said: string[] = [];
    const printed = jest.spyOn(console, "warn").mockImplementation((...words) => void said.push(words.join(" ")));
    for (const address of refused) {
      const options = { attemptMs: 100, giveUpMs: 200, onTrouble: (sentence: string) => said.push(sentence) };
      const error = await EventStoreEventLog.open(address, options).catch((error: Error) => error);
      expect(error).toBeInstanceOf(Error);
      expect(`${(error as Error).stack} ${JSON.stringify(error)} ${said.join()}`).not.toContain("s3cret");
    }
    printed.mockRestore();
  });
});
