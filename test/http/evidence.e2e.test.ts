// Evidence is costly, and its folder holds personal values: neither a slow client nor one that leaves does harm to others.
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { within, writePiece } from "../../src/http/back-pressure.ts";
import { ClientGone } from "../../src/http/body.ts";
import { startServer } from "../../src/http/server.ts";
import { eventually } from "../support/requests.ts";
import { type Served, startServed } from "../support/served.ts";
import { defaultSettings } from "./fakes.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATH = "/audit/v1/evidence/completeness";
/** Folders of this process in which evidence lies. */
const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`scim-ledger-evidence-${process.pid}-`));

let served: Served;
let auditor = "";
let stranger = "";

const issued = async (tenant: string): Promise<string> =>
  String(
    (await served.ask("POST /admin/v1/credentials", { body: { tenant, name: "a", kind: "auditor" } })).body["token"],
  );

beforeAll(async () => {
  served = await startServed();
  await served.ask("POST /admin/v1/tenants", { body: { id: "other", name: "Other" } });
  [auditor, stranger] = [await issued("default"), await issued("other")];
  // More than the connection holds by itself.
  const displayName = "x".repeat(400_000);
  for (let i = 0; i < 40; i++)
    await served.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName: `user${i}`, displayName } });
}, 60_000);
afterAll(async () => served[Symbol.asyncDispose]());

/** Asks, and reads nothing. */
function askSlowly(): Socket {
  const { hostname, port } = new URL(served.url);
  const socket = connect(Number(port), hostname).pause();
  socket.on("error", () => undefined);
  socket.write(`GET ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${auditor}\r\n\r\n`);
  return socket;
}

it("a client that does not read what it asked for leaves the evidence of others alone, and takes no more than its tenant's places", async () => {
  const slow = [askSlowly(), askSlowly()];
  await eventually(async () => folders().length === 2);
  const refused = await served.ask(`GET ${PATH}`, { token: auditor });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "30"]);
  expect((await served.ask(`GET ${PATH}`, { token: stranger })).status).toBe(200);
  for (const socket of slow) socket.destroy();
  await eventually(async () => folders().length === 0);
  await eventually(async () => (await served.ask(`GET ${PATH}`, { token: auditor })).status === 200, 20_000);
}, 60_000);

it("the evidence of whoever left while it waited or was made is given up, and its inspection ends as aborted", async () => {
  const aborted = async () =>
    (await served.ask("GET /audit/v1/readings", { token: auditor })).text.split('"aborted"').length;
  const so = await aborted();
  const left = askSlowly();
  await eventually(async () => folders().length > 0);
  left.destroy();
  await eventually(async () => folders().length === 0);
  await eventually(async () => (await aborted()) > so);
}, 60_000);

it("a client that does not take an answer in time is parted with", async () => {
  const outcome = Promise.withResolvers<unknown>();
  const server = await startServer(defaultSettings(), () => (_, response) => {
    const endless = async () => {
      for (;;) await writePiece(response, "x".repeat(1_000_000));
    };
    within(response, 300, endless).then(outcome.resolve, outcome.resolve);
  });
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname).pause();
  socket.on("error", () => undefined);
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(await outcome.promise).toBeInstanceOf(ClientGone);
  socket.destroy();
  await server.close();
});
