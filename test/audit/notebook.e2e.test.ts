// The real service against a naive notebook: identity providers do random things over HTTP, and every answer about the past
// is held against what was acknowledged and what a GET answered then. Again after a restart, and after a rebuild.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { ask, type Server, startServer, tokensIn } from "../cli/command.ts";
import { temporaryFolder } from "../support/embedded.ts";
import { Client, inParallel, type Loose } from "./notebook/client.ts";
import { accessesOf, type Page, type Run, runsOf, shifted, within } from "./notebook/notebook.ts";
import { Provider, stepsOf } from "./notebook/provider.ts";

const SEED = Number(process.env["NOTEBOOK_SEED"] ?? 20);
const STEPS = Number(process.env["NOTEBOOK_STEPS"] ?? 40);

const folder = temporaryFolder();
let server: Server;
let auditor: Client;
let provider: Provider;
/** Question → its answer, word for word, for the next times. */
const told = new Map<string, string>();
const asked: string[] = [];

const LISTS = [
  "Users?count=100",
  "Groups?count=100",
  "Users?filter=active%20eq%20true&count=100",
  "Users?filter=active%20ne%20true&count=100&attributes=userName",
  "Users?filter=groups.display%20co%20%22group%22&attributes=groups,userName",
  "Users?filter=emails%5Btype%20eq%20%22work%22%5D.value%20co%20%22-1%22&excludedAttributes=emails",
  "Users?filter=roles.value%20eq%20%22admin%22%20and%20not%20(displayName%20eq%20%22ada%22)",
  "Users?filter=not%20(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager%20pr)&sortBy=displayName",
  "Users?filter=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName%20eq%20%22Ada%22",
  "Users?filter=groups%20pr&sortBy=userName&sortOrder=descending&startIndex=2&count=2",
  "Users?sortBy=meta.lastModified&sortOrder=descending&count=3",
  "Groups?filter=members%20pr&excludedAttributes=members",
  "Groups?filter=not%20(displayName%20sw%20%22g%22)&sortBy=displayName",
  "Groups?startIndex=2&count=1",
].map((path) => `/scim/v2/${path}`);

function asksOf({ everybody, pages }: Provider): readonly string[] {
  const users = [...everybody.users.keys()];
  const groups = [...everybody.groups.keys()];
  const [user, group] = [users[pages.length % users.length], groups[pages.length % Math.max(1, groups.length)]];
  const half = pages[Math.floor(pages.length / 2)]?.instant;
  return [
    ...LISTS,
    ...users.map((id) => `/scim/v2/Users/${id}`),
    ...groups.map((id) => `/scim/v2/Groups/${id}`),
    `/scim/v2/Groups?filter=members.value%20eq%20%22${user}%22`,
    `/scim/v2/Users?filter=groups.value%20eq%20%22${group}%22&attributes=groups`,
    ...(half === undefined ? [] : [`/scim/v2/Users?filter=meta.lastModified%20gt%20%22${half}%22`]),
    ...(half === undefined ? [] : [`/scim/v2/Groups?filter=meta.lastModified%20le%20%22${half}%22`]),
  ];
}

async function start(): Promise<void> {
  server = await startServer(folder);
}

beforeAll(async () => {
  await start();
  const tokens = tokensIn(folder);
  const url = () => server.url;
  const issued = await ask(server, tokens.administrator, "POST /admin/v1/credentials", {
    name: "Okta",
    kind: "provisioning",
  });
  const [entra, okta] = [
    new Client("first provisioning", url, tokens.provisioning),
    new Client("Okta", url, JSON.parse(issued.text).token),
  ];
  auditor = new Client("auditor", url, tokens.auditor);
  provider = new Provider([entra, okta], auditor, asksOf);
  for (const step of stepsOf(SEED, STEPS)) await provider.take(step);
}, 60_000);
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function question(path: string): Promise<Loose> {
  const { status, text, requestId } = await auditor.send("GET", `/audit/v1${path}`);
  asked.push(requestId);
  expect([path, status, status === 200 ? "" : text]).toEqual([path, 200, ""]);
  if (!path.includes("cursor=")) told.set(path, text);
  return JSON.parse(text);
}

