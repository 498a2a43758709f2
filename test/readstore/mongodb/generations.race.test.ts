import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "@jest/globals";
import { ordinalOf } from "../../../src/eventlog/event-log.ts";
import { type RebuildProgress, rebuild } from "../../../src/projections/rebuild.ts";
import { Building } from "../../../src/readstore/mongodb/generations/building.ts";
import { controlOf } from "../../../src/readstore/mongodb/generations/control.ts";
import { CurrentViews, dropRetired, servingIn } from "../../../src/readstore/mongodb/generations/generations.ts";
import { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { GrowingLog } from "./growing-log.ts";
import { ProjectingNode } from "./projecting-node.ts";
import { dumpOf, projectInto } from "./views.ts";

/** Users in groups, some of whom leave. */
function write(history: History, users: number): void {
  const group = history.groups.length === 0 ? history.createGroup({ displayName: "All" }) : history.groups[0]!;
  for (let n = 0; n < users; n++) {
    const id = history.createUser({ userName: `user ${history.users.length}`, active: true });
    history.add(group, [id]);
    if (n % 5 === 0) history.deleteUser(id);
    else history.changeUser(id, { userName: `renamed ${history.users.length}` });
  }
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await pause(10);
};

describeOnMongo("generations of the read models", (mongo) => {
  const { database } = mongo;
  const current = async () => (await servingIn(database)).current;
  const placeOf = async (views: CurrentViews) =>
    (await (await views.views()).checkpoint.findOne({ _id: "checkpoint" }))?.place ?? 0;

  afterEach(() => database.dropDatabase());

  it("a new one takes the place of the old while the log grows, and no reader is ever taken back", async () => {
    const log = new GrowingLog(new History());
    log.grow((history) => write(history, 30));
    await using node = new ProjectingNode({ database, log, owner: "a" });
    await until(() => node.announced.at(-1) === log.history.head);
    const writing = setInterval(() => log.grow((history) => write(history, 1)), 20);
    const reader = new CurrentViews(database);
    const seen: number[] = [];
    const reading = setInterval(() => {
      // What was announced before the question is in the answer.
      const least = ordinalOf(node.announced.at(-1)!);
      placeOf(reader).then(
        (place) => seen.push(place - least),
        () => seen.push(-1),
      );
    }, 15);
    const building = await Building.begin(database, "cli");
    await rebuild({ log, views: building, namespace: "scim", findKey: log.history.openKey });
    expect(await current()).toBe("v2");
    const replacedAt = node.announced.length;
    await until(() => node.announced.length > replacedAt + 20);
    clearInterval(writing);
    await until(() => node.announced.at(-1) === log.history.head);
    clearInterval(reading);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(0);
    expect(node.announced).toEqual([...node.announced].sort());
    await projectInto(database, "whole", log.history);
    expect(await dumpOf(database, "v2")).toEqual(await dumpOf(database, "whole"));
  }, 60_000);

  it("one process builds at a time; another goes on where it stopped", async () => {
    const log = new GrowingLog(new History());
    log.grow((history) => write(history, 1_300));
    const all = log.history.events.length;
    const options = { log, namespace: "scim", findKey: log.history.openKey };
    const first = await Building.begin(database, "first");
    await expect(Building.begin(database, "second")).rejects.toThrow("are being built in");
    const stop = new AbortController();
    let built = 0;
    const onProgress = ({ events }: RebuildProgress) => {
      built = events;
      stop.abort(new Error("stopped"));
    };
    await expect(rebuild({ ...options, views: first, onProgress, signal: stop.signal })).rejects.toThrow("stopped");
    expect(built).toBeGreaterThan(0);
    expect(built).toBeLessThan(all);
    await first.stop();
    const second = await Building.begin(database, "second");
    expect(second.generation).toBe(first.generation);
    expect(await rebuild({ ...options, views: second })).toBe(all - built);
    expect(await current()).toBe(second.generation);
    await projectInto(database, "whole", log.history);
    expect(await dumpOf(database, second.generation)).toEqual(await dumpOf(database, "whole"));
  }, 60_000);

  it("whoever built before another took over writes nothing more", async () => {
    const log = new GrowingLog(new History());
    log.grow((history) => write(history, 10));
    const first = await Building.begin(database, "paused");
    await using writer = await first.open();
    await controlOf(database).updateOne({ _id: "views" }, { $set: { "building.expiresAt": new Date(0) } });
    const second = await Building.begin(database, "second");
    await rebuild({ log, views: second, namespace: "scim", findKey: log.history.openKey });
    await expect(writer.checkpoint()).rejects.toThrow("another one writes them");
    await expect(first.replace(async () => undefined)).rejects.toThrow("another process builds");
    expect(await current()).toBe(second.generation);
  });

  it("what served before is dropped once nobody can be reading it", async () => {
    const log = new GrowingLog(new History());
    log.grow((history) => write(history, 5));
    const options = { log, namespace: "scim", findKey: log.history.openKey };
    await projectInto(database, await current(), log.history);
    const collections = async () =>
      new Set((await database.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name.split(".")[0]));
    await rebuild({ ...options, views: await Building.begin(database, "cli") });
    await dropRetired(database);
    expect(await collections()).toEqual(new Set(["control", "v1", "v2"]));
    await dropRetired(database, 0);
    expect(await collections()).toEqual(new Set(["control", "v2"]));
    expect((await servingIn(database)).retired).toEqual([]);
  });
});
