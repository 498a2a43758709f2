// A SCIM write says where the ledger has it: the index in the header proves to the event that the write appended last.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { decodeLeaf, type LeafRecord } from "../../src/ledger/leaf.ts";
import { parseProof } from "../../src/ledger/tlog-proof.ts";
import { type Server, startServer, type Tokens, tokensIn, userBody } from "./command.ts";

const root = mkdtempSync(join(tmpdir(), "scim-ledger-index-"));
const data = join(root, "data");
let server: Server;
let tokens: Tokens;

beforeAll(async () => {
  server = await startServer(data, { SCIM_LEDGER_CHECKPOINT_SECONDS: "1" });
  tokens = tokensIn(data);
});
afterAll(async () => {
  await server.stop();
  rmSync(root, { recursive: true });
});

interface Written {
  readonly status: number;
  readonly index: number | undefined;
  readonly body: { readonly id: string; readonly Operations: readonly { readonly status: string }[] };
}

async function write(request: string, body?: object): Promise<Written> {
  const [method = "", path = ""] = request.split(" ");
  const response = await fetch(`${server.url}/scim/v2${path}`, {
    method,
    headers: { Authorization: `Bearer ${tokens.provisioning}`, "Content-Type": "application/scim+json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const index = response.headers.get("SCIM-Ledger-Index");
  return {
    status: response.status,
    index: index === null ? undefined : Number(index),
    body: text === "" ? {} : JSON.parse(text),
  };
}

/** The leaf at an index, proved under the first head that covers it. */
async function provedAt(index: number | undefined): Promise<LeafRecord> {
  for (let tries = 0; tries < 100; tries++) {
    const response = await fetch(`${server.url}/ledger/v1/default/proof?index=${index}`, {
      headers: { Authorization: `Bearer ${tokens.auditor}` },
    });
    if (response.status === 200) return decodeLeaf(parseProof(await response.text()).extra!);
    if (response.status !== 503) throw new Error(`${response.status} for leaf ${index}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("no head in time");
}

const GROUP = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"] };
const patch = (...Operations: object[]) => ({ schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations });

it("each kind of write names the leaf of the event that it ended with", async () => {
  const user = await write("POST /Users", userBody("ada"));
  const { id } = user.body;
  const changed = await write(`PATCH /Users/${id}`, patch({ op: "replace", path: "title", value: "Countess" }));
  const group = await write("POST /Groups", { ...GROUP, displayName: "Engines" });
  const added = await write(
    `PATCH /Groups/${group.body.id}`,
    patch({ op: "add", path: "members", value: [{ value: id }] }),
  );
  const deleted = await write(`DELETE /Groups/${group.body.id}`);
  expect([user, changed, group, added, deleted].map(({ status }) => status)).toEqual([201, 200, 201, 204, 204]);
  const indexes = [user, changed, group, added, deleted].map(({ index }) => index!);
  expect(indexes).toEqual([...indexes].sort((one, other) => one - other));
  const [created, title, made, member, gone] = await Promise.all(indexes.map(provedAt));
  expect(created).toMatchObject({ type: "UserCreated", stream: `scim.user-default:${id}` });
  expect(title).toMatchObject({ type: "UserAttributesChanged", stream: `scim.user-default:${id}` });
  expect(made).toMatchObject({ type: "GroupCreated", stream: `scim.group-default:${group.body.id}` });
  expect(member).toMatchObject({ type: "GroupMembersAdded", stream: `scim.group-default:${group.body.id}` });
  expect(gone).toMatchObject({ type: "GroupDeleted" });
});

it("a membership of its own names the leaf of its group's event", async () => {
  const user = await write("POST /Users", userBody("charles"));
  const group = await write("POST /Groups", { ...GROUP, displayName: "Looms" });
  const membership = {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:GroupMembership"],
    group: { value: group.body.id },
    member: { value: user.body.id },
  };
  const made = await write("POST /GroupMemberships", membership);
  const ended = await write(`DELETE /GroupMemberships/${made.body.id}`);
  expect([made.status, ended.status]).toEqual([201, 204]);
  expect((await provedAt(made.index)).type).toBe("GroupMembersAdded");
  expect((await provedAt(ended.index)).type).toBe("GroupMembersRemoved");
});

it("a Bulk request names the last leaf of its operations", async () => {
  const operations = ["one", "two", "three"].map((name) => ({
    method: "POST",
    path: "/Users",
    bulkId: name,
    data: userBody(name),
  }));
  const answer = await write("POST /Bulk", {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    Operations: [...operations, { method: "DELETE", path: "/Users/01a2029e-835a-7d1f-97ce-399a572f0bcd" }],
  });
  expect(answer.body.Operations.map(({ status }) => status)).toEqual(["201", "201", "201", "404"]);
  const next = await write("POST /Users", userBody("next"));
  // A claim and a user each, and nothing in between but the refusal that was recorded.
  expect(next.index! - answer.index!).toBeLessThanOrEqual(3);
  expect((await provedAt(answer.index)).type).toBe("UserCreated");
});

it("what changes nothing, what is refused and what is read name no leaf", async () => {
  const { body } = await write("POST /Users", { ...userBody("grace"), title: "Admiral" });
  const same = await write(`PATCH /Users/${body.id}`, patch({ op: "replace", path: "title", value: "Admiral" }));
  expect([same.status, same.index]).toEqual([200, undefined]);
  const taken = await write("POST /Users", userBody("grace"));
  expect([taken.status, taken.index]).toEqual([409, undefined]);
  const read = await write(`GET /Users/${body.id}`);
  expect([read.status, read.index]).toEqual([200, undefined]);
});

it("the leaves of writes at the same time are told apart", async () => {
  const names = Array.from({ length: 60 }, (_, n) => `at once ${n}`);
  const written = await Promise.all(names.map((name) => write("POST /Users", userBody(name))));
  const indexes = written.map(({ index }) => index!);
  expect(new Set(indexes).size).toBe(names.length);
  for (const at of [0, 17, 59])
    expect((await provedAt(indexes[at])).stream).toBe(`scim.user-default:${written[at]!.body.id}`);
});
