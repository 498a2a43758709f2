// The server itself is killed and started again, or paused, under a projector that goes on by itself.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import { connectToMongo } from "../../../src/readstore/mongodb/connection.ts";
import { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { GrowingLog } from "./growing-log.ts";
import { ProjectingNode } from "./projecting-node.ts";
import { dumpOf, projectInto } from "./views.ts";

/** A command that does to the server what its last argument says: kill, start, pause, resume. */
const CONTROL = process.env["SCIM_LEDGER_TEST_MONGODB_CONTROL"]?.split(" ");
const server = async (verb: "kill" | "start" | "pause" | "resume"): Promise<void> => {
  const [command = "", ...given] = CONTROL ?? [];
  // What it starts may keep its streams.
  const [code] = await once(spawn(command, [...given, verb], { stdio: "ignore" }), "exit");
  expect([verb, code]).toEqual([verb, 0]);
};

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await pause(20);
};

if (CONTROL === undefined)
  describe("a server of MongoDB that fails", () =>
    it.skip("was not tried: SCIM_LEDGER_TEST_MONGODB_CONTROL names no command", () => undefined));
else
  describeOnMongo("a server of MongoDB that fails", ({ uri, database }) => {
    afterEach(() => database.dropDatabase());

    const fails: readonly (readonly [says: string, fail: () => Promise<void>])[] = [
      [
        "is killed and started again",
        async () => {
          await server("kill");
          await pause(1_000);
          await server("start");
        },
      ],
      [
        "is paused for longer than the lease lasts",
        async () => {
          await server("pause");
          await pause(6_000);
          await server("resume");
        },
      ],
    ];
    for (const [says, fail] of fails)
      it(`and ${says} under load leaves nothing lost or doubled, and nobody has to be started again`, async () => {
        const address = new URL(uri);
        address.pathname = `/${database.databaseName}`;
        await using mongo = await connectToMongo(address.href);
        const log = new GrowingLog(new History());
        await using node = new ProjectingNode({ database: mongo.database, log, owner: "a", ttl: 3_000 });
        const writing = setInterval(() => {
          log.grow((history) => {
            const id = history.createUser({ userName: `user ${history.users.length}` });
            history.createGroup({ displayName: "Group" }, [id]);
            if (history.users.length % 4 === 0) history.deleteUser(id);
          });
        }, 25);
        await until(() => node.announced.length > 10);
        await fail();
        await pause(500);
        clearInterval(writing);
        await until(() => node.announced.at(-1) === log.history.head);
        expect(node.announced).toEqual([...node.announced].sort());
        await projectInto(database, "whole", log.history);
        expect(await dumpOf(database, "v1")).toEqual(await dumpOf(database, "whole"));
      }, 90_000);
  });
