// `replay check`: the live read models beside ones that are built from zero, down to the first difference.
import { following } from "../../audit/holdings/intervals.ts";
import { StateHash, stateText } from "../../audit/replay/state.ts";
import { canonicalJson } from "../../eventlog/canonical-json.ts";
import { ordinalOf, type Position, START } from "../../eventlog/event-log.ts";
import type { Grant, Lifetime, ReadStore } from "../../readstore/read-store.ts";
import type { SqliteReadStore } from "../../readstore/sqlite/sqlite-read-store.ts";
import type { Json } from "../../scim/json.ts";
import type { ProgressLine } from "../progress.ts";

export interface Divergence {
  /** Where: the tenant, and what of it. */
  readonly tenant: string;
  readonly what: string;
  readonly live: Json;
  readonly rebuilt: Json;
}

const AT_ONCE = 500;

export interface Checked {
  readonly compared: number;
  readonly first: Divergence | undefined;
  /** Of each tenant, as `replay state` has it; of those that were compared to their end. */
  readonly stateHashes: Readonly<Record<string, string>>;
}

export interface Depth {
  /** Every resource also as of each of its events. */
  readonly deep: boolean;
  /** The names of a tenant's resource types. */
  readonly typesOf: (tenant: string) => readonly string[];
}

export async function checkViews(
  live: ReadStore,
  rebuilt: SqliteReadStore,
  through: Position,
  { deep, typesOf }: Depth,
  progress: ProgressLine,
): Promise<Checked> {
  let compared = 0;
  const stores: readonly [ReadStore, ReadStore] = [live, rebuilt];
  const all = comparisonsOf(rebuilt, through, { deep, typesOf });
  const stateHashes: Record<string, string> = {};
  for (const tenant of new Set([...(await live.tenants()), ...rebuilt.tenants()])) {
    const hash = new StateHash();
    for await (const [what, of, isState] of comparisons(tenant, [live, rebuilt], through, { deep, typesOf })) {
      const [a, b] = await Promise.all(stores.map(of));
      if (isState === true && typeof b === "string") hash.add(b);
      compared += 1;
      progress.at(Math.min(compared, all), all);
      if (canonicalJson(a!) !== canonicalJson(b!)) {
        progress.end();
        return { compared, first: { tenant, what, live: a!, rebuilt: b! }, stateHashes };
      }
    }
    stateHashes[tenant] = hash.digest();
  }
  progress.end();
  return { compared, first: undefined, stateHashes };
}

/** Three a resource; in depth one more an event. */
function comparisonsOf(store: SqliteReadStore, through: Position, { deep, typesOf }: Depth): number {
  let lives = 0;
  for (const tenant of store.tenants())
    for (const type of typesOf(tenant))
      for (let after: string | null = null; ; ) {
        const page: readonly Lifetime[] = store.livesOf(tenant, type, after, AT_ONCE);
        lives += page.length;
        if (page.length < AT_ONCE) break;
        after = page.at(-1)!.id;
      }
  return 3 * lives + (deep ? store.eventsUpTo(through) : 0);
}

type Look = (store: ReadStore) => Promise<Json>;
/** What is compared, how to look at it, and whether it is the state of a resource. */
type Comparison = readonly [what: string, of: Look, isState?: true];

const plain = (value: unknown): Json => (value === undefined ? null : (JSON.parse(JSON.stringify(value)) as Json));

async function* comparisons(
  tenant: string,
  [live, rebuilt]: readonly [ReadStore, SqliteReadStore],
  through: Position,
  { deep, typesOf }: Depth,
): AsyncGenerator<Comparison> {
  for (const type of typesOf(tenant))
    for (let after: string | null = null; ; ) {
      const from: string | null = after;
      const lives = rebuilt.livesOf(tenant, type, from, AT_ONCE);
      yield [
        `${type}s after ${from ?? "the first"}`,
        async (store) => plain(livesUpTo(await store.livesOf(tenant, type, from, AT_ONCE), through)),
      ];
      for (const { id } of lives) yield* ofResource(tenant, type, id, live, through);
      if (deep) for (const { id } of lives) yield* inDepth(tenant, type, id, live, through);
      if (lives.length < AT_ONCE) break;
      after = lives.at(-1)!.id;
    }
  for (let after: Position = START; ; ) {
    const from = after;
    const stretch = { after: from, until: through, limit: AT_ONCE };
    yield [`activity after ${from}`, async (store) => plain(await store.activityIn(tenant, stretch))];
    const batch = rebuilt.activityIn(tenant, stretch);
    if (batch.length < AT_ONCE) break;
    after = batch.at(-1)!.position;
  }
  for (const kind of ["attempt", "inspection", "assertion"] as const)
    yield [
      `${kind}s`,
      async (store) => plain(await store.recordsOf(tenant, kind, START, through, ordinalOf(through) + 1)),
    ];
}

async function* ofResource(
  tenant: string,
  type: string,
  id: string,
  live: ReadStore,
  through: Position,
): AsyncGenerator<Comparison> {
  yield [`${type} ${id}`, async (store) => plain(await stateText(store, tenant, type, id, through)), true];
  yield [
    `grants of ${type} ${id}`,
    async (store) => plain(grantsUpTo(await store.grantsOf(tenant, id, START, following(through)), through)),
  ];
  // What a command starts from is kept for now alone: it cannot be compared once a running service went on.
  const baseline = await live.baseline(tenant, type, id);
  if ((await live.position()) !== through) return;
  yield [
    `what a command on ${type} ${id} starts from`,
    async (store) => plain(store === live ? baseline : await store.baseline(tenant, type, id)),
  ];
}

/** As they were known at a position. */
const livesUpTo = (lives: readonly Lifetime[], through: Position): readonly Lifetime[] =>
  lives.filter(({ from }) => from <= through).map((life) => ({ ...life, to: upTo(life.to, through) }));

const grantsUpTo = (grants: readonly Grant[], through: Position): readonly Grant[] =>
  grants
    .map((grant) => (upTo(grant.to, through) === grant.to ? grant : { ...grant, to: null, cause: null }))
    .toSorted(byPlace);

const upTo = (end: Position | null, through: Position): Position | null => (end !== null && end > through ? null : end);

const byPlace = (
  a: { from: string; kind: string; target: string },
  b: { from: string; kind: string; target: string },
) => {
  const [one, other] = [a, b].map(({ from, kind, target }) => `${from} ${kind} ${target}`);
  return one! < other! ? -1 : 1;
};

async function* inDepth(
  tenant: string,
  type: string,
  id: string,
  live: ReadStore,
  through: Position,
): AsyncGenerator<Comparison> {
  for (let after: Position = START; ; ) {
    const batch = await live.activityOf(tenant, id, after, AT_ONCE, through);
    for (const { position } of batch)
      yield [
        `${type} ${id} as of ${position}`,
        async (store) => plain(await stateText(store, tenant, type, id, position)),
      ];
    if (batch.length < AT_ONCE) return;
    after = batch.at(-1)!.position;
  }
}
