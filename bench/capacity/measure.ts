// What a user and a membership come to, in events, documents and bytes: `node bench/capacity/measure.ts [--users 2000]`, with
// SCIM_LEDGER_TEST_MONGODB for the documents. Sizes of the log are those of its events; those of documents are their BSON.
import { randomUUIDv7 } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { BSON, type Document, MongoClient } from "mongodb";
import { DataFolder } from "../../src/embedded/data-folder.ts";
import { openStores } from "../../src/embedded/stores.ts";
import { type Position, START } from "../../src/eventlog/event-log.ts";
import type { CommandContext } from "../../src/eventlog/provisioning.ts";
import { AsynchronousProjector } from "../../src/projections/asynchronous-projector.ts";
import { openServing } from "../../src/readstore/mongodb/generations/generations.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { createService } from "../../src/service.ts";

const { values } = parseArgs({ options: { users: { type: "string", default: "2000" } } });
const USERS = Number(values.users);
const CHUNK = 100;
const URI = process.env["SCIM_LEDGER_TEST_MONGODB"];

const folder = mkdtempSync(join(tmpdir(), "scim-ledger-capacity-"));
const held = DataFolder.hold(folder);
const stores = await openStores(folder, { atomic: false });
const abort = new AbortController();
const service = await createService({ ...stores, signal: abort.signal });
const { provisioning } = service;

const context = (): CommandContext => {
  const commandId = randomUUIDv7();
  const actor = { credential: "e6yUir63YHHX", name: "capacity", kind: "provisioning" } as const;
  return { tenant: "acme", actor, requestId: commandId, commandId, profile: "okta" };
};
await service.tenants.create("acme", "acme", context());

interface Sizes {
  readonly events: number;
  readonly bytes: number;
}

let last: Position = START;
/** Of the events since it was asked the last time. */
async function logged(): Promise<Sizes> {
  let [events, bytes] = [0, 0];
  for (;;) {
    const page = await stores.log.readAll(last, 1_000);
    if (page.length === 0) return { events, bytes };
    events += page.length;
    for (const { envelope, ciphertext } of page) bytes += Buffer.byteLength(envelope) + (ciphertext?.length ?? 0);
    last = page.at(-1)!.position;
  }
}

const client = URI === undefined ? undefined : await MongoClient.connect(URI);
const database = client?.db(`capacity_${process.pid}`);
const writer = database === undefined ? undefined : await openServing(database, 1);
const findKey = service.findKey;
const projector = writer && (await AsynchronousProjector.resume(writer, { namespace: stores.namespace, findKey }));
let before = new Map<string, { count: number; bytes: number }>();

/** By collection, what came since it was asked the last time. */
async function documents(): Promise<readonly string[]> {
  if (database === undefined || projector === undefined) return [];
  for (;;) {
    const page = await stores.log.readAll(projector.position, 1_000);
    if (page.length === 0) break;
    await projector.project(page);
  }
  const now = new Map<string, { count: number; bytes: number }>();
  const lines: string[] = [];
  for (const { name } of await database.listCollections({}, { nameOnly: true }).toArray()) {
    let [count, bytes] = [0, 0];
    for await (const one of database.collection<Document>(name).find()) {
      count += 1;
      bytes += BSON.calculateObjectSize(one);
    }
    now.set(name, { count, bytes });
    const was = before.get(name) ?? { count: 0, bytes: 0 };
    if (bytes !== was.bytes) lines.push(`${name} ${per(count - was.count)} documents, ${per(bytes - was.bytes)} bytes`);
  }
  before = now;
  return lines;
}

const per = (sum: number): string => (sum / USERS).toFixed(2);

async function tell(what: string): Promise<void> {
  const { events, bytes } = await logged();
  console.log(`${what}: ${per(events)} events, ${per(bytes)} bytes in the log`);
  for (const line of await documents()) console.log(`  ${line}`);
}

async function each(work: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < USERS; n += 50)
    await Promise.all(Array.from({ length: Math.min(50, USERS - n) }, (_, at) => work(n + at)));
}

const ids = Array.from({ length: USERS }, () => randomUUIDv7());
const user = (n: number) => ({
  userName: `given.family-${n}@example.com`,
  externalId: `00u1a2b3c4d5e6f7g8h${n}`,
  name: { givenName: "Given", familyName: `Family-${n}` },
  displayName: `Given Family-${n}`,
  title: "Engineer",
  locale: "en-US",
  active: true,
  emails: [{ value: `given.family-${n}@example.com`, type: "work", primary: true }],
  phoneNumbers: [{ value: `+1 555 ${String(n).padStart(7, "0")}`, type: "work" }],
});

await logged();
await documents();
await each((n) =>
  provisioning.user({ type: "CreateUser", id: ids[n]!, attributes: user(n), password: false }, context()),
);
await tell("a user created");

const patch = (value: string) =>
  parsePatch(userType, {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "replace", path: "title", value }],
  });
await each((n) =>
  provisioning.user({ type: "PatchUser", id: ids[n]!, operations: patch(`T${n}`), password: false }, context()),
);
await tell("one attribute changed");

const inGroups = async (count: number, of: (n: number) => readonly string[]) => {
  for (let n = 0; n < count; n++) {
    const attributes = { displayName: `group-${randomUUIDv7()}` };
    await provisioning.group({ type: "CreateGroup", id: randomUUIDv7(), attributes, members: [...of(n)] }, context());
  }
};
await inGroups(USERS / CHUNK, (n) => ids.slice(n * CHUNK, (n + 1) * CHUNK));
await tell(`a membership, ${CHUNK} to a request (a share of the group's own)`);

const lone = randomUUIDv7();
await provisioning.group(
  { type: "CreateGroup", id: lone, attributes: { displayName: "lone" }, members: [] },
  context(),
);
await logged();
await documents();
for (const id of ids) await provisioning.group({ type: "AddMember", id: lone, member: id }, context());
await tell("a membership, one to a request");

await database?.dropDatabase();
await writer?.[Symbol.asyncDispose]();
await client?.close();
abort.abort();
await stores[Symbol.asyncDispose]();
held[Symbol.dispose]();
rmSync(folder, { recursive: true, force: true });
