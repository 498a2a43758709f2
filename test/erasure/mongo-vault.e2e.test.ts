// The service with its keys in MongoDB: what it writes it reads, whom it erases it cannot read, and a vault that was put back
// from before an erasure has applied it when the service serves again.
import { randomBytes } from "node:crypto";
import { expect, it } from "@jest/globals";
import { keyServiceOf } from "../../src/vault/key-service.ts";
import { openMongoVault } from "../../src/vault/mongodb/vault.ts";
import { context, startEmbedded } from "../support/embedded.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { client, set } from "../support/requests.ts";
import { CANARY, person } from "./canary.ts";

const rootKey = randomBytes(32);

describeOnMongo("the service with its vault in MongoDB", ({ database }) => {
  it("reads what it wrote, erases a person, and applies erasures to a vault that was put back", async () => {
    const vault = await openMongoVault({ database, openService: () => keyServiceOf(rootKey) });
    await using embedded = await startEmbedded({ vault });
    const { createUser, patchUser } = client(embedded);
    const [id, bob] = [await createUser(person), await createUser({ userName: "bob" })];
    await patchUser(id, set("name.givenName", `${CANARY}-given`));
    const [created] = await embedded.stores.log.read(`scim.user-acme:${id}`, -1, 1);
    const key = JSON.parse(created!.envelope).key as string;
    const keys = database.collection("vault.keys");
    const backup = await keys.find().toArray();

    await embedded.service.erasing.erase({ id, reason: "case 17" }, context());
    expect(await vault.open("acme", key)).toBeUndefined();
    await keys.deleteMany({});
    await keys.insertMany(backup);
    expect(await vault.open("acme", key)).toHaveLength(32);

    await embedded.restart();
    expect(await vault.open("acme", key)).toBeUndefined();
    expect(await keys.countDocuments()).toBe(backup.length - 1);
    const types = (await embedded.stores.log.read(`scim.user-acme:${id}`, -1)).map(({ type }) => type);
    expect(types.filter((type) => type === "UserErasureCompleted")).toHaveLength(1);
    // Its state is folded from the log, with keys of the vault.
    await client(embedded).patchUser(bob, set("displayName", "Bob"));
    expect((await embedded.stores.readStore.get("acme", "User", bob))?.body).toContain('"displayName":"Bob"');
  });
});
