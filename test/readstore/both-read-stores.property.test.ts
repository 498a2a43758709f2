// The two adapters of the read side, held to each other: one table of everything that can be asked, over histories of all kinds.
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { type Position, positionOf, START } from "../../src/eventlog/event-log.ts";
import type { LedgerStore } from "../../src/readstore/ledger-store.ts";
import type { MembershipPage, MembershipWalk } from "../../src/readstore/memberships.ts";
import type { ReadStore, Walk, WalkPage } from "../../src/readstore/read-store.ts";
import { resolvePath } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryHistory } from "../projections/arbitrary-history.ts";
import { ELSEWHERE, type History } from "../projections/history.ts";
import { parseFilterLeniently } from "../scim/reading.ts";
import { describeOnMongo } from "../support/mongodb.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { openIn } from "./mongodb/opened.ts";
import { viewsOf } from "./views.ts";

type Port = Omit<ReadStore, "close"> & LedgerStore;
/** What a question may name, of one history. */
interface Named {
  readonly history: History;
  readonly tenants: readonly string[];
  readonly ids: readonly string[];
  readonly groups: readonly string[];
  /** Positions of events, before the first, between two and after the last. */
  readonly positions: readonly Position[];
  readonly asOf: readonly (Position | undefined)[];
}
type Asked = { readonly [Method in keyof Port]: (named: Named) => readonly Parameters<Port[Method]>[] };

const FILTERS = [
  'userName sw "a"',
  "displayName pr and not (active eq false)",
  "groups.value pr",
  'groups.display co "Group"',
  'manager.displayName pr or title ne "x"',
  'meta.lastModified gt "2026-01-01T00:00:00Z"',
] as const;
const LIMITS = [1, 3, 1_000];
const TYPES = ["User", "Group", "Tenant", "Thing"] as const;

const each = <A, B>(some: readonly A[], others: readonly B[]): [A, B][] =>
  some.flatMap((one) => others.map((other): [A, B] => [one, other]));
const stretches = ({ positions }: Named): [Position, Position][] => each(positions, positions);

const lists = ({ asOf }: Named) => {
  const of = [
    [{ type: userType }],
    [{ type: groupType }, { type: userType }],
    ...FILTERS.map((text) => [{ type: userType, filter: parseFilterLeniently(userType, text) }]),
    [{ type: groupType, filter: parseFilterLeniently(groupType, "members pr") }],
  ];
  const sorted = [
    { of: [{ type: userType, sortBy: resolvePath(userType, "userName")! }], sort: "ascending" as const },
    { of: [{ type: userType, sortBy: resolvePath(userType, "emails")! }], sort: "descending" as const },
  ];
  const all = [...of.map((types) => ({ of: types })), ...sorted];
  return each(all, asOf).map(([list, at]) => ({ tenant: "acme", ...list, ...(at === undefined ? {} : { asOf: at }) }));
};
const memberships = ({ ids, groups, asOf }: Named) => {
  const by = [
    {},
    ...groups.map((group) => ({ group })),
    ...ids.map((member) => ({ member })),
    ...each(groups, ids.slice(0, 4)).map(([group, member]) => ({ group, member })),
  ];
  return each(by, asOf).map(([scope, at]) => ({ tenant: "acme", ...scope, ...(at === undefined ? {} : { asOf: at }) }));
};