const asOf = (path: string, instant: string): string => `${path}${path.includes("?") ? "&" : "?"}asOf=${instant}`;

describe("what is told of the past", () => {
  it("is asked of a history that has something to tell", () => {
    const { pages, everybody, refused } = provider;
    const nested = pages.filter(({ groups }) =>
      [...groups.values()].some((ids) => [...ids].some((id) => groups.has(id))),
    );
    const full = pages.filter(({ groups }) => [...groups.values()].some((ids) => ids.size > 1));
    const counts = [
      pages.length,
      everybody.users.size,
      everybody.groups.size,
      nested.length,
      full.length,
      refused.length,
    ];
    expect(counts.map((count, index) => count >= [20, 4, 3, 5, 10, 1][index]!)).toEqual(counts.map(() => true));
  });

  it("SCIM reads as of every instant are what a GET answered then", async () => {
    const { pages } = provider;
    const reads = pages.flatMap((page, index) => {
      const before = pages[index - 1];
      const next = pages[index + 1];
      const after = shifted(page.instant, 1);
      return [...page.answers].flatMap(([path, then]) => [
        [asOf(path, page.instant), then] as const,
        ...(index % 3 === 0 && (next === undefined || next.instant > after)
          ? [[asOf(path, after), then] as const]
          : []),
        ...(before?.answers.has(path)
          ? [[asOf(path, shifted(page.instant, -1)), before.answers.get(path)!] as const]
          : []),
      ]);
    });
    const wrong: unknown[] = [];
    await inParallel(reads, async ([path, then]) => {
      const { status, text, requestId } = await auditor.send("GET", path);
      asked.push(requestId);
      if (`${status} ${text}` !== then) wrong.push([path, then, `${status} ${text}`]);
    });
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(wrong).toHaveLength(0);
  }, 60_000);
});

const kindOf = (id: string): "User" | "Group" => (provider.everybody.users.has(id) ? "User" : "Group");
const endpointOf = (id: string): string => `${kindOf(id)}s`;
const everybody = (): readonly string[] => [...provider.everybody.users.keys(), ...provider.everybody.groups.keys()];
const isThere = (id: string) => (page: Page) => page.users.has(id) || page.groups.has(id);
const spanOf = ({ first, end }: Run) => [first.instant, end?.instant ?? null];
/** Rows of one thing that meet at an instant, as when one request takes one way to a group away and gives another, as one. */
function joined(rows: readonly Loose[]): readonly Loose[] {
  const spans = rows.map((row) => ({ key: `${row.kind} ${row.target}`, span: [row.from, row.to] })).sort(byText);
  const all: Loose[] = [];
  for (const next of spans) {
    const last = all.at(-1);
    if (last?.key === next.key && last.span[1] === next.span[0]) last.span[1] = next.span[1];
    else all.push(next);
  }
  return all;
}
const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

