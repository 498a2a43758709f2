// An instance moves from a data folder onto the engines and back into another data folder: log by `log copy`, keys by
// `keys copy`. On EventStoreDB's double, and on the real server that SCIM_LEDGER_TEST_ESDB names.
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { HeadFiles } from "../../src/ledger/file/head-files.ts";
import { HeadDocuments } from "../../src/ledger/mongodb/head-documents.ts";
import { parseNote } from "../../src/ledger/signed-note.ts";
import { verifyConsistency } from "../../src/ledger/verify.ts";
import { EventStoreDouble } from "../support/event-store/double.ts";
import { hasRealServer, REAL_SERVER, realServer } from "../support/event-store/servers.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { type Served, startServed } from "../support/served.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { runHere } from "./command.ts";

const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
const BASE = { SCIM_LEDGER_BASE_URL: "https://id.example.com" };

const newFolder = temporaryFolders();
const double = new EventStoreDouble();
afterAll(() => double.stop());

interface Ids {
  readonly [name: string]: string;
}

/** Some of everything that a copy may lose: members, a deletion, a rename, an erased person. */
async function live({ ask }: Served): Promise<Ids> {
  const made = async (path: string, body: object) => {
    const { status, body: answer } = await ask(`POST /scim/v2/${path}`, { body });
    expect(status).toBe(201);
    return String(answer["id"]);
  };
  const user = (userName: string) =>
    made("Users", { schemas: [USER], userName, name: { familyName: `Of ${userName}` }, externalId: `x-${userName}` });
  const [ada, bob, eve, gone] = [await user("ada"), await user("bob"), await user("eve"), await user("gone")];
  const members = [ada, bob, gone].map((value) => ({ value }));
  const staff = await made("Groups", { schemas: [GROUP], displayName: "staff", members });
  const change = (path: string, ...Operations: object[]) =>
    ask(`PATCH /scim/v2/${path}`, {
      body: { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations },
    });
  await change(`Users/${ada}`, { op: "replace", path: "userName", value: "ada.l" });
  await change(`Groups/${staff}`, { op: "remove", path: `members[value eq "${bob}"]` });
  await ask(`DELETE /scim/v2/Users/${gone}`);
  const erased = await ask(`POST /admin/v1/tenants/default/users/${eve}/erase`, {
    body: { confirm: eve, reason: "case 17" },
  });
  expect(erased.status).toBeLessThan(300);
  return { ada, bob, eve, gone, staff };
}

const questions = ({ ada, bob, gone, staff, eve }: Ids, asOf: string): readonly string[] => [
  "GET /scim/v2/Users?sortBy=userName",
  "GET /scim/v2/Groups",
  `GET /scim/v2/Users/${ada}`,
  `GET /scim/v2/Users/${bob}`,
  `GET /scim/v2/Users/${gone}`,
  `GET /scim/v2/Users/${eve}`,
  `GET /scim/v2/Groups/${staff}`,
  `GET /scim/v2/Users?filter=${encodeURIComponent('userName eq "ada.l" or externalId eq "x-bob"')}`,
  `GET /audit/v1/groups/${staff}/members?asOf=${asOf}`,
  `GET /audit/v1/users/${bob}/access?to=${asOf}`,
  `GET /audit/v1/users/${ada}/timeline?to=${asOf}`,
  `GET /audit/v1/users/${eve}/timeline?to=${asOf}`,
  `GET /audit/v1/resources/users/${gone}?asOf=${asOf}`,
  `GET /audit/v1/groups/${staff}/members/${bob}/grants?to=${asOf}`,
  `GET /audit/v1/groups/${staff}/holders?to=${asOf}`,
  `GET /audit/v1/deleted?to=${asOf}`,
  `GET /audit/v1/erasures?to=${asOf}`,
];

/** How much was known when it was asked: the questions themselves are in the log. */
const KNOWN =
  /"asOf":"[^"]*",(?="window")|"position":"\d{16}","effectiveAt":"[^"]*"|"knownAt":"[^"]*"|"through":"\d{16}"/gu;
/** Each log has places of its own. */
const PLACE = /\d{16}/gu;

async function answers({ ask }: Served, lines: readonly string[]): Promise<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const line of lines) {
    const { status, text } = await ask(line);
    // Whom nobody asks for by mistake: the deleted and the erased.
    expect([line, status === 200 || status === 404]).toEqual([line, true]);
    given[line] = `${status} ${text.replace(KNOWN, "")}`;
  }
  return given;
}

const withoutPlaces = (given: Record<string, string>) =>
  Object.fromEntries(Object.entries(given).map(([line, answer]) => [line, answer.replace(PLACE, "")]));

interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}
const headOf = (note: string | undefined): Head => parseCheckpoint(parseNote(note!).text);