/** Every method, with all that is asked of it. */
const asked: Asked = {
  position: () => [[]],
  positionAt: ({ history }) =>
    [0, ...history.effective].flatMap((time) => [time - 1, time, time + 1]).map((time): [number] => [time]),
  effectiveAt: ({ positions }) => positions.map((position): [Position] => [position]),
  get: ({ ids, tenants, asOf }) =>
    each(each(ids, asOf), tenants).flatMap(([[id, at], tenant]) =>
      (["User", "Group"] as const).map((type) => [tenant, type, id, at] as const),
    ) as never,
  query: (named) =>
    each(lists(named), [
      { startIndex: 1, count: 1_000 },
      { startIndex: 2, count: 2 },
    ]).map(([list, window]) => [{ ...list, ...window }]),
  walk: (named) => lists(named).map((list) => [{ ...list, count: 3 }]),
  members: ({ ids, groups, asOf }) =>
    each(each(groups, asOf), each([null, ...ids.slice(0, 3)], LIMITS)).map(([[group, at], [after, limit]]) => [
      "acme",
      group,
      after,
      limit,
      at,
    ]),
  membership: ({ ids, groups, asOf }) =>
    each(each(groups, ids), asOf).map(([[group, member], at]) => ["acme", group, member, at]),
  memberships: (named) =>
    each(memberships(named), [
      { startIndex: 1, count: 1_000 },
      { startIndex: 2, count: 1 },
    ]).map(([scope, window]) => [{ ...scope, ...window }]),
  walkMemberships: (named) => memberships(named).map((scope) => [{ ...scope, count: 2 }]),
  baseline: ({ ids, tenants }) =>
    each(ids, tenants).flatMap(([id, tenant]) =>
      (["User", "Group"] as const).map((type) => [tenant, type, id] as const),
    ) as never,
  membersAmong: ({ ids, groups, tenants }) => each(groups, tenants).map(([group, tenant]) => [tenant, group, ids]),
  liveAmong: ({ ids, tenants }) => tenants.map((tenant) => [tenant, ids]),
  groupsHolding: ({ ids, tenants }) => each(ids, tenants).map(([id, tenant]) => [tenant, id]),
  deadMembers: () => [[]],
  erasedUsers: ({ ids, tenants }) =>
    each(each(tenants, [null, ...ids]), LIMITS).map(([[tenant, after], limit]) => [tenant, after, limit]),
  population: ({ tenants }) => each(tenants, TYPES),
  tenants: () => [[]],
  lifetime: ({ ids, tenants }) => each(tenants, ids),
  activityOf: (named) =>
    each(each([...named.ids, "acme"], stretches(named)), LIMITS).map(([[id, [after, until]], limit]) => [
      "acme",
      id,
      after,
      limit,
      until,
    ]),
  activityBefore: (named) =>
    each(each([...named.ids, "acme"], stretches(named)), LIMITS).map(([[id, [after, before]], limit]) => [
      "acme",
      id,
      before,
      limit,
      after,
    ]),
  activityAt: ({ positions, history }) => [[positions], [history.events.map(({ position }) => position).reverse()]],
  activityIn: (named) =>
    each(each(stretches(named), LIMITS), each([undefined, "okta", "entra", "nobody"], [undefined, ...TYPES])).map(
      ([[[after, until], limit], [actor, resourceType]]) => ["acme", { after, until, limit, actor, resourceType }],
    ),
  livesOf: ({ ids, tenants }) =>
    each(each(tenants, TYPES), each([null, ...ids], LIMITS)).map(([[tenant, type], [after, limit]]) => [
      tenant,
      type,
      after,
      limit,
    ]),
  everMembers: (named) =>
    each(each(named.groups, stretches(named)), each([null, ...named.ids.slice(0, 2)], [true, false])).map(
      ([[group, [from, to]], [after, groupsAlone]]) => ["acme", group, after, 2, from, to, groupsAlone],
    ),
  recordsOf: (named) =>
    each(each(["attempt", "inspection", "assertion"] as const, stretches(named)), LIMITS).map(
      ([[kind, [after, until]], limit]) => ["acme", kind, after, until, limit],
    ),
  standingMembers: ({ ids, groups, asOf }) =>
    each(each(groups, asOf), each([null, ...ids.slice(0, 2)], LIMITS)).flatMap(([[group, at], [after, limit]]) =>
      at === undefined ? [] : [["acme", group, [group, ...groups.slice(0, 2)], after, limit, at]],
    ),
  lastMemberships: ({ ids, groups, positions }) => {
    const keys = each(groups, ids).map(([group, member]) => ({ group, member }));
    return positions.map((at) => ["acme", keys, at]);
  },
  namedLives: ({ ids, positions, tenants }) => each(tenants, positions).map(([tenant, at]) => [tenant, ids, at]),
  lastHeld: ({ ids, positions, tenants }) => each(tenants, positions).map(([tenant, at]) => [tenant, ids, at]),
  lastChanges: (named) => {
    const asked = each(named.ids, [["title"], ["active", "displayName"]]).map(([id, paths]) => ({ id, paths }));
    return stretches(named).map(([after, until]) => ["acme", asked, after, until]);
  },
  eventsSeen: (named) => stretches(named),
  eventsUpTo: (named) => stretches(named).map(([, until]) => [until]),
  grantsOf: (named) => each(named.ids, stretches(named)).map(([id, [from, to]]) => ["acme", id, from, to]),
  nestedGroups: ({ groups, asOf }) => each(groups, asOf).map(([group, at]) => ["acme", group, at]),
  ledgerSize: ({ tenants }) => tenants.map((tenant) => [tenant]),
  ledgerTile: ({ tenants }) =>
    tenants.flatMap((tenant) => [
      [tenant, 0, 0],
      [tenant, 0, 1],
      [tenant, 1, 0],
    ]),
  ledgerPositions: ({ tenants }) => each(tenants, [0, 1]),
  ledgerCandidates: ({ history, tenants }) => each(tenants, [...history.events.map(({ id }) => id), "no id"]),
  ledgerIndexAt: ({ tenants, positions }) => each(tenants, positions),
  ledgerHead: ({ tenants }) => tenants.map((tenant) => [tenant]),
  ledgerTenants: () => [[]],
};

