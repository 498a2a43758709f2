// What is asked of MongoDB is found by an index, as far as the server's own explanation says.
import { expect, it } from "@jest/globals";
import { type CommandStartedEvent, type Document, MongoClient } from "mongodb";
import { START } from "../../../src/eventlog/event-log.ts";
import { viewsIn } from "../../../src/readstore/mongodb/collections.ts";
import { type MongoReadStore, mongoReadStore } from "../../../src/readstore/mongodb/mongo-read-store.ts";
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
  const staff = history.createGroup({ displayName: "Engineering" }, users.slice(0, 20));
  history.erase(users[3]!);

  let projected: Promise<string> | undefined;
  async function project(): Promise<string> {
    const generation = newGeneration();
    await projectInto(database, generation, history);
    return generation;
  }

  /** The commands that a question comes to, run with a store of its own, and what each is found by. */
  async function plansOf(ask: (store: MongoReadStore) => unknown): Promise<{ command: Document; stages: string[] }[]> {
    projected ??= project();
    const generation = await projected;
    const client = new MongoClient(uri, { monitorCommands: true });
    const commands: Document[] = [];
    client.on("commandStarted", (event) => {
      if (isRead(event)) commands.push(event.command);
    });
    try {
      const views = viewsIn(client.db(database.databaseName), generation);
      await ask(mongoReadStore({ client, views: () => views, baseUrl: BASE_URL }));
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
    ["meta.lastModified gt", (store) => store.query(asked(userType, 'meta.lastModified gt "2020-01-01T00:00:00Z"'))],
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
    ["members", (store) => store.members("acme", staff, users[4]!, 5)],
    ["members in the past", (store) => store.members("acme", staff, null, 5, history.head)],
    ["who of some is a member", (store) => store.membersAmong("acme", staff, users)],
    ["groups that hold a user", (store) => store.groupsHolding("acme", users[1]!)],
    ["groups in a group", (store) => store.nestedGroups("acme", staff, history.head)],
    ["one membership", (store) => store.membership("acme", staff, users[1]!)],
    ["one membership in the past", (store) => store.membership("acme", staff, users[1]!, history.head)],
    ["memberships of a group", (store) => store.memberships({ ...ALL, group: staff })],
    [
      "memberships of a user in the past",
      (store) => store.memberships({ ...ALL, member: users[1]!, asOf: history.head }),
    ],
    ["a page of all memberships", (store) => store.walkMemberships({ tenant: "acme", count: 5 })],
    ["grants", (store) => store.grantsOf("acme", users[1]!, START, history.head)],
    ["a lifetime", (store) => store.lifetime("acme", users[1]!)],
    ["what touched a user", (store) => store.activityOf("acme", users[1]!, START, 5)],
    ["what touched a user last", (store) => store.activityBefore("acme", users[1]!, history.head, 5)],
    ["events by position", (store) => store.activityAt([history.at(1), history.at(2)])],
    ["a tenant's events", (store) => store.activityIn("acme", { after: START, until: history.head, limit: 5 })],
    [
      "a credential's events",
      (store) => store.activityIn("acme", { after: START, until: history.head, limit: 5, actor: "okta" }),
    ],
    [
      "a request's events",
      (store) => store.activityIn("acme", { after: START, until: history.head, limit: 5, request: "request-7" }),
    ],
    ["lives", (store) => store.livesOf("acme", "User", users[1]!, 5)],
    ["who was ever in a group", (store) => store.everMembers("acme", staff, null, 5, START, history.head)],
    [
      "groups that were ever in a group",
      (store) => store.everMembers("acme", staff, null, 5, START, history.head, true),
    ],
    ["records", (store) => store.recordsOf("acme", "attempt", START, history.head, 5)],
    ["how many events there were", (store) => store.eventsSeen(START, history.head)],
    ["the size of a tree", (store) => store.ledger.ledgerSize("acme")],
    ["the leaf of an event", (store) => store.ledger.ledgerCandidates("acme", history.events[3]!.id)],
    ["the leaf at a position", (store) => store.ledger.ledgerIndexAt("acme", history.at(3))],
    ["trees", (store) => store.ledger.ledgerTenants()],
  ];

  it("have nothing between the match and the sort of a list, which would sort all of the type", async () => {
    const lists = [[userType], [userType, groupType]].map((types) => types.map((type) => ({ type })));
    for (const of of lists) {
      const [list] = await plansOf((store) => store.query({ ...ALL, startIndex: 3, of }));
      const stages = (list!.command["pipeline"] as Document[]).map((stage) => Object.keys(stage)[0]);
      expect(stages.slice(0, 3)).toEqual(["$match", "$sort", "$limit"]);
    }
  });

  for (const [name, ask] of questions)
    it(`have an index for every command: ${name}`, async () => {
      const plans = await plansOf(ask);
      expect(plans.length).toBeGreaterThan(0);
      for (const { command, stages } of plans) {
        expect(stages.length).toBeGreaterThan(0);
        expect([JSON.stringify(command).slice(0, 300), stages]).not.toEqual([
          expect.anything(),
          expect.arrayContaining(["COLLSCAN"]),
        ]);
      }
    });
});
