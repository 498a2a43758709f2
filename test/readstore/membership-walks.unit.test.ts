// What a walk over memberships costs: which pages are answered by the thread that serves requests, and what is left to the other.
import { afterAll, describe, expect, it } from "@jest/globals";
import { positionOf } from "../../src/eventlog/event-log.ts";
import type { MembershipPage, MembershipWalk } from "../../src/readstore/memberships.ts";
import { SqliteReadStore } from "../../src/readstore/sqlite/sqlite-read-store.ts";
import { History } from "../projections/history.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { viewsOf } from "./views.ts";

const MANY = 2_500;
const newFolder = temporaryFolders();
const folder = newFolder();
const history = new History();
const users = Array.from({ length: MANY }, (_, index) => history.createUser({ userName: `user ${index}` }));
/** As many as an event may name. */
const inEvents = (members: readonly string[]) =>
  Array.from({ length: Math.ceil(members.length / 500) }, (_, i) => members.slice(500 * i, 500 * (i + 1)));
const everyone = history.createGroup({ displayName: "Everyone" });
const left = history.createGroup({ displayName: "Left" });
for (const members of inEvents(users)) for (const group of [everyone, left]) history.add(group, members);
for (const members of inEvents(users.slice(1, -1))) history.remove(left, members);
const churned = history.createGroup({ displayName: "Churned" });
for (const change of ["add", "remove", "add"] as const)
  for (const members of inEvents(users)) history[change](churned, members);
for (let index = 0; index < MANY; index++) history.createGroup({ displayName: `Empty ${index}` });
const last = history.createGroup({ displayName: "Last" }, [users[0]!]);
viewsOf(history, folder)[Symbol.dispose]();

const stores: SqliteReadStore[] = [];
const open = (queryDeadline?: number): SqliteReadStore => {
  const store = new SqliteReadStore(folder, queryDeadline === undefined ? {} : { queryDeadline });
  stores.push(store);
  return store;
};
afterAll(() => Promise.all(stores.map((store) => store.close())));

type Asked = Omit<MembershipWalk, "tenant">;

/** All pages, and which of them another thread answered. */
async function walked(store: SqliteReadStore, asked: Asked, from?: MembershipPage) {
  const pages: MembershipPage[] = [];
  const elsewhere: boolean[] = [];
  for (let next = from; ; ) {
    const more = next === undefined ? {} : { asOf: next.position, after: next.next! };
    const answer = store.walkMemberships({ tenant: "acme", ...asked, ...more });
    elsewhere.push(answer instanceof Promise);
    next = await answer;
    pages.push(next);
    if (next.next === undefined) return { pages, elsewhere };
  }
}
const keysOf = (pages: readonly MembershipPage[]) =>
  pages.flatMap(({ memberships }) => memberships.map(({ group, member }) => `${group.value} ${member.value}`));
const of = (group: string, members: readonly string[]) => members.map((member) => `${group} ${member}`);

describe("a walk over memberships", () => {
  it("counts a large group on another thread, and needs none for the pages after the first, wherever they are", async () => {
    const { pages, elsewhere } = await walked(open(), { group: everyone, count: 100 });
    expect(keysOf(pages)).toEqual(of(everyone, users));
    expect(elsewhere).toEqual([true, ...Array.from({ length: MANY / 100 - 1 }, () => false)]);
    expect(pages[0]?.total).toBe(MANY);
  });

  it("of one member needs no other thread at all", async () => {
    const { pages, elsewhere } = await walked(open(), { member: users[0]!, count: 1 });
    expect(keysOf(pages)).toEqual([everyone, left, churned, last].map((group) => `${group} ${users[0]}`));
    expect(elsewhere).toEqual([false, false, false, false]);
  });

  it("looks at those who had left before only as far as a page reaches", async () => {
    const { pages, elsewhere } = await walked(open(), { group: churned, count: 100 });
    expect([keysOf(pages), elsewhere.indexOf(true, 1)]).toEqual([of(churned, users), -1]);
  });

  it("leaves it to another thread to pass over many who have gone, and many groups without members", async () => {
    const members = await walked(open(), { group: left, count: 1, asOf: history.head });
    expect([keysOf(members.pages), members.elsewhere[1]]).toEqual([of(left, [users[0]!, users.at(-1)!]), true]);
    const all = await walked(open(), { count: 1_000 });
    const ofLeft = of(left, [users[0]!, users.at(-1)!]);
    const expected = [...of(everyone, users), ...ofLeft, ...of(churned, users), `${last} ${users[0]}`];
    // The third goes over those who left, the last over the groups without members.
    expect([keysOf(all.pages), all.elsewhere]).toEqual([expected, [true, false, true, false, false, true]]);
    expect(all.pages[0]?.total).toBe(expected.length);
  });

  it("shows what it found where there is no time to count", async () => {
    const { pages } = await walked(open(-1), { group: everyone, count: 100 });
    expect(keysOf(pages)).toEqual(of(everyone, users));
    expect(pages.map(({ total }) => total)).toEqual(pages.map(() => undefined));
  });

  it("is refused, in words that help, where there is no time to find the next", async () => {
    const rest = { began: history.head, passed: [left, users[0]!].map((id) => createdAt(id)) };
    const store = open(-1);
    // Twice: a statement that was given up can be asked again.
    for (let times = 0; times < 2; times++)
      await expect(
        Promise.resolve(store.walkMemberships({ tenant: "acme", count: 10, asOf: history.head, after: rest })),
      ).rejects.toMatchObject({ status: 400, scimType: "tooMany", message: expect.stringContaining("group.value") });
  });
});

/** The position of a resource's first event. */
const createdAt = (id: string) => positionOf(history.events.findIndex(({ stream }) => stream.endsWith(`:${id}`)) + 1);
