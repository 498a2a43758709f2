// What cannot be answered in time is refused in words that help, not waited for.
import { expect, it } from "@jest/globals";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import { userType } from "../../../src/scim/schema/resource-types.ts";
import { History } from "../../projections/history.ts";
import { describeOnMongo } from "../../support/mongodb.ts";
import { openIn } from "./opened.ts";

describeOnMongo("a deadline in MongoDB", (mongo) => {
  const history = new History();
  history.createUser({ userName: "ada", title: "Countess" });
  const of = [{ type: userType, filter: parseFilter(userType, 'title co "count"') }];

  it("ends a list and a walk with tooMany, which names what would be found at once", async () => {
    await using views = await openIn(mongo, { queryDeadline: 0 })(history);
    const refused = { status: 400, scimType: "tooMany", message: expect.stringContaining("userName") };
    await expect(
      (async () => views.store.query({ tenant: "acme", of, startIndex: 1, count: 5 }))(),
    ).rejects.toMatchObject(refused);
    await expect((async () => views.store.walk({ tenant: "acme", of, count: 5 }))()).rejects.toMatchObject(refused);
  });

  it("leaves nothing behind that would keep a later answer", async () => {
    await using views = await openIn(mongo)(history);
    const { resources } = await views.store.query({ tenant: "acme", of, startIndex: 1, count: 5 });
    expect(resources).toHaveLength(1);
  });
});
