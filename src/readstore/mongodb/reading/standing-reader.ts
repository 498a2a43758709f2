// What audit questions ask about many at once: who stands in a group, memberships, names and last changes, a few commands each.
import { type Position, positionOf } from "../../../eventlog/event-log.ts";
import { lastOfEach } from "../../last-held.ts";
import type { MembershipKey } from "../../memberships.ts";
import type { LastBegun, LastHeld, NamedLife, PathsOf, StandingMember } from "../../walks.ts";
import type { ActivityDocument, HoldDocument, MemberDocument } from "../documents.ts";
import { headOf } from "./clock-reader.ts";
import { type Life, livesAt, livesByIds } from "./lives.ts";
import { membersIn } from "./member-reader.ts";
import { namedLives } from "./named-lives.ts";
import { inSlices, stands } from "./past.ts";
import type { Reading, Reads } from "./reading.ts";

/** Groups in one query for pairs. */
const GROUPS = 100;
/** Resources looked at beside each other: three batches under way leave connections to others. */
const AT_ONCE = 16;
const HELD = ["role", "entitlement"] as const;

export interface MembersAsked {
  readonly tenant: string;
  readonly group: string;
  /** Ids of groups. */
  readonly among: readonly string[];
  /** Id of the member after which the page begins. */
  readonly after: string | null;
  readonly limit: number;
  readonly place: number;
}

type Within = StandingMember["within"][number];

export class StandingReader {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  members({ tenant, group, among, after, limit, place }: MembersAsked): Promise<readonly StandingMember[]> {
    return this.#reads.snapshot(async (reading) => {
      const page = await membersIn(reading, { tenant, group, after, limit, place });
      const rids = page.map(([, rid]) => rid);
      const groups = [...(await livesByIds(reading, tenant, among)).values()].filter((life) => livesAt(life, place));
      const within = await withinOf(reading, rids, groups, place);
      const enabled = new Set((await accountsOf(reading, rids, place)).map(({ rid }) => rid));
      return page.map(([member, rid]) => ({
        ...member,
        isEnabled: member.type === "Group" || enabled.has(rid),
        within: within.get(rid) ?? [],
      }));
    });
  }

  /** Rows alone are asked: of the dead they may not know. */
  memberships(tenant: string, keys: readonly MembershipKey[], place: number): Promise<readonly (LastBegun | null)[]> {
    return this.#reads.snapshot(async (reading) => {
      const ids = keys.flatMap(({ group, member }) => [group, member]);
      const lives = await livesByIds(reading, tenant, ids);
      const pairs = keys.map(({ group, member }) => [lives.get(group)?.rid, lives.get(member)?.rid] as const);
      const known = pairs.filter((pair): pair is readonly [number, number] => !pair.includes(undefined));
      const begun = await begunOf(reading, known, place);
      return pairs.map(([grp, member]) => begun.get(`${grp}-${member}`) ?? null);
    });
  }

  held(tenant: string, ids: readonly string[], place: number): Promise<ReadonlyMap<string, readonly LastHeld[]>> {
    return this.#reads.snapshot(async (reading) => {
      const lives = [...(await livesByIds(reading, tenant, ids)).values()].filter((life) => livesAt(life, place));
      const names = new Map(lives.map(({ rid, id }) => [rid, id]));
      const byRid = Map.groupBy(await everHeld(reading, [...names.keys()], place), ({ _id }) => _id.rid);
      return new Map(Array.from(byRid, ([rid, all]) => [names.get(rid)!, lastOfEach(all.map(heldOf(place)))]));
    });
  }

  named(tenant: string, ids: readonly string[], place: number): Promise<ReadonlyMap<string, NamedLife>> {
    return this.#reads.snapshot((reading) => namedLives(reading, tenant, ids, place));
  }

  /** What the read models have passed stays as it is: each resource is looked at by itself, newest first. */
  async changes(
    tenant: string,
    asked: readonly PathsOf[],
    after: number,
    until: number,
  ): Promise<readonly (Position | null)[]> {
    const reading = this.#reads.now();
    const last = Math.min(until, await headOf(reading));
    const lives = await livesByIds(
      reading,
      tenant,
      asked.map(({ id }) => id),
    );
    const found: (Position | null)[] = [];
    for (let from = 0; from < asked.length; from += AT_ONCE) {
      const looking = asked.slice(from, from + AT_ONCE).map(({ id, paths }) => {
        const rid = lives.get(id)?.rid;
        return rid === undefined ? null : lastChange(reading, rid, paths, { $gt: after, $lte: last });
      });
      found.push(...(await Promise.all(looking)));
    }
    return found;
  }
}

