import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { LARGE_CHANGE } from "../../src/domain/group-appends.ts";
import { sealEvent } from "../../src/eventlog/codec.ts";
import { derivedId } from "../../src/eventlog/event-id.ts";
import { describeOnEveryLog } from "../support/both-modes.ts";
import { context, type Embedded } from "../support/embedded.ts";
import { addMembers, client } from "../support/requests.ts";

describeOnEveryLog("a change too large for one append", (start) => {
  let embedded: Embedded;
  let ids: string[];
  beforeAll(async () => {
    embedded = await start();
    const { createUser } = client(embedded);
    ids = [];
    for (let batch = 0; batch < 12; batch++) {
      ids.push(
        ...(await Promise.all(Array.from({ length: 50 }, (_, n) => createUser({ userName: `u${batch}-${n}` })))),
      );
    }
  }, 60_000);
  afterAll(() => embedded[Symbol.asyncDispose]());

  const begin = async (group: string, change: string, revision: number, at = Date.now() * 1_000) => {
    const stream = `scim.group-acme:${group}`;
    const { commandId } = context();
    await embedded.stores.log.append({
      stream,
      expected: revision,
      events: [
        sealEvent({
          at,
          data: { change },
          id: derivedId(commandId, stream),
          metadata: {},
          revision: revision + 1,
          stream,
          tenant: "acme",
          type: "GroupChangeBegun",
          version: 1,
        }),
      ],
    });
  };

  it("is one version, and readers see all of it or nothing", async () => {
    // Members must exist, so the limit itself is out of reach here: the decider's own tests cross it.
    expect(LARGE_CHANGE).toBeGreaterThan(ids.length);
    const { createGroup, members } = client(embedded);
    const group = await createGroup("many", ids);
    expect((await members(group)).sort()).toEqual([...ids].sort());
    expect(await embedded.stores.readStore.get("acme", "Group", group)).toMatchObject({ version: 2 });
  });

  it("that nobody completes is abandoned by the next command once it is old", async () => {
    const { createGroup, patchGroup, members } = client(embedded);
    const group = await createGroup("stuck");
    await begin(group, "left-open", 0, (Date.now() - 60_000) * 1_000);
    const written = await patchGroup(group, addMembers(ids[0]!));
    expect(await members(group)).toEqual([ids[0]]);
    const types = (await embedded.stores.log.read(`scim.group-acme:${group}`, -1)).map(({ type }) => type);
    expect(types).toEqual(["GroupCreated", "GroupChangeBegun", "GroupChangeAbandoned", "GroupMembersAdded"]);
    expect(written.state.version).toBe(3);
  });
});
