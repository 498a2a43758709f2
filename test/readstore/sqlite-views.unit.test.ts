import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, it } from "@jest/globals";
import { START } from "../../src/eventlog/event-log.ts";
import { Projector } from "../../src/projections/projector.ts";
import type { Query, TypeQuery, Walk, WalkPage } from "../../src/readstore/read-store.ts";
import { SqliteReadStore } from "../../src/readstore/sqlite/sqlite-read-store.ts";
import { viewsFile } from "../../src/readstore/sqlite/views-file.ts";
import { SqliteViewWriter } from "../../src/readstore/sqlite/writing/sqlite-view-writer.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { resolvePath } from "../../src/scim/schema/lookup.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { History } from "../projections/history.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { dumpOf } from "./dump.ts";
import { projectAll, viewsOf } from "./views.ts";

const newFolder = temporaryFolders();

const crowd = (size: number): History => {
  const history = new History();
  for (let index = 0; index < size; index++)
    history.createUser({ userName: `user ${index}`, title: index % 2 === 0 ? "even" : "odd", externalId: "same" });
  return history;
};

describe("a query that no index serves", () => {
  const history = crowd(2_500);
  const folder = newFolder();
  viewsOf(history, folder)[Symbol.dispose]();
  const stores: SqliteReadStore[] = [];
  const open = (queryDeadline?: number) => {
    const store = new SqliteReadStore(folder, queryDeadline === undefined ? {} : { queryDeadline });
    stores.push(store);
    return store;
  };
  afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));
  const asking = (text: string, more: Partial<Query> = {}): Query => ({
    tenant: "acme",
    of: [{ type: userType, filter: parseFilter(userType, text) }],
    startIndex: 1,
    count: 5,
    ...more,
  });

  it("is answered by another thread, the same as by this one", async () => {
    const store = open();
    const answer = store.query(asking('title co "ve"', { startIndex: 3 }));
    expect(answer).toBeInstanceOf(Promise);
    const { total, resources } = await answer;
    expect(total).toBe(1_250);
    expect(resources.map(({ id }) => id)).toEqual([4, 6, 8, 10, 12].map((index) => history.users[index]));
    expect(store.query(asking('userName eq "user 7"'))).not.toBeInstanceOf(Promise);
  });

  it("is sorted there too, also where an index finds very many", async () => {
    const filter = parseFilter(userType, 'externalId eq "same"');
    const of = [{ type: userType, filter, sortBy: resolvePath(userType, "userName")! }];
    const answer = open().query(asking("id pr", { of, sort: "descending", count: 2 }));
    expect(answer).toBeInstanceOf(Promise);
    const { total, resources } = await answer;
    expect([total, resources.map(({ id }) => id)]).toEqual([2_500, [history.users[999], history.users[998]]]);
  });

  it("is given up at its deadline, in words that say what to do", async () => {
    const answer = Promise.resolve(open(-1).query(asking('title co "ve"')));
    await expect(answer).rejects.toMatchObject({
      status: 400,
      scimType: "tooMany",
      message: expect.stringContaining("userName"),
    });
  });
});

describe("a query of fewer than a thousand candidates", () => {
  it("is answered at once, with all of its matches, whatever finds them", async () => {
    const history = crowd(999);
    const folder = newFolder();
    viewsOf(history, folder)[Symbol.dispose]();
    const store = new SqliteReadStore(folder);
    const sortBy = resolvePath(userType, "userName")!;
    const many: readonly TypeQuery[] = [
      { type: userType, filter: parseFilter(userType, "title pr") },
      { type: userType, filter: parseFilter(userType, 'userName sw "user"') },
      { type: userType, filter: parseFilter(userType, 'externalId eq "same"') },
      { type: userType, filter: parseFilter(userType, 'externalId eq "same" and title pr') },
      { type: userType, sortBy },
    ];
    for (const asked of many) {
      const sort = asked.sortBy === undefined ? {} : { sort: "ascending" as const };
      const query = { tenant: "acme", of: [asked], startIndex: 1, count: 1, ...sort };
      const walk = { tenant: "acme", of: [asked], count: 1, ...sort };
      for (const answer of [store.query(query), store.walk(walk)]) {
        expect(answer).not.toBeInstanceOf(Promise);
        expect(await answer).toMatchObject({ total: 999 });
      }
    }
    await store.close();
  });
});