describe("the questions", () => {
  it("resource-at is the GET of then, within a life, and a 404 with the reason outside it", async () => {
    for (const id of everybody()) {
      const pages = provider.pages.filter(({ answers }) => answers.has(`/scim/v2/${endpointOf(id)}/${id}`));
      const some = pages.filter((_, index) => index % 5 === 0);
      await inParallel(some, async ({ instant, answers }) => {
        const then = answers.get(`/scim/v2/${endpointOf(id)}/${id}`)!;
        const path = `/resources/${endpointOf(id)}/${id}?asOf=${instant}`;
        if (then.startsWith("200")) {
          await question(path);
          expect(told.get(path)).toContain(`"resource":${then.slice(4)},"count"`);
          return;
        }
        const { status, text, requestId } = await auditor.send("GET", `/audit/v1${path}`);
        asked.push(requestId);
        expect([status, text]).toEqual([404, expect.stringContaining("was deleted at")]);
      });
    }
  }, 60_000);

  it("access-of tells every access from its first instant to its end, with its cause and the request behind it", async () => {
    const { pages } = provider;
    for (const user of provider.everybody.users.keys()) {
      const { rows, subject } = await question(`/users/${user}/access`);
      const [life] = runsOf(pages, isThere(user));
      expect([subject.created, subject.deleted]).toEqual(spanOf(life!));
      const keys = new Set(pages.flatMap((page) => [...accessesOf(page, user)]));
      const enabled = runsOf(pages, ({ users }) => users.get(user)?.enabled === true);
      const expected = [...keys].flatMap((key) =>
        runsOf(pages, (page) => accessesOf(page, user).has(key)).map((run) => ({ key, span: spanOf(run) })),
      );
      expect(joined(rows)).toEqual(expected.sort(byText));
      for (const row of rows) {
        const first = pages.find(({ instant }) => instant === row.from)!;
        const end = pages.find(({ instant }) => instant === row.to);
        expect([row.granted.requestId, row.granted.actor.name]).toEqual([first.requestId, first.actor]);
        expect(row.ended?.requestId).toEqual(end?.requestId);
        expect(row.cause === null).toBe(end === undefined);
        const effective = enabled
          .map((run) => {
            const [from, to] = spanOf(run) as [string, string | null];
            return [[from, row.from].sort()[1]!, to === null || (row.to !== null && row.to < to) ? row.to : to];
          })
          .filter(([from, to]) => to === null || from < to);
        expect(row.effective.map((span: Loose) => [span.from, span.to])).toEqual(effective);
        if (row.kind !== "group") continue;
        const direct = runsOf(pages, ({ groups }) => groups.get(row.target)?.has(user) === true);
        const within = direct
          .map(spanOf)
          .filter(([from, to]) => from! >= row.from && (row.to === null || (to !== null && to! <= row.to)));
        const told = row.paths
          .filter(({ groups }: Loose) => groups.length === 1)
          .map((way: Loose) => [way.from, way.to]);
        expect([row.direct, told]).toEqual([within.length > 0, within]);
      }
    }
  }, 60_000);

  it("access-of an instant or a window tells the accesses of that time", async () => {
    const { pages } = provider;
    const user = [...provider.everybody.users.keys()];
    await inParallel(
      pages.map((page, index) => ({ page, index })),
      async ({ page, index }) => {
        const id = user[index % user.length]!;
        if (!pages.slice(0, index + 1).some(isThere(id))) return;
        for (const [shift, then] of [
          [0, page],
          [-1, pages[index - 1]],
        ] as const) {
          if (then === undefined) continue;
          const { rows } = await question(`/users/${id}/access?asOf=${shifted(page.instant, shift)}`);
          expect(rows.map((row: Loose) => `${row.kind} ${row.target}`).sort()).toEqual(
            [...accessesOf(then, id)].sort(),
          );
        }
        const until = pages[index + 3];
        if (until === undefined) return;
        const { rows } = await question(`/users/${id}/access?from=${page.instant}&to=${until.instant}`);
        const inside = new Set(pages.slice(index, index + 3).flatMap((one) => [...accessesOf(one, id)]));
        expect(new Set(rows.map((row: Loose) => `${row.kind} ${row.target}`))).toEqual(inside);
      },
    );
  }, 60_000);

  it("members-at tells everybody within a group, nested ones too, since when, and whether the account was enabled", async () => {
    const { pages } = provider;
    const groups = [...provider.everybody.groups.keys()];
    const questions = pages.flatMap((page, index) =>
      groups
        .filter((_, turn) => (turn + index) % 3 === 0)
        .filter((id) => pages.slice(0, index + 1).some(isThere(id)))
        .flatMap((id) => [
          { id, instant: page.instant, was: page },
          ...(index === 0 ? [] : [{ id, instant: shifted(page.instant, -1), was: pages[index - 1]! }]),
        ]),
    );
    await inParallel(questions, async ({ id, instant, was: then }) => {
      const { rows } = await question(`/groups/${id}/members?asOf=${instant}`);
      const members = then.groups.get(id) ?? new Set();
      const expected = [...within(then, id)].map((member) => ({
        id: member,
        direct: members.has(member),
        effective: then.users.get(member)?.enabled ?? true,
      }));
      const told = rows.map((row: Loose) => ({ id: row.member.id, direct: row.direct, effective: row.effective }));
      expect([...told].sort(byText)).toEqual(expected.sort(byText));
      for (const row of rows) {
        const [direct] = row.paths.filter((path: Loose) => path.groups.length === 1);
        if (direct === undefined) continue;
        const run = runsOf(pages, (page) => page.groups.get(id)?.has(row.member.id) === true).findLast(
          ({ first }) => first.instant <= instant,
        )!;
        expect([direct.since.time, direct.since.requestId]).toEqual([run.first.instant, run.first.requestId]);
      }
    });
  }, 60_000);

  it("a timeline told event by event comes to what a GET answered after each, both ways round and in pages", async () => {
    for (const id of everybody()) {
      const path = `/${endpointOf(id).toLowerCase()}/${id}/timeline`;
      const { rows, subject } = await question(`${path}?limit=10000`);
      expect(rows.map(({ position }: Loose) => position)).toEqual(
        [...new Set(rows.map(({ position }: Loose) => position))].sort(),
      );
      const resource = new Map<string, Loose>();
      for (const [index, row] of rows.entries()) {
        for (const change of row.changes) {
          const key = change.element === undefined ? change.path : `${change.path} ${change.element}`;
          expect([id, row.position, key, resource.get(key)]).toEqual([id, row.position, key, change.before]);
          if (change.after === undefined) resource.delete(key);
          else resource.set(key, change.after);
        }
        if (rows[index + 1]?.time === row.time || row.time === subject.deleted) continue;
        const then = provider.pages
          .find(({ instant }) => instant === row.time)
          ?.answers.get(`/scim/v2/${endpointOf(id)}/${id}`);
        if (then?.startsWith("200"))
          expect(flat(then)).toEqual(
            [...resource].map(([key, value]) => `${key.split(" ")[0]}=${canonical(value)}`).sort(),
          );
      }
      const memberships = runsOfMemberships(id);
      expect(
        rows.flatMap((row: Loose) => row.memberships.gained.map((group: Loose) => `${group.id} ${row.time}`)).sort(),
      ).toEqual(memberships.map(([group, [from]]) => `${group} ${from}`).sort());
      expect(
        rows.flatMap((row: Loose) => row.memberships.lost.map((group: Loose) => `${group.id} ${row.time}`)).sort(),
      ).toEqual(memberships.flatMap(([group, [, to]]) => (to === null ? [] : [`${group} ${to}`])).sort());
      const backwards = await question(`${path}?limit=10000&order=descending`);
      expect(backwards.rows).toEqual(rows.toReversed());
      for (const order of ["ascending", "descending"]) {
        const paged: Loose[] = [];
        for (let cursor = ""; ; ) {
          const page = await question(`${path}?limit=3&order=${order}${cursor}`);
          paged.push(...page.rows);
          if (page.next === undefined) break;
          cursor = `&cursor=${page.next}`;
        }
        expect(paged).toEqual(order === "ascending" ? rows : rows.toReversed());
      }
    }
  }, 60_000);
});

