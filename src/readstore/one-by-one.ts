// What audit questions ask about many at once, answered from single reads: for an adapter that has nothing better, and what
// the others are held to.
import { ordinalOf, type Position, positionOf, START } from "../eventlog/event-log.ts";
import type { Lifetime } from "./happenings.ts";
import { lastOfEach } from "./last-held.ts";
import type { MembershipKey } from "./memberships.ts";
import type { Grant, ReadStore } from "./read-store.ts";
import type { LastBegun, LastHeld, NamedLife, PathsOf, StandingMember } from "./walks.ts";

type Single = Pick<ReadStore, "members" | "grantsOf" | "lifetime" | "get" | "activityBefore">;

/** As `HistoryWalks.standingMembers`. */
export async function standingMembers(
  store: Single,
  tenant: string,
  group: string,
  among: readonly string[],
  after: string | null,
  limit: number,
  asOf: Position,
): Promise<readonly StandingMember[]> {
  const found: StandingMember[] = [];
  for (const member of await store.members(tenant, group, after, limit, asOf)) {
    const grants = await grantsAt(store, tenant, member.value, asOf);
    const within = grants
      .filter(({ kind, target }) => kind === "group" && among.includes(target))
      .map(({ target, from }) => ({ group: target, since: from }));
    const isEnabled = member.type === "Group" || grants.some(({ kind }) => kind === "account");
    found.push({ ...member, isEnabled, within });
  }
  return found;
}

/** As `HistoryWalks.lastMemberships`. */
export async function lastMemberships(
  store: Single,
  tenant: string,
  keys: readonly MembershipKey[],
  asOf: Position,
): Promise<readonly (LastBegun | null)[]> {
  const found: (LastBegun | null)[] = [];
  for (const { group, member } of keys) {
    const grants = await grantsBy(store, tenant, member, asOf);
    const last = grants
      .filter(({ kind, target }) => kind === "group" && target === group)
      .toSorted(byBeginning)
      .at(-1);
    found.push(last === undefined ? null : begun(last, asOf));
  }
  return found;
}

/** As `HistoryWalks.lastHeld`. */
export async function lastHeld(
  store: Single,
  tenant: string,
  ids: readonly string[],
  asOf: Position,
): Promise<ReadonlyMap<string, readonly LastHeld[]>> {
  const found = new Map<string, readonly LastHeld[]>();
  for (const id of ids) {
    if (!lives(await store.lifetime(tenant, id), asOf)) continue;
    const held = (await grantsBy(store, tenant, id, asOf)).flatMap((grant) => {
      const { kind, target } = grant;
      return kind === "role" || kind === "entitlement" ? [{ kind, target, ...begun(grant, asOf) }] : [];
    });
    if (held.length > 0) found.set(id, lastOfEach(held));
  }
  return found;
}

/** As `HistoryWalks.namedLives`. */
export async function namedLives(
  store: Single,
  tenant: string,
  ids: readonly string[],
  asOf: Position,
): Promise<ReadonlyMap<string, NamedLife>> {
  const found = new Map<string, NamedLife>();
  for (const id of ids) {
    const life = await store.lifetime(tenant, id);
    if (life === undefined) continue;
    const last = life.to !== null && life.to <= asOf ? positionOf(ordinalOf(life.to) - 1) : asOf;
    const body = (await store.get(tenant, life.type, id, last))?.body;
    found.set(id, { ...life, display: body === undefined ? null : nameIn(body) });
  }
  return found;
}

/** As `HistoryWalks.lastChanges`. */
export async function lastChanges(
  store: Pick<Single, "activityBefore">,
  tenant: string,
  asked: readonly PathsOf[],
  after: Position,
  until: Position,
): Promise<readonly (Position | null)[]> {
  const found: (Position | null)[] = [];
  for (const { id, paths } of asked) found.push(await lastChange(store, tenant, { id, paths }, after, until));
  return found;
}

async function lastChange(
  store: Pick<Single, "activityBefore">,
  tenant: string,
  { id, paths }: PathsOf,
  after: Position,
  until: Position,
): Promise<Position | null> {
  for (let before = positionOf(ordinalOf(until) + 1); ; ) {
    const batch = await store.activityBefore(tenant, id, before, AT_ONCE, after);
    const last = batch.find((one) => one.resourceId === id && one.paths.some((path) => paths.includes(path)));
    if (last !== undefined) return last.position;
    if (batch.length < AT_ONCE) return null;
    before = batch.at(-1)!.position;
  }
}

const AT_ONCE = 100;

const lives = (life: Lifetime | undefined, position: Position): boolean =>
  life !== undefined && life.from <= position && (life.to === null || life.to > position);

/** What the subject holds at a position: ends that lie later are still to come. */
async function grantsAt(store: Single, tenant: string, subject: string, position: Position): Promise<readonly Grant[]> {
  return store.grantsOf(tenant, subject, position, positionOf(ordinalOf(position) + 1));
}

/** What it holds or held. */
async function grantsBy(store: Single, tenant: string, subject: string, position: Position): Promise<readonly Grant[]> {
  return store.grantsOf(tenant, subject, START, positionOf(ordinalOf(position) + 1));
}

const byBeginning = (a: Grant, b: Grant): number => (a.from < b.from ? -1 : 1);

const begun = ({ from, to }: Grant, position: Position): LastBegun => ({
  since: from,
  stands: to === null || to > position,
});

/** The name in a body without its closing brace. */
function nameIn(body: string): string | null {
  const attributes = JSON.parse(`${body}}`) as Record<string, unknown>;
  const name = attributes["displayName"] ?? attributes["userName"] ?? attributes["display"];
  return typeof name === "string" ? name : null;
}