/** Answers whose equals are in no order. */
const IN_NO_ORDER: ReadonlySet<keyof Port> = new Set(["grantsOf", "lastHeld"]);

/** How many of the questions of a method are asked of one history, picked at random. */
const ASKED_OF_EACH = 12;

/** What is left open: the order of equals, the revision of a past state, which commands never read, and “none” of nobody. */
function comparable(method: keyof Port, answer: unknown): unknown {
  if (answer instanceof Set) return [...answer].sort();
  if (answer instanceof Map) return Object.fromEntries([...answer].map(([id, of]) => [id, comparable(method, of)]));
  if (answer instanceof Uint8Array) return Buffer.from(answer).toString("hex");
  if (IN_NO_ORDER.has(method) && Array.isArray(answer)) return answer.map((one) => JSON.stringify(one)).sort();
  const isRead = method === "get" || method === "query" || method === "walk";
  const plain = (name: string, value: unknown): unknown => {
    if (name === "untested" && value === 0) return undefined;
    if (name === "within") return (value as object[]).map((one) => JSON.stringify(one)).sort();
    return name === "revision" && isRead ? 0 : value;
  };
  return JSON.parse(JSON.stringify({ answer }, plain)).answer;
}

/** Where the next page begins is an adapter's own matter: pages are compared in a row, not one by one. */
async function everyPage<Page extends WalkPage | MembershipPage, Asked extends Walk | MembershipWalk>(
  ask: (walk: Asked) => Page | Promise<Page>,
  walk: Asked,
): Promise<object> {
  const pages: Page[] = [];
  for (let next: Asked | undefined = walk; next !== undefined; ) {
    const page: Page = await ask(next);
    pages.push(page);
    next = page.next === undefined ? undefined : { ...walk, asOf: page.position, after: page.next };
  }
  const found = pages.flatMap((page): readonly object[] => ("resources" in page ? page.resources : page.memberships));
  const [{ position, total, ...first }] = pages as [Page];
  return { position, total, untested: "untested" in first ? first.untested : undefined, found };
}

async function answerOf(store: Port, method: keyof Port, question: readonly unknown[]): Promise<unknown> {
  if (method === "walk") return everyPage((walk: Walk) => store.walk(walk), question[0] as Walk);
  if (method === "walkMemberships")
    return everyPage((walk: MembershipWalk) => store.walkMemberships(walk), question[0] as MembershipWalk);
  return (store[method] as (...of: readonly unknown[]) => unknown)(...question);
}

const portOf = (store: ReadStore & { readonly ledger: LedgerStore }): Port =>
  new Proxy(store as unknown as Port, {
    get: (_, name) => {
      const from = (name as string).startsWith("ledger") ? store.ledger : store;
      return (from as unknown as Record<string, () => unknown>)[name as string]!.bind(from);
    },
  });

describeOnMongo("both read stores", (mongo) => {
  const folder = temporaryFolders();
  const open = openIn(mongo);

  it(
    "answer everything alike",
    () =>
      fc.assert(
        fc.asyncProperty(arbitraryHistory(40), fc.infiniteStream(fc.nat()), async (history, picks) => {
          await using onMongo = await open(history, 7);
          using onSqlite = viewsOf(history, folder(), { size: 11 });
          const pick = () => picks.next().value as number;
          const named = namedIn(history, pick);
          for (const method of Object.keys(asked) as (keyof Port)[]) {
            const questions: readonly (readonly unknown[])[] = asked[method](named);
            for (let n = 0; n < Math.min(ASKED_OF_EACH, questions.length); n++) {
              const question = questions[questions.length <= ASKED_OF_EACH ? n : pick() % questions.length]!;
              const [ours, theirs] = await Promise.all(
                [onSqlite.store, onMongo.store].map((store) => answerOf(portOf(store), method, question)),
              );
              expect({ method, question, answer: comparable(method, theirs) }).toEqual({
                method,
                question,
                answer: comparable(method, ours),
              });
            }
          }
        }),
        { numRuns: 12, endOnFailure: true },
      ),
    240_000,
  );
});

function namedIn(history: History, pick: () => number): Named {
  const some = Array.from({ length: 3 }, () => history.at(pick() % history.worlds.length));
  const between = positionOf(Number(some[0]) + 1);
  const positions = [START, ...some, between, history.head];
  const ids = [...history.users, ...history.groups, "nothing"];
  return {
    history,
    tenants: ["acme", ELSEWHERE, "nobody"],
    ids,
    groups: [...history.groups, ids[0]!, "nothing"],
    positions,
    asOf: [undefined, ...positions],
  };
}
