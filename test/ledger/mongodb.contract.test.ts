// What several nodes keep of the ledger in MongoDB: one signs, all know.
import { expect, it } from "@jest/globals";
import { HeadDocuments } from "../../src/ledger/mongodb/head-documents.ts";
import { openKeyDocument, type Wrapping } from "../../src/ledger/mongodb/key-document.ts";
import { describeOnMongo } from "../support/mongodb.ts";

/** Turns every byte around: not what it was, and its own way back. */
const turned: Wrapping = {
  wrap: (secret) => secret.map((byte) => byte ^ 0xff),
  unwrap: (wrapped) => wrapped.map((byte) => byte ^ 0xff),
};

describeOnMongo("heads and keys of the ledger in MongoDB", (mongo) => {
  const fresh = () => mongo.client.db(`${mongo.database.databaseName}_${mongo.newGeneration()}`);

  it("a head that one node keeps is known to the others once they follow, and to those that start later", async () => {
    const database = fresh();
    const [one, other] = [await HeadDocuments.open(database), await HeadDocuments.open(database)];
    expect(one.last("acme")).toBeUndefined();
    await one.keep("acme", "head over 3\n");
    await one.keep("acme", "head over 5\n");
    await one.keep("globex", "head over 1\n");
    await other.follow();
    for (const node of [one, other, await HeadDocuments.open(database)]) {
      expect(node.last("acme")).toBe("head over 5\n");
      expect(node.tenants()).toEqual(["acme", "globex"]);
    }
    await database.dropDatabase();
  });

  it("a node that did not know the last head cannot put its own in the place, and one head twice is one", async () => {
    const database = fresh();
    const [one, stale] = [await HeadDocuments.open(database), await HeadDocuments.open(database)];
    await one.keep("acme", "head over 3\n");
    await expect(stale.keep("acme", "head over 2\n")).rejects.toThrow("another node has kept a head");
    await stale.follow();
    await one.keep("acme", "head over 5\n");
    await expect(stale.keep("acme", "head over 4\n")).rejects.toThrow("another node has kept a head");
    await stale.keep("acme", "head over 5\n");
    await stale.follow();
    expect(stale.last("acme")).toBe("head over 5\n");
    await database.dropDatabase();
  });

  it("what witnesses add is handed out with the head it is of, and with no other", async () => {
    const database = fresh();
    const [one, other] = [await HeadDocuments.open(database), await HeadDocuments.open(database)];
    const head = (size: number, ...more: string[]) =>
      `log.example\n${size}\n\n— log.example AAAAAAAA\n${more.map((name) => `— ${name} AAAAAAAA\n`).join("")}`;
    await one.keep("acme", head(3));
    await one.keepCosigned("acme", head(3, "witness"));
    await other.follow();
    expect([other.latest("acme"), other.last("acme")]).toEqual([head(3, "witness"), head(3)]);
    await one.keep("acme", head(5));
    await other.follow();
    expect([other.latest("acme"), other.cosigned("acme")]).toEqual([head(5), head(3, "witness")]);
    await database.dropDatabase();
  });

  it("why a tenant's log is not to be written reaches every node, and so does the end of it", async () => {
    const database = fresh();
    const [one, other] = [await HeadDocuments.open(database), await HeadDocuments.open(database)];
    await one.keep("acme", "head over 3\n");
    await one.keepFailure("acme", "its log has 2 events");
    await one.keepFailure("new", "unreadable");
    await other.follow();
    expect([other.failure("acme"), other.last("acme")]).toEqual(["its log has 2 events", "head over 3\n"]);
    expect(other.failures().toSorted()).toEqual(["acme", "new"]);
    await one.keepFailure("acme", undefined);
    await one.keepFailure("acme", undefined);
    await other.follow();
    expect(other.failures()).toEqual(["new"]);
    await database.dropDatabase();
  });

  it("of nodes that start at once one makes the keys and all have them; the database does not show them", async () => {
    const database = fresh();
    const names = ["a.example/ledger/v1", "b.example/ledger/v1", "c.example/ledger/v1"];
    const keys = await Promise.all(names.map((name) => openKeyDocument(database, name, turned)));
    expect(names).toContain(keys[0]!.name);
    const shown = keys.map((one) => one.verifiers(`${one.name}/acme`).map(({ id }) => id));
    expect(new Set(shown.map(String)).size).toBe(1);
    const later = await openKeyDocument(database, "d.example/ledger/v1", turned);
    expect(later.name).toBe(keys[0]!.name);
    const other = { wrap: turned.wrap, unwrap: (wrapped: Uint8Array) => wrapped };
    const wrong = await openKeyDocument(database, "d.example/ledger/v1", other);
    expect(wrong.verifiers("o")).not.toEqual(later.verifiers("o"));
    await database.dropDatabase();
  });
});
