// Reads memberships one by one.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import type {
  MembershipAnswer,
  MembershipKey,
  MembershipNow,
  MembershipPage,
  MembershipQuery,
  MembershipsAsked,
  MembershipWalk,
} from "../../memberships.ts";
import { tooManyMemberships } from "../../too-many.ts";
import { headOf } from "./clock-reader.ts";
import { livesByIds } from "./lives.ts";
import { membershipsOf } from "./memberships-of.ts";
import type { Place } from "./past.ts";
import { OutOfTime, type Reading, type Reads } from "./reading.ts";
import { type MembershipScope, NOBODY, type StandingRow, standing } from "./standing.ts";

export interface MembershipReaderParts {
  readonly reads: Reads;
  /** Milliseconds. */
  readonly deadline: number;
}

export class MembershipReader {
  readonly #parts: MembershipReaderParts;

  constructor(parts: MembershipReaderParts) {
    this.#parts = parts;
  }

  get(tenant: string, key: MembershipKey, place: Place): Promise<MembershipNow | undefined> {
    return this.#parts.reads.snapshot(async (reading) => {
      const scope = await scopeOf(reading, { tenant, ...key }, place);
      const { rows } = await taken(reading, scope, 0, 1);
      return (await membershipsOf(reading, rows, place))[0];
    });
  }

  /** Throws ScimError tooMany. */
  async list(query: MembershipQuery): Promise<MembershipAnswer> {
    const place = placeOf(query.asOf);
    return this.#inTime("page by cursor", async (reading) => {
      const scope = await scopeOf(reading, query, place);
      const { rows, total } = await taken(reading, scope, query.startIndex - 1, query.count, true);
      return { total, memberships: await membershipsOf(reading, rows, place) };
    });
  }

  /** Throws ScimError tooMany. The page comes before the count: what cannot be counted in time is shown all the same. */
  async walk(walk: MembershipWalk): Promise<MembershipPage> {
    const began = performance.now();
    const page = await this.#inTime("start the walk again with that filter", (reading) => pageOf(reading, walk));
    if (walk.after !== undefined) return page;
    const left = this.#parts.deadline - (performance.now() - began);
    const total = await this.#total({ ...walk, asOf: page.position }, left);
    return total === undefined ? page : { ...page, total };
  }

  /** Undefined where they could not be counted in time. */
  async #total(walk: MembershipWalk, within: number): Promise<number | undefined> {
    try {
      return await this.#parts.reads.snapshot(async (reading) => {
        const scope = await scopeOf(reading, walk, placeOf(walk.asOf));
        return (await taken(reading, scope, 0, 0, true)).total;
      }, within);
    } catch (error) {
      if (error instanceof OutOfTime) return undefined;
      throw error;
    }
  }

  async #inTime<Answer>(orElse: string, read: (reading: Reading) => Promise<Answer>): Promise<Answer> {
    const { reads, deadline } = this.#parts;
    try {
      return await reads.snapshot(read, deadline);
    } catch (error) {
      throw error instanceof OutOfTime ? tooManyMemberships(orElse) : error;
    }
  }
}

async function pageOf(reading: Reading, walk: MembershipWalk): Promise<MembershipPage> {
  const { after, count, asOf } = walk;
  const head = positionOf(await headOf(reading));
  const place = placeOf(asOf);
  const scope = await scopeOf(reading, walk, place);
  const { rows, isLast } = await taken(reading, scope, 0, count);
  const memberships = await membershipsOf(reading, rows, place);
  const page = { position: asOf ?? head, memberships };
  const last = rows[memberships.length - 1];
  if (last === undefined || (isLast && memberships.length === rows.length)) return page;
  const passed = [last.group, last.member].map(positionOf);
  return { ...page, next: { began: after?.began ?? head, passed } };
}

const placeOf = (position: Position | undefined): Place => (position === undefined ? undefined : ordinalOf(position));

async function scopeOf(
  reading: Reading,
  { tenant, group, member, after }: Omit<MembershipsAsked, "count"> & Pick<MembershipWalk, "after">,
  place: Place,
): Promise<MembershipScope> {
  const named = [group, member].filter((id) => id !== undefined);
  const lives = named.length === 0 ? new Map<string, never>() : await livesByIds(reading, tenant, named);
  const numberOf = (id: string): number => lives.get(id)?.rid ?? NOBODY;
  // A resource's number is the ordinal of the position at which it was created.
  const [passedGroup, passedMember] = (after?.passed ?? []).map(ordinalOf);
  return {
    tenant,
    place,
    ...(group === undefined ? {} : { group: numberOf(group) }),
    ...(member === undefined ? {} : { member: numberOf(member) }),
    ...(after === undefined
      ? {}
      : { after: { group: passedGroup!, member: passedMember!, began: ordinalOf(after.began) } }),
  };
}

interface Taken {
  readonly rows: readonly StandingRow[];
  /** Of those that were looked at. */
  readonly total: number;
  /** Nothing follows. */
  readonly isLast: boolean;
}

/** A window; `all`: what follows is counted too. */
async function taken(
  reading: Reading,
  scope: MembershipScope,
  offset: number,
  count: number,
  all = false,
): Promise<Taken> {
  const rows: StandingRow[] = [];
  const end = offset + count;
  let total = 0;
  for await (const portion of standing(reading, scope)) {
    rows.push(...portion.slice(Math.max(0, offset - total), Math.max(0, end - total)));
    total += portion.length;
    if (!all && total > end) return { rows, total, isLast: false };
  }
  return { rows, total, isLast: true };
}
