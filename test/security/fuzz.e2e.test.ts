// Ten thousand requests that are nearly right, or not at all, to every route of the whole service. A run is named by its
// seed, which stands in the title: FUZZ_SEED asks for it again, FUZZ_REQUESTS for more of it.
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { positionOf } from "../../src/eventlog/event-log.ts";
import { routesOf } from "../../src/http/app.ts";
import { createLogger } from "../../src/http/log.ts";
import { Metrics } from "../../src/http/metrics.ts";
import { discardViews } from "../../src/readstore/sqlite/views-file.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { defaultSettings } from "../http/fakes.ts";
import { dumpOf } from "../readstore/dump.ts";
import { servedTypes } from "../rfc/generated/types.ts";
import { learn, mayChange, wrongWith } from "./fuzz/judge.ts";
import { Random } from "./fuzz/random.ts";
import type { Ground, Request } from "./fuzz/request.ts";
import { requestFor } from "./fuzz/requests.ts";
import { BYSTANDER, FUZZED, Subject } from "./fuzz/subject.ts";
import { bytesOfRequest, Connection, exchangeRaw, NoAnswer, wrecked } from "./fuzz/wire.ts";
import { World } from "./fuzz/world.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 32);
const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 10_000);
const AT_ONCE = 8;
/** Of all requests, those whose bytes are no longer HTTP. */
const WRECKED = 0.02;

const routes = routesOf({
  settings: defaultSettings(),
  baseUrl: "http://x",
  metrics: new Metrics(),
  log: createLogger("silent"),
  readiness: [],
} as unknown as Parameters<typeof routesOf>[0]);

const prototypes = () =>
  [Object.prototype, Array.prototype, Function.prototype, String.prototype, Promise.prototype, Map.prototype].map(
    (one) => Reflect.ownKeys(one).map(String).join(),
  );

const subject = new Subject();
const before = prototypes();
let ground: Ground;
let world: World;
let bystander: string;
let fuzzed: string;
/** What the other tenant's token reads before. */
let untouched: readonly string[];
/** Requests whose answer says that they changed something, or says nothing. */
const mayHaveChanged = new Set<string>();
const answered = new Map<number, number>();
const problems: string[] = [];

const lists = [
  "/Users",
  "/Groups",
  "/Devices",
  "/Roles",
  "/Entitlements",
  "/GroupMemberships",
  "/Schemas",
  "/ResourceTypes",
];
const readAll = (token: string): Promise<readonly string[]> =>
  Promise.all(lists.map(async (path) => (await subject.ask(`GET /scim/v2${path}?count=1000`, { token })).text));

beforeAll(async () => {
  await subject.open();
  bystander = await subject.makeTenant(BYSTANDER);
  fuzzed = await subject.makeTenant(FUZZED);
  const [foreign, own] = [await subject.fill(bystander), await subject.fill(fuzzed)];
  const ofBystander = await subject.issue(BYSTANDER, { kind: "provisioning" });
  world = new World([...foreign, ofBystander.id]);
  for (const [n, id] of own.entries())
    world.idsOf(["/Users", "/Users", "/Users", "/Groups", "/Devices"][n] as string).add(id);
  ground = { types: servedTypes, routes, tenant: FUZZED, askers: await subject.askers(own[0] as string) };
  untouched = await readAll(bystander);
}, 60_000);
afterAll(() => subject.end());

const told = (n: number, { method, target, headers, body, asker }: Request): string =>
  `request ${n}, by ${asker.name}: ${method} ${target} ${JSON.stringify(headers)} ${body?.toString().slice(0, 600) ?? ""}`;

