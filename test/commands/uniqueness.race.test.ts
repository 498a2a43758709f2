import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { describeOnEveryLog } from "../support/both-modes.ts";
import type { Embedded } from "../support/embedded.ts";
import { client, set } from "../support/requests.ts";

describeOnEveryLog("one name, one owner", (start) => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await start();
  });
  afterAll(() => embedded[Symbol.asyncDispose]());
  const outcomes = async (attempts: readonly Promise<unknown>[]) => {
    const settled = await Promise.allSettled(attempts);
    return {
      won: settled.filter(({ status }) => status === "fulfilled").length,
      refused: settled.filter(
        (outcome) =>
          outcome.status === "rejected" && outcome.reason.status === 409 && outcome.reason.scimType === "uniqueness",
      ).length,
    };
  };

  it("of 20 who want a name at the same moment exactly one gets it, in whatever case they spell it", async () => {
    const { createUser } = client(embedded);
    const names = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? "Straße-ada" : "STRAßE-ADA"));
    expect(await outcomes(names.map((userName) => createUser({ userName })))).toEqual({ won: 1, refused: 19 });
  });

  it("renames and creations contend for the same name", async () => {
    const { createUser, patchUser } = client(embedded);
    const ids = await Promise.all(Array.from({ length: 5 }, (_, n) => createUser({ userName: `renamer-${n}` })));
    const attempts = [
      ...ids.map((id) => patchUser(id, set("userName", "coveted"))),
      ...Array.from({ length: 5 }, () => createUser({ userName: "Coveted" })),
    ];
    expect(await outcomes(attempts)).toEqual({ won: 1, refused: 9 });
  });

  it("a name is free again after its bearer was renamed or deleted, and only then", async () => {
    const { createUser, patchUser, deleteUser } = client(embedded);
    const first = await createUser({ userName: "wanted" });
    await expect(createUser({ userName: "wanted" })).rejects.toMatchObject({ status: 409 });
    await patchUser(first, set("userName", "other"));
    const second = await createUser({ userName: "WANTED" });
    await expect(patchUser(first, set("userName", "wanted"))).rejects.toMatchObject({ status: 409 });
    await deleteUser(second);
    await patchUser(first, set("userName", "wanted"));
    expect(await client(embedded).attributes(first)).toMatchObject({ userName: "wanted" });
  });

  it("a person can take an old name of their own back, and change its case", async () => {
    const { createUser, patchUser, attributes } = client(embedded);
    const id = await createUser({ userName: "round" });
    for (const name of ["trip", "round", "ROUND", "Trip", "round"]) {
      await patchUser(id, set("userName", name));
      expect(await attributes(id)).toMatchObject({ userName: name });
    }
  });

  it("tenants do not share names", async () => {
    await embedded.service.tenants
      .create("globex", "Globex", {
        actor: { credential: "c", name: "c", kind: "administrator" },
        requestId: "r",
        commandId: "create-globex",
      })
      .catch(() => undefined);
    const name = "same-everywhere";
    await client(embedded, "acme").createUser({ userName: name });
    await client(embedded, "globex").createUser({ userName: name });
  });

  it("whatever the order, names and bearers agree in the end", async () => {
    const { createUser, patchUser, deleteUser } = client(embedded);
    const names = ["n1", "n2", "n3", "n4"];
    const ids = (await Promise.all(names.map((userName) => createUser({ userName }).catch(() => undefined)))).filter(
      (id) => id !== undefined,
    );
    for (let round = 0; round < 15; round++) {
      await Promise.allSettled(
        ids.flatMap((id, n) => [
          patchUser(id, set("userName", names[(n + round) % names.length]!)),
          patchUser(id, set("userName", `spare-${id}`)),
          ...(round === 14 && n === 0 ? [deleteUser(id)] : []),
        ]),
      );
    }
    const { resources } = await embedded.stores.readStore.query({
      tenant: "acme",
      of: [{ type: userType }],
      startIndex: 1,
      count: 1_000,
    });
    const borne = resources.map(({ body }) => String(JSON.parse(`${body}}`).userName).toLowerCase());
    expect(new Set(borne).size).toBe(borne.length);
    for (const userName of names) {
      const isBorne = borne.includes(userName);
      const attempt = createUser({ userName });
      if (isBorne) await expect(attempt).rejects.toMatchObject({ status: 409 });
      else await attempt;
    }
  });
});