describe("lists of the past", () => {
  it("page to as many as they say there are, each once", async () => {
    const { pages } = provider;
    await inParallel(
      pages.filter((_, index) => index % 9 === 0),
      async ({ instant, users, groups }) => {
        for (const [list, ids] of [
          ["Users", users],
          ["Groups", groups],
        ] as const) {
          const found: string[] = [];
          for (let first = 1; ; first += 2) {
            const { Resources, totalResults } = await auditor.json(
              asOf(`/scim/v2/${list}?startIndex=${first}&count=2`, instant),
            );
            expect(totalResults).toBe(ids.size);
            found.push(...Resources.map(({ id }: Loose) => id));
            if (Resources.length === 0) break;
          }
          expect(found.sort()).toEqual([...ids.keys()].sort());
        }
      },
    );
  });
});

describe("every answer, asked again", () => {
  const again = async () => {
    const wrong: unknown[] = [];
    await inParallel([...told], async ([path, then]) => {
      const text = await auditor.text(`/audit/v1${path}`);
      if (timeless(text) !== timeless(then)) wrong.push([path, then, text]);
    });
    expect(wrong.slice(0, 2)).toEqual([]);
  };
  it("is the same after a restart", async () => {
    await server.stop();
    await start();
    await again();
  }, 60_000);

  it("is the same from read models that were rebuilt", async () => {
    await server.stop();
    for (const file of readdirSync(folder)) if (file.startsWith("views.db")) rmSync(join(folder, file));
    await start();
    await again();
    const { answers, instant } = provider.pages[Math.floor(provider.pages.length / 2)]!;
    await inParallel([...answers], async ([path, then]) => {
      const { status, text } = await auditor.send("GET", asOf(path, instant));
      expect(`${status} ${text}`.replaceAll(/http:\/\/[^/]*/g, "")).toBe(then.replaceAll(/http:\/\/[^/]*/g, ""));
    });
  }, 60_000);

  it("stands in the log with its asker, and so does every refused write", async () => {
    await server.stop();
    const log = new DatabaseSync(join(folder, "log.db"), { readOnly: true });
    const found = log
      .prepare("SELECT envelope FROM events WHERE envelope LIKE '%Inspection%' OR envelope LIKE '%AttemptRejected%'")
      .all();
    log.close();
    const envelopes = found.map(({ envelope }) => JSON.parse(envelope as string));
    const of = (type: string) =>
      envelopes.filter((one) => one.type === type).map(({ metadata }) => metadata.$correlationId);
    expect(of("AttemptRejected").sort()).toEqual(provider.refused.toSorted());
    const [begun, ended] = [new Set(of("InspectionBegun")), new Set(of("InspectionEnded"))];
    expect(asked.filter((id) => !begun.has(id) || !ended.has(id))).toEqual([]);
    expect([of("InspectionBegun").length, of("InspectionEnded").length]).toEqual([begun.size, begun.size]);
    await start();
  }, 60_000);
});

