// The whole service on each combination of engines: what it serves is the same.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { EventStoreDouble } from "../support/event-store/double.ts";
import { MONGODB_URI } from "../support/mongodb.ts";
import { type Served, startServed } from "../support/served.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";

const double = new EventStoreDouble();
const other = new EventStoreDouble();
let databases = 0;
const database = (uri: string): string => {
  const [base = "", options] = uri.split("/?");
  return `${base}/engines_${process.pid}_${databases++}?${options ?? ""}`;
};

interface Combination {
  readonly name: string;
  readonly environment: () => Promise<Record<string, string>>;
}

const onMongo = MONGODB_URI === undefined ? [] : [MONGODB_URI];
const combinations: readonly Combination[] = [
  { name: "log and read models in SQLite", environment: async () => ({}) },
  {
    name: "log in EventStoreDB (its double), read models in SQLite",
    environment: async () => ({ SCIM_LEDGER_EVENT_STORE: (await double.start()).address }),
  },
  ...onMongo.map((uri) => ({
    name: "log in EventStoreDB (its double), read models and keys in MongoDB",
    environment: async () => ({
      SCIM_LEDGER_EVENT_STORE: (await other.start()).address,
      SCIM_LEDGER_READ_STORE: database(uri),
      SCIM_LEDGER_BASE_URL: "https://id.example.com",
    }),
  })),
  ...onMongo.map((uri) => ({
    name: "log in SQLite, read models and keys in MongoDB",
    environment: async () => ({ SCIM_LEDGER_READ_STORE: database(uri) }),
  })),
  ...onMongo.map((uri) => ({
    name: "log and read models in SQLite, keys in MongoDB",
    environment: async () => ({ SCIM_LEDGER_KEYS: database(uri) }),
  })),
];

afterAll(() => {
  double.stop();
  other.stop();
});

describe.each(combinations)("$name", ({ environment }) => {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-engines-"));
  let given: Record<string, string>;
  let served: Served | undefined;
  const start = async () => {
    given ??= { SCIM_LEDGER_DATA: folder, ...(await environment()) };
    served = await startServed(given);
    return served;
  };
  afterAll(async () => {
    await served?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  it("reads its writes: by id, by filter, in memberships; and tells the past from the present", async () => {
    const { ask } = await start();
    const made = await ask("POST /scim/v2/Users", { body: { schemas: [USER], userName: "ada", title: "first" } });
    expect(made.status).toBe(201);
    const id = made.body["id"] as string;
    const group = await ask("POST /scim/v2/Groups", {
      body: { schemas: [GROUP], displayName: "makers", members: [{ value: id }] },
    });
    expect(group.status).toBe(201);
    const before = new Date().toISOString();
    const again = await ask("POST /scim/v2/Users", { body: { schemas: [USER], userName: "ADA" } });
    expect([again.status, again.body["scimType"]]).toEqual([409, "uniqueness"]);
    const patch = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", path: "title", value: "second" }],
    };
    expect((await ask(`PATCH /scim/v2/Users/${id}`, { body: patch })).body["title"]).toBe("second");
    const found = await ask(`GET /scim/v2/Users?filter=${encodeURIComponent('title eq "second"')}`);
    expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id, groups: [{ value: group.body["id"] }] }] });
    expect((await ask(`GET /scim/v2/Users/${id}?asOf=${before}`)).body["title"]).toBe("first");
  });

  it("ends the memberships of whoever is deleted, and is ready", async () => {
    const { ask } = served!;
    const [user] = (await ask("GET /scim/v2/Users")).body["Resources"] as { id: string }[];
    const [group] = (await ask("GET /scim/v2/Groups")).body["Resources"] as { id: string }[];
    expect((await ask(`DELETE /scim/v2/Users/${user!.id}`)).status).toBe(204);
    expect((await ask(`GET /scim/v2/Groups/${group!.id}`)).body["members"]).toBeUndefined();
    expect((await ask("GET /health/ready")).status).toBe(200);
  });

  it("is there again after a restart, with its ledger", async () => {
    await served![Symbol.asyncDispose]();
    const { ask } = await start();
    expect((await ask("GET /scim/v2/Groups")).body).toMatchObject({ totalResults: 1 });
    const head = await ask("GET /ledger/v1/default/checkpoint");
    expect(head.status).toBe(200);
    expect(head.text).toContain("/default\n");
    const status = await ask("GET /ledger/v1/default");
    expect(status.body).toMatchObject({ verdict: "SIGNED" });
  });
});
