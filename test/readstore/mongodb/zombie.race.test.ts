// Several projectors on one database, one of which is paused between reading and writing, as a process that the system
// stopped: another takes over, and what the paused one still sends when it goes on writes nothing.
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "@jest/globals";
import { controlOf } from "../../../src/readstore/mongodb/generations/control.ts";
import type { ViewWriter } from "../../../src/readstore/view-writer.ts";
import { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { GrowingLog } from "./growing-log.ts";
import { ProjectingNode } from "./projecting-node.ts";
import { dumpOf, projectInto } from "./views.ts";

/** Stops a projector before its next write, until it is let go on. */
class Gate {
  #shut: PromiseWithResolvers<void> | undefined;
  readonly reached = Promise.withResolvers<void>();

  shut(): void {
    this.#shut = Promise.withResolvers();
  }

  open(): void {
    this.#shut?.resolve();
    this.#shut = undefined;
  }

  around(writer: ViewWriter): ViewWriter {
    return {
      checkpoint: () => writer.checkpoint(),
      load: (request) => writer.load(request),
      stage: async (batch) => {
        const store = await writer.stage(batch);
        return async () => {
          if (this.#shut !== undefined) {
            this.reached.resolve();
            await this.#shut.promise;
          }
          await store();
        };
      },
    };
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await pause(10);
};

describeOnMongo("a projector that is paused between reading and writing", ({ database }) => {
  afterEach(() => database.dropDatabase());

  it("does no harm when it goes on: nobody is doubled, and nobody comes back to life", async () => {
    const log = new GrowingLog(new History());
    log.grow((history) => history.createGroup({ displayName: "All" }, [history.createUser({ userName: "first" })]));
    const gates = new Map(["a", "b", "c"].map((owner) => [owner, new Gate()]));
    const nodeOf = (owner: string) =>
      new ProjectingNode({ database, log, owner, around: (writer) => gates.get(owner)!.around(writer) });
    await using a = nodeOf("a");
    await until(() => a.announced.at(-1) === log.history.head);
    await using b = nodeOf("b");
    await using c = nodeOf("c");
    const gate = gates.get("a")!;
    gate.shut();
    log.grow((history) => history.add(history.groups[0]!, [history.createUser({ userName: "ada" })]));
    await gate.reached.promise;
    // Its renewals stop with it; they run beside it in this process.
    await controlOf(database).updateOne({ _id: "projector" }, { $set: { owner: "nobody", expiresAt: new Date(0) } });
    const since = performance.now();
    log.grow((history) => history.deleteUser(history.users[1]!));
    log.grow((history) => history.remove(history.groups[0]!, [history.users[1]!], "userDeleted"));
    await until(() => [b, c].some(({ announced }) => announced.at(-1) === log.history.head));
    expect(performance.now() - since).toBeLessThan(5_000);
    gate.open();
    await until(() => a.failures.length > 0 || a.terms.term === undefined);
    log.grow((history) => history.createUser({ userName: "later" }));
    await until(() => [a, b, c].some(({ announced }) => announced.at(-1) === log.history.head));
    await projectInto(database, "whole", log.history);
    expect(await dumpOf(database, "v1")).toEqual(await dumpOf(database, "whole"));
  }, 30_000);

  it("is followed by others through many changes of hands, and nothing is lost or doubled", async () => {
    const log = new GrowingLog(new History());
    const nodes = ["x", "y", "z"].map((owner) => new ProjectingNode({ database, log, owner, ttl: 300 }));
    for (let turn = 0; turn < 12; turn++) {
      log.grow((history) => {
        const id = history.createUser({ userName: `user ${turn}` });
        history.createGroup({ displayName: `Group ${turn}` }, [id]);
        if (turn % 3 === 0) history.deleteUser(id);
      });
      await pause(60);
      if (turn % 2 === 0)
        await controlOf(database).updateOne({ _id: "projector" }, { $set: { expiresAt: new Date(0) } });
    }
    await until(() => nodes.some(({ announced }) => announced.at(-1) === log.history.head));
    for (const node of nodes) await node[Symbol.asyncDispose]();
    for (const { announced } of nodes) expect(announced).toEqual([...announced].sort());
    await projectInto(database, "whole", log.history);
    expect(await dumpOf(database, "v1")).toEqual(await dumpOf(database, "whole"));
  }, 30_000);
});
