import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { discardViews } from "../../src/readstore/sqlite/views-file.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { context, type Embedded, startEmbedded } from "../support/embedded.ts";
import { client, eventually, set } from "../support/requests.ts";
import { CANARY, erasedPerson, filesWithCanary, person } from "./canary.ts";

describe("a person's key is destroyed", () => {
  let embedded: Embedded;
  let id: string;
  let bob: string;
  let group: string;
  let before: string;

  beforeAll(async () => {
    embedded = await startEmbedded();
    const { createUser, patchUser, createGroup, attributes } = client(embedded);
    id = await createUser(person);
    bob = await createUser({ userName: "bob", displayName: "Bob" });
    group = await createGroup("staff", [id, bob]);
    await patchUser(id, set("nickName", `${CANARY}-nick`), set("name.givenName", `${CANARY}-given-2`));
    await patchUser(id, { op: "remove", path: "displayName" });
    const operations = parsePatch(userType, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", value: { active: false } }],
    });
    const interpretations = [{ raw: `{"name.givenName":"${CANARY}-raw"}`, interpreted: `{"name":"${CANARY}-read"}` }];
    await embedded.service.provisioning.user(
      { type: "PatchUser", id, operations, password: false },
      context("acme", { rules: ["path-as-key"], interpretations }),
    );
    await patchUser(id, set("active", true));
    before = await embedded.stores.log.head();
    const side = JSON.parse((await embedded.stores.readStore.baseline("acme", "User", id))!.side);
    expect(await attributes(id)).toMatchObject({ nickName: `${CANARY}-nick` });
    await embedded.stores.vault.destroy("acme", [side.key]);
    await embedded.restart(discardViews);
  });
  afterAll(() => embedded[Symbol.asyncDispose]());

  it("no file holds a value of theirs once the views are rebuilt", () =>
    expect(filesWithCanary(embedded.folder)).toEqual([]));

  it("every value reads as [erased], never as missing; access facts stay", async () =>
    expect(await client(embedded).attributes(id)).toMatchObject({ ...erasedPerson, nickName: "[erased]" }));

  it("and so it does as of an earlier position", async () => {
    const { readStore, log } = embedded.stores;
    const [created] = await log.read(`scim.user-acme:${id}`, -1, 1);
    const then = await readStore.get("acme", "User", id, created!.position);
    expect(JSON.parse(`${then!.body}}`)).toMatchObject({ userName: "[erased]", displayName: "[erased]" });
  });

  it("no filter finds them by a value; they are still listed, and a member", async () => {
    const { readStore } = embedded.stores;
    for (const text of [
      `userName eq "${CANARY}"`,
      `emails.value sw "${CANARY}"`,
      'userName eq "[erased]"',
      `name.familyName co "${CANARY}"`,
    ]) {
      const filter = parseFilter(userType, text);
      expect(
        await readStore.query({ tenant: "acme", of: [{ type: userType, filter }], startIndex: 1, count: 10 }),
      ).toMatchObject({
        total: 0,
      });
    }
    expect(await readStore.query({ tenant: "acme", of: [{ type: userType }], startIndex: 1, count: 10 })).toMatchObject(
      {
        total: 2,
      },
    );
    expect((await client(embedded).members(group)).sort()).toEqual([id, bob].sort());
  });

  it("another person is untouched", async () =>
    expect(await client(embedded).attributes(bob)).toMatchObject({ userName: "bob", displayName: "Bob" }));

  it("nothing can be written into them any more, but their life can end", async () => {
    const { patchUser, deleteUser, user, members } = client(embedded);
    await expect(patchUser(id, set("title", "again"))).rejects.toMatchObject({ status: 403 });
    await deleteUser(id);
    expect(await user(id)).toBeUndefined();
    await eventually(async () => (await members(group)).length === 1);
  });

  it("their name can be had by somebody else", async () => {
    const { createUser, attributes } = client(embedded);
    const heir = await createUser({ userName: CANARY });
    expect(await attributes(heir)).toMatchObject({ userName: CANARY });
  });

  it("the log is as it was", async () => expect((await embedded.stores.log.head()) > before).toBe(true));
});