describe("a walk that no index serves", () => {
  const history = crowd(4_500);
  const folder = newFolder();
  viewsOf(history, folder)[Symbol.dispose]();
  const stores: SqliteReadStore[] = [];
  const open = (queryDeadline?: number) => {
    const store = new SqliteReadStore(folder, queryDeadline === undefined ? {} : { queryDeadline });
    stores.push(store);
    return store;
  };
  afterEach(() => Promise.all(stores.splice(0).map((store) => store.close())));
  const even = history.users.filter((_, index) => index % 2 === 0);
  const filtered = (text: string) => [{ type: userType, filter: parseFilter(userType, text) }];
  const walked = async (store: SqliteReadStore, walk: Omit<Walk, "tenant">): Promise<WalkPage[]> => {
    const pages: WalkPage[] = [];
    for (let next: Partial<Walk> = {}; ; ) {
      const page = await store.walk({ tenant: "acme", ...walk, ...next });
      pages.push(page);
      if (page.next === undefined) return pages;
      next = { asOf: page.position, after: page.next };
    }
  };
  const idsOf = (pages: readonly WalkPage[]) => pages.flatMap(({ resources }) => resources.map(({ id }) => id));

  it("is answered by another thread, and counted on its first page", async () => {
    const store = open();
    const of = filtered('title co "ve"');
    expect(store.walk({ tenant: "acme", of, count: 1_000 })).toBeInstanceOf(Promise);
    const pages = await walked(store, { of, count: 1_000 });
    expect(pages.map(({ total, resources }) => [total, resources.length])).toEqual([
      [2_250, 1_000],
      [undefined, 1_000],
      [undefined, 250],
    ]);
    expect(idsOf(pages)).toEqual(even);
  });

  it("goes on through what an index finds too much of, and is sorted there", async () => {
    const store = open();
    const path = resolvePath(userType, "userName")!;
    const of = [{ type: userType, filter: parseFilter(userType, 'externalId eq "same"'), sortBy: path }];
    const names = history.users.map((id, index) => ({ id, name: `user ${index}` }));
    names.sort((a, b) => (a.name < b.name ? 1 : -1));
    expect(idsOf(await walked(store, { of, sort: "descending", count: 999 }))).toEqual(names.map(({ id }) => id));
    const unsorted = [{ type: userType, filter: parseFilter(userType, 'externalId eq "same"') }];
    expect(idsOf(await walked(store, { of: unsorted, count: 999 }))).toEqual(history.users);
  });

  it("gives up no page for want of time while it comes forward: pages are short then, and not counted", async () => {
    const pages = await walked(open(-1), { of: filtered('title co "ve"'), count: 3_000 });
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.every(({ total }) => total === undefined)).toBe(true);
    expect(idsOf(pages)).toEqual(even);
    const none = await walked(open(-1), { of: filtered('title co "nobody"'), count: 3_000 });
    expect(idsOf(none)).toEqual([]);
  });

  it("is refused where a sort cannot be made in time", async () => {
    const of = [{ type: userType, sortBy: resolvePath(userType, "title")! }];
    const page = Promise.resolve(open(-1).walk({ tenant: "acme", of, sort: "ascending", count: 10 }));
    await expect(page).rejects.toMatchObject({ status: 400, scimType: "tooMany" });
  });

  it("needs no other thread without a filter, in the order of creation or of an indexed name", async () => {
    const store = open();
    const sortBy = resolvePath(userType, "userName")!;
    for (const walk of [
      { of: [{ type: userType }], count: 1_000 },
      { of: [{ type: userType, sortBy }], sort: "descending", count: 1_000 },
    ] as const) {
      expect(store.walk({ tenant: "acme", ...walk })).not.toBeInstanceOf(Promise);
      expect(new Set(idsOf(await walked(store, walk))).size).toBe(4_500);
    }
  });
});

