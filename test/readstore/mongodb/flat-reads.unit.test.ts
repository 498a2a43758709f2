// What the commonest reads cost does not grow with the directory: documents that the server looks at for them, as it says itself.
import { expect, it } from "@jest/globals";
import { type CommandStartedEvent, type Document, MongoClient } from "mongodb";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { type MongoReadStore, mongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import { userType } from "../../../src/scim/schema/resource-types.ts";
import { BASE_URL, History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { projectInto } from "./views.ts";

const USERS = 400;
/** Far below the number of users; some documents are told of twice. */
const FEW = 20;

/** Sums up a number wherever a plan tells it. */
function sumOf(plan: unknown, name: string): number {
  if (typeof plan !== "object" || plan === null) return 0;
  return Object.entries(plan).reduce(
    (sum, [key, value]) =>
      sum + (key === name && typeof value === "number" ? value : key === "postgresql" ? 0 : sumOf(value, name)),
    0,
  );
}

describeOnMongo("a read of one among many users", ({ uri, database, newGeneration }) => {
  const history = new History();
  const users = Array.from({ length: USERS }, (_, at) => history.createUser({ userName: `user ${at}` }));
  const group = history.createGroup({ displayName: "Engineering" }, users.slice(0, USERS / 2));
  let projected: Promise<string> | undefined;
  const project = async () => {
    const generation = newGeneration();
    await projectInto(database, generation, history);
    return generation;
  };

  /** Documents that the server looks at for a question. */
  async function examined(ask: (store: MongoReadStore) => unknown): Promise<number> {
    projected ??= project();
    const generation = await projected;
    const client = new MongoClient(uri, { monitorCommands: true });
    const asked: Document[] = [];
    client.on("commandStarted", ({ commandName, command }: CommandStartedEvent) => {
      if (commandName === "find" || commandName === "aggregate") asked.push(command);
    });
    try {
      const views = viewsIn(client.db(database.databaseName), generation);
      await ask(mongoReadStore({ client, views: () => views, baseUrl: BASE_URL }));
    } finally {
      await client.close();
    }
    let looked = 0;
    for (const { lsid: _, readConcern: __, ...command } of asked) {
      const bare = Object.fromEntries(Object.entries(command).filter(([name]) => !name.startsWith("$")));
      const plan = await database.command({ explain: bare, verbosity: "executionStats" });
      looked += sumOf(plan, "totalDocsExamined");
    }
    return looked;
  }

  const named = (userName: string) => ({
    tenant: "acme",
    startIndex: 1,
    count: 10,
    of: [{ type: userType, filter: parseFilter(userType, `userName eq "${userName}"`) }],
  });

  it.each([
    ["GET of a user in a group", (store: MongoReadStore) => store.get("acme", "User", users[1]!)],
    ["GET of a user without groups", (store: MongoReadStore) => store.get("acme", "User", users[USERS - 1]!)],
    ["userName eq of a user in a group", (store: MongoReadStore) => store.query(named("user 1"))],
    ["GET of the group", (store: MongoReadStore) => store.get("acme", "Group", group)],
  ])("looks at few documents: %s", async (_, ask) => {
    const looked = await examined(ask);
    expect(looked).toBeGreaterThan(0);
    expect(looked).toBeLessThan(FEW);
  });
});