/** Without how far the log had come meanwhile, which grows with the questions themselves, and without the port. */
function timeless(text: string): string {
  const { completeness: _, knownAt: __, ...answer } = JSON.parse(text);
  if (answer.parameters.asOf === undefined) {
    delete answer.asOf;
    delete answer.position;
    delete answer.effectiveAt;
  }
  if (answer.next !== undefined) answer.next = answer.next.split(".").slice(1);
  return JSON.stringify(answer).replaceAll(/http:\/\/[^/]*/g, "");
}

const runsOfMemberships = (id: string) =>
  [...provider.everybody.groups.keys()].flatMap((group) =>
    runsOf(provider.pages, ({ groups }) => groups.get(group)?.has(id) === true).map(
      (run) => [group, spanOf(run)] as const,
    ),
  );

/** JSON with names in order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** A resource as a timeline names its parts: one line for each path, and for each element. */
function flat(answer: string): readonly string[] {
  const { schemas: _, id: __, meta: ___, groups: ____, members: _____, ...attributes } = JSON.parse(answer.slice(4));
  const { [ENTERPRISE]: extension = {}, ...core } = attributes;
  const own = Object.entries(extension).map(([name, value]: [string, Loose]) => [`${ENTERPRISE}:${name}`, value]);
  return [...Object.entries(core as Loose), ...own]
    .map(([name, value]: Loose) => (name.endsWith(":manager") ? [`${name}.value`, value.value] : [name, value]))
    .flatMap(([name, value]: Loose) =>
      Array.isArray(value) ? value.map((element) => `${name}=${canonical(element)}`) : [`${name}=${canonical(value)}`],
    )
    .sort();
}