async function lastChange(
  reading: Reading,
  rid: number,
  paths: readonly string[],
  within: { readonly $gt: number; readonly $lte: number },
): Promise<Position | null> {
  const event = await reading.first<ActivityDocument>(
    reading.views.activity,
    { rid, touch: { $in: ["none", "attributes"] }, _id: within, paths: { $in: paths } },
    { sort: { _id: -1 }, projection: { _id: 1 } },
  );
  return event === undefined ? null : positionOf(event._id);
}

/** Which groups each member is in, by number. */
async function withinOf(
  reading: Reading,
  rids: readonly number[],
  groups: readonly Life[],
  place: number,
): Promise<ReadonlyMap<number, readonly Within[]>> {
  const ids = new Map(groups.map(({ rid, id }) => [rid, id]));
  const rows = await inSlices(rids, (slice) =>
    reading.all<MemberDocument>(
      reading.views.members,
      { member: { $in: slice }, grp: { $in: [...ids.keys()] }, ...stands(place) },
      { projection: { _id: 0, grp: 1, member: 1, since: 1 } },
    ),
  );
  const within = new Map<number, Within[]>();
  for (const { grp, member, since } of rows) {
    const one = { group: ids.get(grp)!, since: positionOf(since) };
    const known = within.get(member);
    if (known === undefined) within.set(member, [one]);
    else known.push(one);
  }
  return within;
}

/** Accounts that are enabled. */
const accountsOf = (reading: Reading, rids: readonly number[], place: number) =>
  inSlices(rids, (slice) =>
    reading.all<HoldDocument>(
      reading.views.holds,
      { rid: { $in: slice }, kind: "account", ...stands(place) },
      { projection: { _id: 0, rid: 1 } },
    ),
  );

/** What some resources hold or held by a place: each element, when it last began. */
const everHeld = (reading: Reading, rids: readonly number[], place: number) =>
  inSlices(rids, (slice) =>
    reading.aggregate<Last<Pick<HoldDocument, "rid" | "kind" | "target">>>(reading.views.holds, [
      { $match: { rid: { $in: slice }, kind: { $in: HELD }, since: { $lte: place } } },
      { $group: { _id: { rid: "$rid", kind: "$kind", target: "$target", element: "$element" }, ...LAST } },
    ]),
  );

/** Intervals of one name do not overlap: that which began last ended last. */
const LAST = { since: { $max: "$since" }, to: { $max: "$to" } };
interface Last<Name> {
  readonly _id: Name;
  readonly since: number;
  readonly to: number;
}

const begunBy = ({ since, to }: Omit<Last<unknown>, "_id">, place: number): LastBegun => ({
  since: positionOf(since),
  stands: to > place,
});

const heldOf =
  (place: number) =>
  ({ _id: { kind, target }, ...last }: Last<Pick<HoldDocument, "kind" | "target">>): LastHeld => ({
    kind: kind as LastHeld["kind"],
    target,
    ...begunBy(last, place),
  });

/** When pairs of a group and a member last began, by `group-member`. */
async function begunOf(
  reading: Reading,
  pairs: readonly (readonly [group: number, member: number])[],
  place: number,
): Promise<ReadonlyMap<string, LastBegun>> {
  const byGroup = [...Map.groupBy(pairs, ([group]) => group)];
  const begun = new Map<string, LastBegun>();
  for (let from = 0; from < byGroup.length; from += GROUPS) {
    const some = byGroup.slice(from, from + GROUPS);
    const either = some.map(([grp, of]) => ({ grp, member: { $in: of.map(([, member]) => member) } }));
    const rows = await reading.aggregate<Last<Pick<MemberDocument, "grp" | "member">>>(reading.views.members, [
      { $match: { $or: either.map((pair) => ({ ...pair, since: { $lte: place } })) } },
      { $group: { _id: { grp: "$grp", member: "$member" }, ...LAST } },
    ]);
    for (const { _id, ...last } of rows) begun.set(`${_id.grp}-${_id.member}`, begunBy(last, place));
  }
  return begun;
}
