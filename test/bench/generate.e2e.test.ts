import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { groupId, nameOf, userId, userNameOf } from "../../bench/data/identity.ts";
import { uniqueValues } from "../../src/domain/unique-values.ts";
import { openStores, type Stores } from "../../src/embedded/stores.ts";
import { ClaimProtocol } from "../../src/eventlog/claim-protocol.ts";
import { START } from "../../src/eventlog/event-log.ts";
import { SqliteLogReader } from "../../src/eventlog/sqlite/reader.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";

const program = new URL("../../bench/generate.ts", import.meta.url).pathname;
const TENANT = "default";
const UNUSED = undefined as never;

describe("a generated data set", () => {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-generate-"));
  let stores: Stores;
  beforeAll(async () => {
    execFileSync(process.execPath, ["--no-warnings", program, folder, "users-1k"], { env: {} });
    stores = await openStores(folder);
  });
  afterAll(async () => {
    await stores[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("is projected by the normal start: every user stands there with what was encrypted", async () => {
    for (const index of [0, 1, 499, 999]) {
      const user = await stores.readStore.get(TENANT, "User", userId(index));
      expect(user?.body).toContain(`"userName":"${userNameOf(nameOf(index))}"`);
      expect(user?.groups).toEqual([
        { value: groupId(Math.floor(index / 25)), display: `Group ${Math.floor(index / 25)}` },
      ]);
    }
    expect(await stores.readStore.get(TENANT, "User", userId(1_000))).toBeUndefined();
  });

  it("has the namespace that it was given, and without one that of a first start", () => {
    const named = mkdtempSync(join(tmpdir(), "scim-ledger-generate-"));
    execFileSync(process.execPath, ["--no-warnings", program, named, "users-1k", "mine"], { env: {} });
    const reader = new SqliteLogReader(named);
    const [first] = reader.readAll(START, 1);
    reader.close();
    rmSync(named, { recursive: true, force: true });
    expect([stores.namespace, reader.namespace, first!.stream.split(".")[0]]).toEqual(["scim", "mine", "mine"]);
  });

  it("has groups of the size that its parameters say", async () => {
    const query = { tenant: TENANT, of: [{ type: groupType }], startIndex: 1, count: 1 };
    expect((await stores.readStore.query(query)).total).toBe(40);
    expect(await stores.readStore.members(TENANT, groupId(39), null, 100)).toHaveLength(25);
  });

  it("has a claim for each unique name, on the stream where the service looks for it", async () => {
    const types = new Map<string, number>();
    for (const { type } of await stores.log.readAll("0000000000000000" as never, 10_000))
      types.set(type, (types.get(type) ?? 0) + 1);
    expect(types.get("UserCreated")).toBe(1_000);
    expect(types.get("IdentifierClaimed")).toBe(1_000);
    const { vault, namespace, log } = stores;
    const claims = new ClaimProtocol({ vault, namespace, atomic: true, loop: UNUSED, ownerTarget: UNUSED });
    const [value] = uniqueValues(userType, { userName: userNameOf(nameOf(7)).toUpperCase() });
    expect(await log.read(await claims.streamOf(TENANT, value!), -1)).toMatchObject([{ type: "IdentifierClaimed" }]);
  });
});
