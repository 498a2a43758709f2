// What the commonest reads cost: commands to MongoDB, counted by its driver.
import { describe, expect, it } from "@jest/globals";
import { MongoClient } from "mongodb";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { MOST_HELD } from "../../../src/readstore/mongodb/documents.ts";
import { type MongoReadStore, mongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
import type { Awaitable } from "../../../src/readstore/read-store.ts";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import { enterpriseUserSchema } from "../../../src/scim/schema/enterprise-user.ts";
import { groupType, userType } from "../../../src/scim/schema/resource-types.ts";
import { BASE_URL, History } from "../../projections/history.ts";
import { describeOnMongo, type TestDatabase } from "../../support/mongodb.ts";
import { projectInto } from "./views.ts";

const OF_DRIVER = ["hello", "ismaster", "endSessions", "ping"];

const generations = new WeakMap<History, { readonly events: number; readonly generation: string }>();

/** A generation that holds all of a history. */
async function projected({ database, newGeneration }: TestDatabase, history: History): Promise<string> {
  const known = generations.get(history);
  if (known?.events === history.events.length) return known.generation;
  const generation = newGeneration();
  generations.set(history, { events: history.events.length, generation });
  await projectInto(database, generation, history);
  return generation;
}

/** Runs a question on a store of its own; answers with the names of its commands. */
async function asking<Answer>(
  mongo: TestDatabase,
  history: History,
  ask: (store: MongoReadStore) => Awaitable<Answer>,
): Promise<{ readonly answer: Answer; readonly commands: readonly string[] }> {
  const generation = await projected(mongo, history);
  const client = new MongoClient(mongo.uri, { monitorCommands: true });
  const commands: string[] = [];
  client.on("commandStarted", ({ commandName }) => {
    if (!OF_DRIVER.includes(commandName)) commands.push(commandName);
  });
  try {
    const views = viewsIn(client.db(mongo.database.databaseName), generation);
    const answer = await ask(mongoReadStore({ client, views: () => views, baseUrl: BASE_URL }));
    return { answer, commands };
  } finally {
    await client.close();
  }
}

const bearing = (userName: string) => ({
  tenant: "acme",
  startIndex: 1,
  count: 10,
  of: [{ type: userType, filter: parseFilter(userType, `userName eq "${userName}"`) }],
});

describeOnMongo("a read of one resource", (mongo) => {
  describe("is one command", () => {
    const history = new History();
    const boss = history.createUser({ userName: "boss", displayName: "The Boss" });
    const report = { [enterpriseUserSchema.id]: { manager: { value: boss } } };
    const users = {
      "without groups": history.createUser({ userName: "ada" }),
      "in groups": history.createUser({ userName: "bob" }),
      "with a manager": history.createUser({ userName: "cyd", ...report }),
      "in groups, with a manager": history.createUser({ userName: "dee", ...report }),
    };
    const members = [users["in groups"], users["in groups, with a manager"]];
    const [kept, ended, ...others] = ["Kept", "Ended", "One", "Two"].map((displayName) =>
      history.createGroup({ displayName }, members),
    ) as [string, string, string, string];
    history.changeGroup(kept, { displayName: "Renamed" });
    history.deleteGroup(ended);
    history.remove(others[0]!, [members[0]!]);
    history.erase(history.createUser({ userName: "gone" }));
    const groups = [
      { value: kept, display: "Renamed" },
      { value: others[0], display: "One" },
      { value: others[1], display: "Two" },
    ];
    const expected = {
      "without groups": { groups: [], managerDisplayName: null },
      "in groups": { groups: [groups[0], groups[2]], managerDisplayName: null },
      "with a manager": { groups: [], managerDisplayName: "The Boss" },
      "in groups, with a manager": { groups, managerDisplayName: "The Boss" },
    };
    const names = {
      "without groups": "ada",
      "in groups": "bob",
      "with a manager": "cyd",
      "in groups, with a manager": "dee",
    };

    for (const [which, id] of Object.entries(users) as [keyof typeof users, string][]) {
      it(`for a GET of a user ${which}`, async () => {
        const { answer, commands } = await asking(mongo, history, (store) => store.get("acme", "User", id));
        expect(answer).toMatchObject({ id, ...expected[which] });
        expect(commands).toEqual(["aggregate"]);
      });

      it(`for “userName eq” of a user ${which}, with how many persons were erased`, async () => {
        const { answer, commands } = await asking(mongo, history, (store) => store.query(bearing(names[which])));
        expect(answer).toMatchObject({ total: 1, untested: 1, resources: [{ id, ...expected[which] }] });
        expect(commands).toEqual(["aggregate"]);
      });
    }

    it("for a name that nobody bears", async () => {
      const { answer, commands } = await asking(mongo, history, (store) => store.query(bearing("nobody")));
      expect(answer).toEqual({ total: 0, untested: 1, resources: [] });
      expect(commands).toEqual(["aggregate"]);
    });

    it("for a GET of a group, and for one of nothing", async () => {
      const group = await asking(mongo, history, (store) => store.get("acme", groupType.name, kept));
      expect(group.answer).toMatchObject({ id: kept, groups: [], managerDisplayName: null });
      expect(group.commands).toEqual(["find"]);
      const nothing = await asking(mongo, history, (store) => store.get("acme", "User", kept));
      expect(nothing.answer).toBeUndefined();
      expect(nothing.commands).toEqual(["aggregate"]);
    });
  });

  describe("is right, in several commands of one instant,", () => {
    async function readBoth(history: History, id: string) {
      const one = await asking(mongo, history, (store) => store.get("acme", "User", id));
      const list = await asking(mongo, history, (store) => store.query(bearing("ada")));
      expect(list.answer.resources).toEqual([one.answer]);
      for (const { commands } of [one, list]) expect(commands.length).toBeLessThan(12);
      return one.answer!.groups;
    }

    it("of a user in more groups than a document names, also when there are fewer again", async () => {
      const history = new History();
      const ada = history.createUser({ userName: "ada" });
      const groups = Array.from({ length: MOST_HELD }, (_, at) =>
        history.createGroup({ displayName: `G ${at}` }, [ada]),
      );
      expect((await asking(mongo, history, (store) => store.get("acme", "User", ada))).commands).toEqual(["aggregate"]);
      const last = history.createGroup({ displayName: "One more" }, [ada]);
      const all = await readBoth(history, ada);
      expect(all.map(({ value }) => value)).toEqual([...groups, last].sort());
      expect(all.find(({ value }) => value === last)).toEqual({ value: last, display: "One more" });
      for (const group of groups.slice(2)) history.remove(group, [ada]);
      expect((await readBoth(history, ada)).map(({ value }) => value)).toEqual([...groups.slice(0, 2), last].sort());
    });

    it("of a user whose groups have names that fill more than a document of MongoDB", async () => {
      const history = new History();
      const ada = history.createUser({ userName: "ada" });
      const name = "n".repeat(1_000_000);
      for (let made = 0; made < 18; made++) history.createGroup({ displayName: `${made} ${name}` }, [ada]);
      const groups = await readBoth(history, ada);
      expect(groups.map(({ display }) => display!.length)).toEqual(
        groups.map((_, at) => name.length + (at < 10 ? 2 : 3)),
      );
    });
  });
});
