import { expect, it } from "@jest/globals";
import { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { openIn } from "./opened.ts";

describeOnMongo("memberships that cannot be looked at in time", (mongo) => {
  const open = openIn(mongo, { queryDeadline: 0 });

  it("are given up, and what would help is said", async () => {
    const history = new History();
    const team = history.createGroup({ displayName: "Team" }, [history.createUser({ userName: "ada" })]);
    await using views = await open(history);
    const { store } = views;
    const tooMany = (help: string) =>
      expect.objectContaining({ scimType: "tooMany", message: expect.stringContaining(help) });
    await expect(store.memberships({ tenant: "acme", startIndex: 1, count: 1 })).rejects.toEqual(
      tooMany("filter by group.value or member.value, or page by cursor"),
    );
    await expect(store.walkMemberships({ tenant: "acme", count: 1 })).rejects.toEqual(tooMany("start the walk again"));
    // What an index finds is bounded by another time.
    expect(await store.members("acme", team, null, 10)).toHaveLength(1);
  });
});
