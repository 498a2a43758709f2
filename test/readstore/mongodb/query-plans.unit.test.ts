// What is asked of MongoDB is found by an index, as far as the server's own explanation says.
import { describe, expect, it } from "@jest/globals";
import { type CommandStartedEvent, type Document, MongoClient } from "mongodb";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { MongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { resolvePath } from "../../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../../src/scim/schema/resource-types.ts";
import { BASE_URL, History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { projectInto } from "./views.ts";

const ALL = { tenant: "acme", startIndex: 1, count: 10 } as const;
const isRead = ({ commandName }: CommandStartedEvent): boolean => commandName === "find" || commandName === "aggregate";

const stagesIn = (plan: unknown): string[] => {
  if (Array.isArray(plan)) return plan.flatMap(stagesIn);
  if (typeof plan !== "object" || plan === null) return [];
  return Object.entries(plan).flatMap(([name, value]) =>
    name === "stage" && typeof value === "string" ? [value] : name === "postgresql" ? [] : stagesIn(value),
  );
};

describeOnMongo("the plans of reads in MongoDB", ({ uri, database, newGeneration }) => {
  const history = new History();
  const users = Array.from({ length: 60 }, (_, index) =>
    history.createUser({ userName: `user ${index}`, displayName: `U ${index}` }),
  );
  history.createGroup({ displayName: "Engineering" }, users.slice(0, 20));
  history.erase(users[3]!);

  /** The commands that a question comes to, run with a store of its own, and what each is found by. */
  async function plansOf(ask: (store: MongoReadStore) => unknown): Promise<{ command: Document; stages: string[] }[]> {
    const generation = newGeneration();
    await projectInto(database, generation, history);
    const client = new MongoClient(uri, { monitorCommands: true });
    const commands: Document[] = [];
    client.on("commandStarted", (event) => {
      if (isRead(event)) commands.push(event.command);
    });
    try {
      const views = viewsIn(client.db(database.databaseName), generation);
      await ask(new MongoReadStore({ client, views: () => views, baseUrl: BASE_URL }));
    } finally {
      await client.close();
    }
    return Promise.all(
      commands.map(
        async ({ lsid: _, txnNumber: __, autocommit: ___, startTransaction: ____, readConcern: _____, ...rest }) => {
          const command = Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith("$")));
          return { command, stages: stagesIn(await database.command({ explain: command })) };
        },
      ),
    );
  }

  const asked = (type: ResourceType, text: string) => ({ ...ALL, of: [{ type, filter: parseFilter(type, text) }] });
  const questions: readonly (readonly [string, (store: MongoReadStore) => unknown])[] = [
    ["GET of a user without groups", (store) => store.get("acme", "User", users[40]!)],
    ["GET of a user in groups", (store) => store.get("acme", "User", users[1]!)],
    ["GET in the past", (store) => store.get("acme", "User", users[1]!, history.head)],
    ["userName eq", (store) => store.query(asked(userType, 'userName eq "user 30"'))],
    ["userName sw", (store) => store.query(asked(userType, 'userName sw "user 3"'))],
    ["id eq", (store) => store.query(asked(userType, `id eq "${users[40]}"`))],
    [
      "externalId eq or userName eq",
      (store) => store.query(asked(userType, 'externalId eq "x" or userName eq "user 9"')),
    ],
    ["members.value eq", (store) => store.query(asked(groupType, `members.value eq "${users[1]}"`))],
    ["groups.display eq", (store) => store.query(asked(userType, 'groups.display eq "engineering"'))],
    [
      "userName eq in the past",
      (store) => store.query({ ...asked(userType, 'userName eq "user 30"'), asOf: history.head }),
    ],
    ["a list", (store) => store.query({ ...ALL, of: [{ type: userType }] })],
    [
      "a sorted list",
      (store) =>
        store.query({
          ...ALL,
          of: [{ type: userType, sortBy: resolvePath(userType, "userName")! }],
          sort: "ascending",
        }),
    ],
    ["a page of a walk", (store) => store.walk({ tenant: "acme", of: [{ type: userType }], count: 10 })],
    ["what a command starts from", (store) => store.baseline("acme", "User", users[40]!)],
    ["an instant", (store) => store.positionAt(history.effective.at(-1)! - 1)],
  ];

  for (const [name, ask] of questions)
    it(`have an index for every command: ${name}`, async () => {
      const plans = await plansOf(ask);
      expect(plans.length).toBeGreaterThan(0);
      for (const { command, stages } of plans) {
        expect([JSON.stringify(command).slice(0, 300), stages]).not.toEqual([
          expect.anything(),
          expect.arrayContaining(["COLLSCAN"]),
        ]);
      }
    });

  describe("count", () => {
    it("one command for a GET of a user without groups, and one for who bears a name", async () => {
      expect(await plansOf((store) => store.get("acme", "User", users[40]!))).toHaveLength(1);
      expect(await plansOf((store) => store.query(asked(userType, 'userName eq "user 30"')))).toHaveLength(1);
      expect(await plansOf((store) => store.query(asked(userType, 'externalId eq "none"')))).toHaveLength(1);
    });
  });
});