/** By the proof that the service gives: the tree of the second head has the first one's as its beginning. */
async function expectToContinue({ ask }: Served, from: Head, to: Head): Promise<void> {
  const proof = await ask(`GET /ledger/v1/default/consistency?from=${from.size}&to=${to.size}`);
  expect(proof.status).toBe(200);
  const path = (proof.body["hashes"] as string[]).map((hash) => new Uint8Array(Buffer.from(hash, "base64")));
  const { size, root } = from;
  expect(verifyConsistency({ from: size, to: to.size, fromRoot: root, toRoot: to.root, path })).toBe(true);
}

async function succeed(args: readonly string[], env: Record<string, string>): Promise<void> {
  const { code, stderr } = await runHere(args, env);
  expect([args.join(" "), code, stderr]).toEqual([args.join(" "), 0, ""]);
}

const servers: readonly (readonly [name: string, environment: () => Promise<Record<string, string>>])[] = [
  ["EventStoreDB's double", async () => ({ SCIM_LEDGER_EVENT_STORE: (await double.start()).address })],
  ...(hasRealServer("an instance that moves there and back")
    ? [["EventStoreDB", async () => ({ ...realServer(REAL_SERVER!).environment })] as const]
    : []),
];

describeOnMongo("an instance that moves there and back", ({ uri, client, database }) => {
  it.each(servers)(
    "answers as before on %s, and in a data folder again; its ledger goes on",
    async (_, start) => {
      const { SCIM_LEDGER_BEGIN_LOG: _begin, ...server } = await start();
      const { SCIM_LEDGER_EVENT_STORE, ...named } = server;
      const [first, node, last] = [newFolder(), newFolder(), newFolder()];
      const views = new URL(uri);
      views.pathname = `/${database.databaseName}_${Date.now()}`;
      const keys = `${views.pathname.slice(1)}_keys`;
      const engines = {
        ...BASE,
        ...server,
        SCIM_LEDGER_DATA: node,
        SCIM_LEDGER_READ_STORE: views.href,
        SCIM_LEDGER_ROOT_KEY: join(node, "shared.key"),
      };

      let ids: Ids;
      {
        await using served = await startServed({ ...BASE, ...named, SCIM_LEDGER_DATA: first });
        ids = await live(served);
      }
      const lines = questions(ids, new Date().toISOString());
      let before: Record<string, string>;
      {
        await using served = await startServed({ ...BASE, ...named, SCIM_LEDGER_DATA: first });
        before = await answers(served, lines);
      }
      const head = headOf(new HeadFiles(join(first, "ledger")).last("default"));

      await succeed(["log", "copy", "--from", first, "--to", "SCIM_LEDGER_EVENT_STORE", "--beside"], engines);
      await succeed(["keys", "copy", "--from", first], engines);
      {
        await using served = await startServed(engines);
        expect(withoutPlaces(await answers(served, lines))).toEqual(withoutPlaces(before));
        const made = await served.ask("POST /scim/v2/Users", { body: { schemas: [USER], userName: "there" } });
        expect(made.status).toBe(201);
      }
      const heads = await HeadDocuments.open(client.db(keys));
      const headThere = headOf(heads.last("default"));
      expect(headThere.size).toBeGreaterThan(head.size);

      const namespace = named["SCIM_LEDGER_NAMESPACE"];
      const which = namespace === undefined ? [] : ["--namespace", namespace];
      await succeed(["log", "copy", "--from", "SCIM_LEDGER_EVENT_STORE", "--to", last, ...which], engines);
      await succeed(["keys", "copy", "--to", last], engines);
      {
        await using served = await startServed({ ...BASE, ...named, SCIM_LEDGER_DATA: last });
        const there = await served.ask('GET /scim/v2/Users?filter=userName%20eq%20"there"');
        expect(there.body).toMatchObject({ totalResults: 1 });
        await served.ask(`DELETE /scim/v2/Users/${(there.body["Resources"] as { id: string }[])[0]!.id}`);
        // Places as well: a data folder counts the same events alike.
        expect(await answers(served, lines)).toEqual(before);
        await expectToContinue(served, head, headThere);
      }
      const headBack = headOf(new HeadFiles(join(last, "ledger")).last("default"));
      {
        await using served = await startServed({ ...BASE, ...named, SCIM_LEDGER_DATA: last });
        await expectToContinue(served, headThere, headBack);
        expect((await served.ask("GET /ledger/v1/default")).body).toMatchObject({ verdict: "SIGNED" });
      }
      await succeed(["ledger", "check", "--data", last], {});
      await client.db(keys).dropDatabase();
      await client.db(views.pathname.slice(1)).dropDatabase();
    },
    180_000,
  );
});