async function one(n: number, connection: Connection): Promise<void> {
  const random = new Random(SEED + Math.imul(n, 2_654_435_761));
  const request = requestFor(random, world, ground);
  if (random.chance(WRECKED)) {
    // Its id may be wrecked too: by none of them an event is told from others.
    const answer = await exchangeRaw(subject.port, wrecked(random, bytesOfRequest(request, `wrecked-${n}`)));
    if (/^HTTP\/1\.1 50[02-9]/m.test(answer))
      problems.push(`${told(n, request)}\n  wrecked, it is answered ${answer.slice(0, 500)}`);
    return;
  }
  const id = `fuzz-${n}`;
  try {
    const answer = await connection.send(request.method, bytesOfRequest(request, id));
    answered.set(answer.status, (answered.get(answer.status) ?? 0) + 1);
    if (mayChange(request, answer)) mayHaveChanged.add(id);
    const wrong = wrongWith(request, answer);
    if (wrong !== undefined)
      problems.push(
        `${told(n, request)}\n  ${wrong}: ${answer.status} in ${Math.round(answer.milliseconds)} ms ${answer.body.slice(0, 500)}`,
      );
    learn(world, servedTypes, request, answer);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    mayHaveChanged.add(id);
    problems.push(`${told(n, request)}\n  ${error.message}`);
  }
}

describe("whatever is sent", () => {
  it(`${REQUESTS} requests (FUZZ_SEED=${SEED}) are answered in time, by no failure, and refused as SCIM refuses`, async () => {
    let next = 0;
    const work = async () => {
      const connection = new Connection(subject.port);
      for (let n = next++; n < REQUESTS && problems.length < 20; n = next++) await one(n, connection);
      connection.close();
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(problems.join("\n")).toBe("");
    // Requests that are all refused would try nothing.
    for (const status of [200, 201, 204, 400, 401, 403, 404, 405, 412])
      expect([status, (answered.get(status) ?? 0) > 0]).toEqual([status, true]);
  }, 300_000);

  it("the service lives, and nothing failed behind its answers", async () => {
    expect((await subject.ask("GET /health/ready")).status).toBe(200);
    expect(subject.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
    expect(prototypes()).toEqual(before);
    expect(({} as JsonObject)["polluted"]).toBeUndefined();
  });

  it("another tenant's directory is what it was, byte by byte", async () => {
    expect(await readAll(bystander)).toEqual(untouched);
  });

  it("what is read as of now is what is read now", async () => {
    for (const path of ["/Users", "/Groups", "/Devices", "/Roles", "/Entitlements"]) {
      const now = await subject.ask(`GET /scim/v2${path}?count=1000`, { token: fuzzed });
      // An instant is written in milliseconds, and events fall in between.
      await new Promise((resolve) => setTimeout(resolve, 5));
      const instant = new Date().toISOString();
      const asOf = await subject.ask(`GET /scim/v2${path}?count=1000&asOf=${instant}`, { token: fuzzed });
      expect([path, now.status, asOf.status]).toEqual([path, 200, 200]);
      const byId = ({ body }: { body: JsonObject }) =>
        ((body["Resources"] ?? []) as JsonObject[]).toSorted((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1));
      expect(byId(asOf)).toEqual(byId(now));
    }
  });

  it("no refused request and none that reads left an event of a resource, and none of any kind with the other tenant", async () => {
    await subject.close();
    const wrong: string[] = [];
    let changed = 0;
    for (const { stream, tenant, type, metadata } of subject.events(positionOf(0))) {
      const id = metadata["$correlationId"] ?? "";
      if (!id.startsWith("fuzz-")) continue;
      const kind = stream.split(".")[1]?.split("-")[0] ?? "";
      const changes = !["attempt", "inspection", "client"].includes(kind) && type !== "CredentialUsed";
      if (changes) changed += 1;
      if (changes && !mayHaveChanged.has(id)) wrong.push(`${id}: ${type} in ${stream}`);
      if (tenant === BYSTANDER) wrong.push(`${id}: ${type} in ${stream}`);
    }
    expect(wrong).toEqual([]);
    expect(changed).toBeGreaterThan(REQUESTS / 100);
  });

  it("read models that are built anew from the log are what they were", async () => {
    const kept = dumpOf(subject.folder);
    discardViews(subject.folder);
    await subject.open();
    await subject.close();
    expect(dumpOf(subject.folder)).toEqual(kept);
  }, 120_000);
});