describe("the file of read models", () => {
  it("is deleted and made anew when it is of another version, damaged or something else", () => {
    const folder = newFolder();
    const history = crowd(20);
    viewsOf(history, folder)[Symbol.dispose]();
    const whole = dumpOf(folder);
    const spoil: readonly ((path: string) => void)[] = [
      (path) => {
        using database = new DatabaseSync(path);
        database.exec("PRAGMA user_version = 9999");
      },
      (path) => truncateSync(path, 5_000),
      (path) => writeFileSync(path, "not a database at all, but long enough to be looked at as one ".repeat(100)),
      (path) => {
        using database = new DatabaseSync(path);
        database.exec("DROP TABLE checkpoint");
      },
    ];
    for (const damage of spoil) {
      damage(viewsFile(folder));
      viewsOf(history, folder)[Symbol.dispose]();
      expect(dumpOf(folder)).toEqual(whole);
    }
  });

  it("holds nothing of an erased person, at once and after a rebuild", () => {
    const folder = newFolder();
    const history = new History();
    const secrets = ["lovelace-one", "lovelace-two", "lovelace-three"];
    const [first, ...later] = secrets.map((userName) => ({
      userName,
      emails: [{ value: `${userName}@example.com` }],
      nickName: userName.repeat(300),
    }));
    const ada = history.createUser(first!);
    for (const attributes of later) history.replaceUser(ada, attributes);
    history.createUser({ userName: "bob" });
    const files = () =>
      ["", "-wal"]
        .map((suffix) => viewsFile(folder) + suffix)
        .filter(existsSync)
        .map((path) => readFileSync(path).toString("latin1"));
    {
      using views = viewsOf(history, folder);
      expect(files().join()).toContain("lovelace");
      history.erase(ada);
      projectAll(views.projector, history.events, 100);
      expect(files().join()).not.toContain("lovelace");
      expect(JSON.parse(`${views.store.get("acme", "User", ada)!.body}}`)).toMatchObject({ userName: "[erased]" });
    }
    const rebuilt = newFolder();
    viewsOf(history, rebuilt)[Symbol.dispose]();
    expect(dumpOf(folder)).toEqual(dumpOf(rebuilt));
  });

  it("is written by one writer: a second one is refused", () => {
    const folder = newFolder();
    const history = crowd(3);
    using views = viewsOf(history, folder);
    const stale = { from: { place: 1, effectiveAt: 0, events: 1 }, to: { place: 9, effectiveAt: 0, events: 9 } };
    const nothing = {
      resources: [],
      index: [],
      versions: [],
      rewritten: [],
      forgotten: [],
      grants: [],
      activity: [],
      ticks: [],
      tallies: [],
      ledgers: [],
      heads: [],
    };
    expect(() =>
      views.writer.stage({ ...stale, ...nothing, definitions: [], pending: { added: [], dropped: [] } }),
    ).toThrow(/somebody else/);
    expect(views.store.position()).toBe(history.head);
  });

  it("counts the events up to any position, at the same places however the log was cut into batches", () => {
    const [folder, other] = [newFolder(), newFolder()];
    const history = crowd(9_000);
    using views = viewsOf(history, folder);
    const again = new SqliteViewWriter(other);
    projectAll(new Projector(again, { namespace: "scim", openKey: history.openKey }), history.events, 777);
    again.close();
    expect(dumpOf(other)).toEqual(dumpOf(folder));
    const { length } = history.events;
    for (const index of [0, 1, 4_094, 4_095, 4_096, 8_191, 8_192, length - 1])
      expect(views.store.eventsUpTo(history.events[index]!.position)).toBe(index + 1);
    expect(views.store.eventsUpTo(START)).toBe(0);
  });

  it("keeps a long write-ahead log while it catches up, and none afterwards", () => {
    const folder = newFolder();
    const history = crowd(6_000);
    const writer = new SqliteViewWriter(folder, { cacheMegabytes: 1 });
    const projector = new Projector(writer, { namespace: "scim", openKey: history.openKey });
    const journal = () => statSync(`${viewsFile(folder)}-wal`).size;
    const end = writer.beginCatchUp();
    projectAll(projector, history.events, 1_000);
    expect(journal()).toBeGreaterThan(1_000 * 4_096);
    end();
    expect(journal()).toBe(0);
    expect(projector.position).toBe(history.head);
    writer.close();
  });

  it("stands after a catch-up that failed where a transaction of it ended, and is gone on with from there", () => {
    const folder = newFolder();
    const history = crowd(100);
    const broken = history.events.map((event, index) =>
      index === 70 ? { ...event, envelope: event.envelope.replace("UserCreated", "UserInvented") } : event,
    );
    const writer = new SqliteViewWriter(folder, { cacheMegabytes: 1 });
    writer.beginCatchUp();
    const projector = new Projector(writer, { namespace: "scim", openKey: history.openKey });
    expect(() => projectAll(projector, broken, 1)).toThrow(/altered/);
    writer.close();
    const next = new SqliteViewWriter(folder, { cacheMegabytes: 1 });
    const { place } = next.checkpoint();
    expect(place).toBeGreaterThan(0);
    expect(place).toBeLessThan(70);
    next.close();
    const whole = newFolder();
    viewsOf(history, folder)[Symbol.dispose]();
    viewsOf(history, whole)[Symbol.dispose]();
    expect(dumpOf(folder)).toEqual(dumpOf(whole));
  });

  it("takes a batch whole or not at all, and goes on after a failure", () => {
    const folder = newFolder();
    const history = crowd(5);
    using views = viewsOf(history, folder);
    history.createUser({ userName: "late" });
    const broken = history.events.map((event) =>
      event === history.events.at(-1)
        ? { ...event, envelope: event.envelope.replace("UserCreated", "UserInvented") }
        : event,
    );
    history.createUser({ userName: "later" });
    expect(() => views.projector.project(broken)).toThrow(/altered/);
    expect(views.projector.position).toBe(views.store.position());
    views.projector.project(history.events);
    expect(views.store.position()).toBe(history.head);
  });
});
