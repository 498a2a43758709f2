// A person is erased by request: what the service answers, and what nobody finds any more.
import { randomUUIDv7 } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { START } from "../../src/eventlog/event-log.ts";
import { discardViews } from "../../src/readstore/sqlite/views-file.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { dumpOf } from "../readstore/dump.ts";
import { describeInBothModes } from "../support/both-modes.ts";
import { context, type Embedded } from "../support/embedded.ts";
import { client, eventually, set } from "../support/requests.ts";
import { CANARY, erasedPerson, filesWithCanary, person } from "./canary.ts";

const erase = ({ service }: Embedded, id: string, reason = "case 17") =>
  service.erasing.erase({ id, reason }, context("acme", { approval: "CHG-9" }));

const typesOf = async ({ stores }: Embedded, id: string): Promise<readonly string[]> =>
  (await stores.log.read(`scim.user-acme:${id}`, -1)).map(({ type }) => type);

describeInBothModes("erasing a person", (start) => {
  let embedded: Embedded;
  let id: string;
  let bob: string;
  let group: string;
  let answer: Awaited<ReturnType<typeof erase>>;
  const before = { position: START };

  beforeAll(async () => {
    embedded = await start();
    const { createUser, patchUser, createGroup } = client(embedded);
    id = await createUser(person);
    bob = await createUser({
      userName: "bob",
      displayName: "Bob",
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { manager: { value: id } },
    });
    group = await createGroup("staff", [id, bob]);
    await patchUser(id, set("userName", `${CANARY}-2`), set("name.givenName", `${CANARY}-given-2`));
    await patchUser(id, { op: "remove", path: "displayName" });
    before.position = await embedded.stores.log.head();
  });
  afterAll(() => embedded[Symbol.asyncDispose]());

  it("refuses a reason that names the person, and one for nobody, and changes nothing", async () => {
    const refused = [
      `asked by ${CANARY.toLowerCase()}-2`,
      `mail of ${CANARY}@example.com, today`,
      `(${CANARY}-family)`,
    ];
    for (const reason of refused) {
      const failure = await erase(embedded, id, reason).catch((error) => error);
      expect(failure).toMatchObject({ status: 400, scimType: "invalidValue" });
      expect(failure.message).not.toContain(CANARY);
    }
    await expect(erase(embedded, randomUUIDv7())).rejects.toMatchObject({ status: 404 });
    expect(await embedded.stores.log.head()).toBe(before.position);
  });

  it("answers with what nobody can read any more, and what stays", async () => {
    const [one, other] = await Promise.all([erase(embedded, id), erase(embedded, id)]);
    answer = one;
    expect(other).toEqual(one);
    expect(answer).toMatchObject({
      reason: "case 17",
      approval: "CHG-9",
      actor: { credential: "cred-1" },
      outcome: {
        erased: { events: 3, claims: 2 },
        remains: { events: 5, accessIntervals: 3, recordMonths: [] },
      },
    });
    expect((await typesOf(embedded, id)).slice(3)).toEqual(["UserDeleted", "UserErased", "UserErasureCompleted"]);
  });

  it("leaves no value of theirs in any file, while the service runs", () =>
    expect(filesWithCanary(embedded.folder)).toEqual([]));

  it("while the read models are being read: is gone from their files when that ends, without another write", async () => {
    const { createUser } = client(embedded);
    const other = await createUser({ ...person, userName: "yet another" });
    const reader = new DatabaseSync(join(embedded.folder, "views.db"), { readOnly: true });
    reader.exec("BEGIN; SELECT count(*) FROM resources");
    await erase(embedded, other);
    expect(filesWithCanary(embedded.folder)).not.toEqual([]);
    const head = await embedded.stores.log.head();
    reader.close();
    await eventually(async () => filesWithCanary(embedded.folder).length === 0);
    expect(await embedded.stores.log.head()).toBe(head);
  });

  it("deletes them: no read finds them, their memberships are ended, their manager's name is gone", async () => {
    const { user, members } = client(embedded);
    expect(await user(id)).toBeUndefined();
    expect((await user(bob))!.managerDisplayName).toBeNull();
    await eventually(async () => (await members(group)).length === 1);
  });

  it("reads as [erased] as of any earlier position, with the facts of access", async () => {
    const { readStore } = embedded.stores;
    const then = await readStore.get("acme", "User", id, before.position);
    expect(JSON.parse(`${then!.body}}`)).toMatchObject(erasedPerson);
    expect((await readStore.grantsOf("acme", id, START, before.position)).length).toBe(3);
    expect(
      (await readStore.members("acme", group, null, 10, before.position)).map(({ value }) => value).sort(),
    ).toEqual([id, bob].sort());
  });

  it("matches no filter of the past, which says that there is one it could not test", async () => {
    for (const text of [`userName eq "${CANARY}"`, `name.familyName co "${CANARY}"`, 'userName eq "[erased]"']) {
      const filter = parseFilter(userType, text);
      const query = {
        tenant: "acme",
        of: [{ type: userType, filter }],
        startIndex: 1,
        count: 10,
        asOf: before.position,
      };
      expect(await embedded.stores.readStore.query(query)).toMatchObject({ total: 0, untested: 1 });
    }
  });

  it("leaves another person as they were", async () =>
    expect(await client(embedded).attributes(bob)).toMatchObject({ userName: "bob", displayName: "Bob" }));

  it("sets their names free", async () => {
    const { createUser, deleteUser } = client(embedded);
    for (const userName of [CANARY, `${CANARY}-2`]) {
      const id = await createUser({ userName });
      expect(await client(embedded).attributes(id)).toMatchObject({ userName });
      await deleteUser(id);
    }
  });

  it("answers the same again, also after a restart, and writes nothing", async () => {
    const head = await embedded.stores.log.head();
    expect(await erase(embedded, id, "another case")).toEqual(answer);
    expect(await embedded.stores.log.head()).toBe(head);
    await embedded.restart();
    expect(await erase(embedded, id)).toEqual(answer);
    expect((await typesOf(embedded, id)).length).toBe(6);
  });

  it("erases whoever was deleted before", async () => {
    const { createUser, deleteUser } = client(embedded);
    const leaver = await createUser({ ...person, userName: "leaver" });
    await deleteUser(leaver);
    expect((await erase(embedded, leaver)).outcome.erased.events).toBe(1);
    expect(await typesOf(embedded, leaver)).toEqual([
      "UserCreated",
      "UserDeleted",
      "UserErased",
      "UserErasureCompleted",
    ]);
  });

  it("while the vault is being read: is erased for every reader at once, and in the file when that ends", async () => {
    const { createUser } = client(embedded);
    const other = await createUser({ ...person, userName: "other" });
    const { service, stores } = embedded;
    const [created] = await stores.log.read(`scim.user-acme:${other}`, -1, 1);
    const key = JSON.parse(created!.envelope).key as string;
    const reader = new DatabaseSync(join(embedded.folder, "vault.db"), { readOnly: true });
    reader.exec("BEGIN; SELECT count(*) FROM keys");
    const failure = await erase(embedded, other).catch((error) => error);
    expect([failure.status, failure.message]).toEqual([503, expect.stringContaining("is tried again")]);
    expect(await service.findKey("acme", key)).toBeUndefined();
    expect(await typesOf(embedded, other)).toEqual(["UserCreated", "UserDeleted", "UserErased"]);
    reader.close();
    await eventually(async () => (await typesOf(embedded, other)).includes("UserErasureCompleted"), 20_000);
    expect(await stores.vault.open("acme", key)).toBeUndefined();
    await service.erasing.settled();
  });

  it("comes out the same when the read models are built anew", async () => {
    await embedded.restart();
    const live = dumpOf(embedded.folder);
    await embedded.restart(discardViews);
    expect(dumpOf(embedded.folder)).toEqual(live);
  });
});
