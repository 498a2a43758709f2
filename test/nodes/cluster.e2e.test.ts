// The service as several processes, on EventStoreDB (its double, or the server that SCIM_LEDGER_TEST_ESDB names) and MongoDB: what
// a client may take for granted whichever node answers, also when the one that projects is killed, or stops for a while.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { MongoClient } from "mongodb";
import { HeadDocuments } from "../../src/ledger/mongodb/head-documents.ts";
import { ask, type Server, startServer } from "../cli/command.ts";
import { REAL_SERVER, realServer, type ServedServer, startDouble } from "../support/event-store/servers.ts";
import { describeOnMongo } from "../support/mongodb.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ADMIN = "an-administrator-of-several-nodes-under-test-0123456789";

/** Of two nodes for one name; the failure suite asks for more. */
const RACES = Number(process.env["CLUSTER_RACES"] ?? 30);
const AT_ONCE = 10;
/** Milliseconds: three processes that start at once on a busy machine take their time. */
const READY_WITHIN = 80_000;

describeOnMongo("three nodes", (mongo) => {
  const folder = mkdtempSync(join(tmpdir(), "scim-ledger-nodes-"));
  let eventStore: ServedServer;
  const database = `cluster_${randomBytes(6).toString("hex")}`;
  let environment: Record<string, string>;
  let nodes: Server[] = [];

  const start = (name: string) =>
    startServer(join(folder, name), { ...environment, SCIM_LEDGER_NODE: name }, READY_WITHIN);
  beforeAll(async () => {
    const [server = "", options = ""] = mongo.uri.split("/?");
    eventStore = REAL_SERVER === undefined ? await startDouble() : realServer(REAL_SERVER);
    environment = {
      ...eventStore.environment,
      SCIM_LEDGER_READ_STORE: `${server}/${database}?${options}`,
      SCIM_LEDGER_ROOT_KEY: join(folder, "root.key"),
      SCIM_LEDGER_BASE_URL: "https://id.example.com",
      SCIM_LEDGER_ADMIN_TOKEN: ADMIN,
      SCIM_LEDGER_CHECKPOINT_SECONDS: "1",
      SCIM_LEDGER_LOG_LEVEL: "warn",
    };
    nodes = await Promise.all(["a", "b", "c"].map(start));
  }, 90_000);
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    eventStore.end();
    const client = await MongoClient.connect(mongo.uri);
    for (const name of [database, `${database}_keys`]) await client.db(name).dropDatabase();
    await client.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const body = async (answer: { readonly text: string }) => JSON.parse(answer.text);
  const create = (node: Server, userName: string) =>
    ask(node, ADMIN, "POST /scim/v2/Users", { schemas: [USER], userName });
  const find = async (node: Server, userName: string) =>
    body(await ask(node, ADMIN, `GET /scim/v2/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`));
  const holder = async (): Promise<Server> => {
    for (;;) {
      for (const node of nodes)
        if ((await ask(node, ADMIN, "GET /health/ready")).text.includes("this node's")) return node;
      await pause(50);
    }
  };

  it("begin together: one makes the tenants and the first tokens, all serve", async () => {
    const outputs = nodes.map(({ output }) => output.stdout.includes("first start"));
    expect(outputs.filter(Boolean)).toHaveLength(1);
    for (const node of nodes) expect((await ask(node, ADMIN, "GET /scim/v2/Users")).status).toBe(200);
  });

  it("read their writes and each other's: by id, by filter, in memberships", async () => {
    for (let round = 0; round < 6; round++) {
      const [one, other] = [nodes[round % 3]!, nodes[(round + 1) % 3]!];
      const made = await create(one, `seen-${round}`);
      expect(made.status).toBe(201);
      const { id } = await body(made);
      expect((await ask(other, ADMIN, `GET /scim/v2/Users/${id}`)).status).toBe(200);
      expect(await find(other, `seen-${round}`)).toMatchObject({ totalResults: 1, Resources: [{ id }] });
      const group = await ask(other, ADMIN, "POST /scim/v2/Groups", {
        schemas: [GROUP],
        displayName: `g-${round}`,
        members: [{ value: id }],
      });
      expect(group.status).toBe(201);
      expect((await find(one, `seen-${round}`)).Resources[0].groups).toMatchObject([{ display: `g-${round}` }]);
    }
  });

  it(
    `give a name to one of two who ask two nodes at once, ${RACES} times`,
    async () => {
      const race = async (n: number) => {
        const name = `raced-${n}`;
        const answers = await Promise.all([nodes[n % 3]!, nodes[(n + 1) % 3]!].map((node) => create(node, name)));
        expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
        expect((await find(nodes[2]!, name)).totalResults).toBe(1);
      };
      for (let n = 0; n < RACES; n += AT_ONCE)
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, RACES - n) }, (_, at) => race(n + at)));
    },
    60_000 + RACES * 1_000,
  );

  it("carry out changes of one resource through all of them, none twice, none lost", async () => {
    const { id } = await body(await create(nodes[0]!, "contended"));
    const emails = Array.from({ length: 9 }, (_, n) => `n${n}@example.com`);
    const settled = await Promise.all(
      emails.map((value, n) =>
        ask(nodes[n % 3]!, ADMIN, `PATCH /scim/v2/Users/${id}`, {
          schemas: [PATCH],
          Operations: [{ op: "add", path: "emails", value: [{ value }] }],
        }),
      ),
    );
    const done = emails.filter((_, n) => settled[n]!.status === 200);
    for (const { status } of settled) expect([200, 503]).toContain(status);
    const read = await body(await ask(nodes[1]!, ADMIN, `GET /scim/v2/Users/${id}`));
    expect((read.emails as { value: string }[]).map(({ value }) => value).toSorted()).toEqual(done.toSorted());
  });

  it("refuse a credential within a second of its revocation through another node", async () => {
    const issued = await ask(nodes[0]!, ADMIN, "POST /admin/v1/credentials", { name: "n", kind: "provisioning" });
    const { token, id } = await body(issued);
    for (const node of nodes) {
      const until = Date.now() + 1_000;
      let { status } = await ask(node, token, "GET /scim/v2/Users?count=1");
      while (status !== 200 && Date.now() < until) {
        await pause(20);
        status = (await ask(node, token, "GET /scim/v2/Users?count=1")).status;
      }
      expect(status).toBe(200);
    }
    expect((await ask(nodes[1]!, ADMIN, `DELETE /admin/v1/credentials/${id}`)).status).toBeLessThan(300);
    await pause(1_000);
    for (const node of nodes) expect((await ask(node, token, "GET /scim/v2/Users?count=1")).status).toBe(401);
  });

  it("serve one ledger, whose heads go on when another node signs", async () => {
    const heads = async () =>
      Promise.all(nodes.map(async (node) => (await ask(node, ADMIN, "GET /ledger/v1/default/checkpoint")).text));
    for (let look = 0; look < 60; look++) {
      const [a, b, c] = await heads();
      if (a === b && b === c && a!.startsWith("id.example.com/ledger/v1/default\n")) break;
      await pause(100);
    }
    const [a, b, c] = await heads();
    expect(a).toMatch(/^id\.example\.com\/ledger\/v1\/default\n/u);
    expect([b, c]).toEqual([a, a]);
  });

  it("refuse to write for a tenant whose log is behind its head, wherever that was found; the others go on", async () => {
    const client = await MongoClient.connect(mongo.uri);
    const heads = await HeadDocuments.open(client.db(`${database}_keys`));
    await heads.keepFailure("default", "as a test says");
    await pause(1_000);
    for (const node of nodes) {
      const refused = await create(node, "refused");
      expect([refused.status, refused.text.includes("as a test says")]).toEqual([503, true]);
      expect((await ask(node, ADMIN, "GET /scim/v2/Users?count=1")).status).toBe(200);
    }
    await heads.keepFailure("default", undefined);
    await pause(1_000);
    for (const node of nodes) expect((await create(node, `again-${nodes.indexOf(node)}`)).status).toBe(201);
    await client.close();
  }, 30_000);

  it("go on by themselves after the event store was away", async () => {
    const { control } = eventStore;
    if (control === undefined)
      return void process.stderr.write(
        "three nodes: SCIM_LEDGER_TEST_ESDB_CONTROL names no command, the event store stayed\n",
      );
    await control("kill");
    const during = await Promise.all(nodes.map((node) => ask(node, ADMIN, "GET /scim/v2/Users?count=1")));
    expect(during.map(({ status }) => status)).toEqual([200, 200, 200]);
    const pending = create(nodes[0]!, "patient");
    await pause(2_000);
    await control("start");
    expect([201, 503]).toContain((await pending).status);
    const isBack = async (node: Server) => (await create(node, `back-${nodes.indexOf(node)}`)).status !== 503;
    for (const node of nodes) for (let tries = 0; tries < 30 && !(await isBack(node)); tries++) await pause(500);
    for (const node of nodes)
      for (const at of nodes.keys()) expect((await find(node, `back-${at}`)).totalResults).toBe(1);
    expect((await find(nodes[1]!, "patient")).totalResults).toBeLessThanOrEqual(1);
  }, 60_000);

  it("go on within 5 seconds when the node that projects is killed, with nothing lost and nothing doubled", async () => {
    const dying = await holder();
    const others = nodes.filter((node) => node !== dying);
    const before = await body(await create(dying, "before-the-end"));
    const left = await body(await create(others[0]!, "leaver"));
    const group = await ask(others[0]!, ADMIN, "POST /scim/v2/Groups", {
      schemas: [GROUP],
      displayName: "left",
      members: [{ value: left.id }, { value: before.id }],
    });
    dying.child.kill("SIGKILL");
    const killed = performance.now();
    const answers = await Promise.all(others.map((node, n) => create(node, `after-the-end-${n}`)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(performance.now() - killed).toBeLessThan(5_000);
    for (const name of ["before-the-end", "after-the-end-0", "after-the-end-1"])
      for (const node of others) expect((await find(node, name)).totalResults).toBe(1);
    expect((await ask(others[1]!, ADMIN, `DELETE /scim/v2/Users/${left.id}`)).status).toBe(204);
    const { id } = await body(group);
    const members = await body(await ask(others[0]!, ADMIN, `GET /scim/v2/Groups/${id}`));
    expect(members.members).toMatchObject([{ value: before.id }]);
    nodes = [...others, await start("d")];
    expect((await find(nodes[2]!, "before-the-end")).totalResults).toBe(1);
  }, 60_000);

  it("let a node that was stopped for a while do no harm: another has taken over by then", async () => {
    const paused = await holder();
    const others = nodes.filter((node) => node !== paused);
    const doomed = await body(await create(others[0]!, "doomed"));
    paused.child.kill("SIGSTOP");
    try {
      expect((await ask(others[0]!, ADMIN, `DELETE /scim/v2/Users/${doomed.id}`)).status).toBe(204);
      expect((await create(others[1]!, "doomed")).status).toBe(201);
      await pause(3_000);
    } finally {
      paused.child.kill("SIGCONT");
    }
    expect((await create(paused, "awake")).status).toBe(201);
    for (const node of nodes) {
      expect((await ask(node, ADMIN, `GET /scim/v2/Users/${doomed.id}`)).status).toBe(404);
      expect((await find(node, "doomed")).totalResults).toBe(1);
      expect((await find(node, "awake")).totalResults).toBe(1);
    }
  }, 60_000);

  it("refuse to begin with other keys than the nodes before them", async () => {
    const other = { ...environment, SCIM_LEDGER_ROOT_KEY: join(folder, "another-root.key") };
    await expect(startServer(join(folder, "e"), other, READY_WITHIN)).rejects.toThrow(/root key/u);
  }, 60_000);
});
