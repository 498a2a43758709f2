import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type Embedded, startEmbedded } from "../support/embedded.ts";
import { client, eventually } from "../support/requests.ts";

const LARGE = "x".repeat(20_000);
/** Pages beyond which no test grows. */
const PLENTY = 1_000_000;

describe.each(["log", "views"] as const)("the disk is full (%s)", (file) => {
  let embedded: Embedded;
  beforeAll(async () => {
    embedded = await startEmbedded({ visibilityMs: 1_000 });
  });
  afterAll(() => embedded[Symbol.asyncDispose]());

  it("writes are refused, reads go on, and everything recovers without a restart", async () => {
    const { createUser, user, attributes } = client(embedded);
    const there = await createUser({ userName: "there" });
    embedded.stores.limitPages(file, 1);
    const acknowledged: string[] = [];
    let refusals = 0;
    for (let n = 0; n < 40 && refusals < 5; n++) {
      await createUser({ userName: `writer-${n}`, displayName: LARGE }).then(
        (id) => acknowledged.push(id),
        (error: Error) => {
          expect(["Unavailable", "NotYetVisible"]).toContain(error.name);
          refusals++;
        },
      );
    }
    expect(refusals).toBeGreaterThan(0);
    expect(await attributes(there)).toMatchObject({ userName: "there" });
    embedded.stores.limitPages(file, PLENTY);
    await eventually(async () =>
      createUser({ userName: `after ${Math.random()}` }).then(
        () => true,
        () => false,
      ),
    );
    for (const id of [...acknowledged, there]) expect(await user(id)).toBeDefined();
  });
});
