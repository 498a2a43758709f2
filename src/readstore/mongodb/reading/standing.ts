// The memberships that stand: rows of `members` whose group and member exist, in order of the groups, then of the members.
// They are looked up a portion at a time, so that whoever needs a page of them reads no more.
import type { Document } from "mongodb";
import type { ActivityDocument, MemberDocument, ResourceDocument } from "../documents.ts";
import { exists, inSlices, type Place, stands } from "./past.ts";
import type { Reading } from "./reading.ts";

/** Numbers of a group and a member. */
export interface MembershipNumbers {
  readonly group: number;
  readonly member: number;
}

/** Which memberships. */
export interface MembershipScope {
  readonly tenant: string;
  /** Numbers of those that are named; 0 for an id that nothing has. */
  readonly group?: number;
  readonly member?: number;
  /** Those behind this one, less the members that were erased after `began`. */
  readonly after?: MembershipNumbers & { readonly began: number };
  readonly place: Place;
}

export interface StandingRow extends MembershipNumbers {
  /** Place of the event with which it began. */
  readonly since: number;
}

type Row = Pick<MemberDocument, "grp" | "member" | "since">;
type Ends = Pick<ResourceDocument, "_id" | "erased">;

/** Rows looked at in one go. */
const ROWS = 1_000;
/** Groups whose rows are looked for in one go: many have few members, or none. */
const GROUPS = 200;

/** All of a scope, in order, a portion at a time; portions may be empty. */
export async function* standing(reading: Reading, scope: MembershipScope): AsyncGenerator<readonly StandingRow[]> {
  for await (const rows of rowsOf(reading, scope)) yield await existing(reading, rows, scope);
}

async function* rowsOf(reading: Reading, scope: MembershipScope): AsyncGenerator<readonly Row[]> {
  const { group, member, after, place } = scope;
  if (group !== undefined) {
    const beyond = after === undefined ? {} : { $gt: after.member };
    const which = member === undefined ? beyond : { $eq: member, ...beyond };
    yield* inOrder(reading, { grp: group, ...(Object.keys(which).length === 0 ? {} : { member: which }) }, scope);
  } else if (member !== undefined) {
    const beyond = after === undefined ? {} : { grp: { $gt: after.group } };
    yield* inOrder(reading, { member, ...beyond }, scope);
  } else {
    if (after !== undefined) yield* inOrder(reading, { grp: after.group, member: { $gt: after.member } }, scope);
    const { _id: begun = {}, ...alive } = exists(place) as { _id?: object };
    const beyond = { ...begun, ...(after === undefined ? {} : { $gt: after.group }) };
    const groups = { tenant: scope.tenant, type: "Group", ...alive, ...(isEmpty(beyond) ? {} : { _id: beyond }) };
    const options = { sort: { _id: 1 }, projection: { _id: 1 } } as const;
    for await (const some of reading.portions<ResourceDocument>(reading.views.resources, groups, options, GROUPS))
      yield* inOrder(reading, { grp: { $in: some.map(({ _id }) => _id) } }, scope);
  }
}

const isEmpty = (query: object): boolean => Object.keys(query).length === 0;

function inOrder(
  reading: Reading,
  which: Document,
  { group, member, place }: MembershipScope,
): AsyncGenerator<readonly Row[]> {
  const options = {
    projection: { _id: 0, grp: 1, member: 1, since: 1 },
    sort: { grp: 1, member: 1 },
    hint: group === undefined && member !== undefined ? "ofMember" : place === undefined ? "now" : "then",
  } as const;
  return reading.portions<MemberDocument>(reading.views.members, { ...which, ...stands(place) }, options, ROWS);
}

async function existing(
  reading: Reading,
  rows: readonly Row[],
  { after, place }: MembershipScope,
): Promise<readonly StandingRow[]> {
  const rids = [...new Set(rows.flatMap(({ grp, member }) => [grp, member]))];
  const until = exists(place)["until"];
  // Whoever is in a row had been created when it began.
  const found = await inSlices(rids, (slice) =>
    reading.all<ResourceDocument, Ends>(
      reading.views.resources,
      { _id: { $in: slice }, until },
      { projection: { erased: 1 } },
    ),
  );
  const alive = new Set(found.map(({ _id }) => _id));
  const erased = found.filter((one) => one.erased).map(({ _id }) => _id);
  const gone = after === undefined ? new Set<number>() : await erasedSince(reading, erased, after.began);
  return rows.flatMap(({ grp, member, since }) =>
    alive.has(grp) && alive.has(member) && !gone.has(member) ? [{ group: grp, member, since }] : [],
  );
}

/** Of erased persons, those who were not yet at a place. */
async function erasedSince(reading: Reading, erased: readonly number[], began: number): Promise<ReadonlySet<number>> {
  const before = await inSlices(erased, (slice) =>
    reading.all<ActivityDocument>(
      reading.views.activity,
      { rid: { $in: slice }, _id: { $lte: began }, eventType: { $regex: "Erased$" } },
      { projection: { rid: 1 } },
    ),
  );
  const then = new Set(before.map(({ rid }) => rid));
  return new Set(erased.filter((rid) => !then.has(rid)));
}

/** A number that no resource has. */
export const NOBODY = 0;
