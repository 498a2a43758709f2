// Answers of several commands while the projector writes: each is of one instant.
import { expect, it } from "@jest/globals";
import { positionOf } from "../../../src/eventlog/event-log.ts";
import { AsynchronousProjector } from "../../../src/projections/asynchronous-projector.ts";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { mongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
import { MongoViewWriter } from "../../../src/readstore/mongodb/writing/mongo-view-writer.ts";
import { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { projectAll } from "./views.ts";

const ROUNDS = 60;
const SIZE = 4;
const PAIR = 2;

describeOnMongo("a group in which one takes another's place all the time", ({ client, database, newGeneration }) => {
  it("has the same number of members in every answer", async () => {
    const generation = newGeneration();
    const history = new History();
    const users = Array.from({ length: SIZE + ROUNDS }, (_, n) => history.createUser({ userName: `user ${n}` }));
    const team = history.createGroup({ displayName: "Team" }, users.slice(0, SIZE));
    const begun = history.events.length;
    for (let round = 0; round < ROUNDS; round++) {
      // The row of who is deleted stands: rows and lives have to be of one instant.
      history.deleteUser(users[round]!);
      history.add(team, [users[round + SIZE]!]);
    }
    await using writer = await MongoViewWriter.open({ database, generation, epoch: 1 });
    const projector = await AsynchronousProjector.resume(writer, { namespace: "scim", findKey: history.openKey });
    await projectAll(projector, history.events.slice(0, begun), 1_000);
    const views = viewsIn(database, generation);
    const store = mongoReadStore({ client, views: () => views });

    let isWriting = true;
    const sizes = new Map<string, Set<number>>();
    const look = async (name: string, ask: () => Promise<number>) => {
      const seen = new Set<number>();
      sizes.set(name, seen);
      while (isWriting) seen.add(await ask());
    };
    const tenant = "acme";
    const looking = [
      look("members", async () => (await store.members(tenant, team, null, 100)).length),
      look("memberships", async () => {
        const { total, memberships } = await store.memberships({ tenant, group: team, startIndex: 1, count: 100 });
        return total === memberships.length ? total : -1;
      }),
      look("walk", async () => {
        const { total, memberships } = await store.walkMemberships({ tenant, count: 100 });
        return total === memberships.length ? total : -1;
      }),
      look("many at once", async () => {
        const place = Number(await store.position());
        const members = await store.standingMembers(tenant, team, [team], null, 100, positionOf(place));
        return members.filter(({ within }) => within.length === 1).length;
      }),
    ];
    // Whoever leaves and who comes are visible together.
    await projectAll(projector, history.events.slice(begun), PAIR);
    isWriting = false;
    await Promise.all(looking);
    for (const [name, seen] of sizes) expect([name, ...seen]).toEqual([name, SIZE]);
  });
});
