// The walks of audit questions on MongoDB.
import { ordinalOf, type Position, positionOf } from "../../../eventlog/event-log.ts";
import type { Grant, Lifetime, Member } from "../../read-store.ts";
import type { RecordKind } from "../../walks.ts";
import {
  type MemberDocument,
  OPEN,
  type ResourceDocument,
  type TallyDocument,
  type TickDocument,
} from "../documents.ts";
import { headOf } from "./clock-reader.ts";
import { grantsOf } from "./grants-of.ts";
import { lifeOf, numberAfter } from "./lives.ts";
import { inSlices } from "./past.ts";
import type { Reading, Reads } from "./reading.ts";

/** Rows looked at in one go; a member that came and went has several. */
const ROWS = 1_000;

type EverMember = Pick<Member, "value" | "type">;

/** Which members of a group: those after a number whose row overlaps [from, to). */
interface Overlap {
  readonly from: Position;
  readonly to: Position;
  readonly groupsAlone: boolean;
  readonly limit: number;
}

export class HistoryReader {
  readonly #reads: Reads;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  async lifetime(tenant: string, id: string): Promise<Lifetime | undefined> {
    const life = await lifeOf(this.#reads.now(), tenant, id);
    return life === undefined ? undefined : lifetimeOf({ ...life, _id: life.rid });
  }

  grantsOf(tenant: string, subject: string, from: Position, to: Position): Promise<readonly Grant[]> {
    return this.#reads.snapshot((reading) => grantsOf(reading, tenant, subject, from, to));
  }

  /** Numbers never change: what follows a number needs no snapshot. */
  async livesOf(tenant: string, type: string, after: string | null, limit: number): Promise<readonly Lifetime[]> {
    if (limit <= 0) return [];
    const reading = this.#reads.now();
    const last = await numberAfter(reading, tenant, after);
    const rows = await reading.all<ResourceDocument>(
      reading.views.resources,
      { tenant, type, _id: { $gt: last } },
      { sort: { _id: 1 }, limit, projection: { id: 1, type: 1, until: 1 } },
    );
    return rows.map(lifetimeOf);
  }

  everMembers(tenant: string, group: string, after: string | null, overlap: Overlap): Promise<readonly EverMember[]> {
    if (overlap.limit <= 0) return Promise.resolve([]);
    return this.#reads.snapshot(async (reading) => {
      const life = await lifeOf(reading, tenant, group);
      if (life?.type !== "Group") return [];
      const rids = await everIn(reading, life.rid, await numberAfter(reading, tenant, after), overlap);
      const found = await inSlices(rids, (slice) =>
        reading.all<ResourceDocument>(
          reading.views.resources,
          { _id: { $in: slice } },
          { projection: { id: 1, type: 1 }, sort: { _id: 1 } },
        ),
      );
      return found.map(({ id, type }) => ({ value: id, type: type as Member["type"] }));
    });
  }

  async recordsOf(
    tenant: string,
    kind: RecordKind,
    after: Position,
    until: Position,
    limit: number,
  ): Promise<readonly Position[]> {
    if (limit <= 0) return [];
    const reading = this.#reads.now();
    const rows = await reading.all<TickDocument>(
      reading.views.ticks,
      { recordOf: tenant, kind, _id: { $gt: ordinalOf(after), $lte: ordinalOf(until) } },
      { sort: { _id: 1 }, limit, projection: { _id: 1 } },
    );
    return rows.map(({ _id }) => positionOf(_id));
  }

  /** What the read models have passed stays as it is. */
  async eventsSeen(after: Position, until: Position): Promise<number> {
    return eventsIn(this.#reads.now(), ordinalOf(after), ordinalOf(until));
  }

  async eventsUpTo(until: Position): Promise<number> {
    const reading = this.#reads.now();
    const [tally] = await reading.all<TallyDocument>(
      reading.views.tallies,
      { _id: { $lte: ordinalOf(until) } },
      { sort: { _id: -1 }, limit: 1 },
    );
    return (tally?.events ?? 0) + (await eventsIn(reading, tally?._id ?? 0, ordinalOf(until)));
  }
}

async function eventsIn(reading: Reading, after: number, until: number): Promise<number> {
  const last = Math.min(until, await headOf(reading));
  return reading.count(reading.views.activity, { _id: { $gt: after, $lte: last } });
}

const lifetimeOf = ({ _id, id, type, until }: Pick<ResourceDocument, "_id" | "id" | "type" | "until">): Lifetime => ({
  type,
  id,
  from: positionOf(_id),
  to: until === OPEN ? null : positionOf(until),
});

/** Numbers of members, each once, in order. */
async function everIn(
  reading: Reading,
  grp: number,
  after: number,
  { from, to, groupsAlone, limit }: Overlap,
): Promise<readonly number[]> {
  const found: number[] = [];
  const overlaps = { since: { $lt: ordinalOf(to) }, to: { $gt: ordinalOf(from) } };
  const size = Math.min(limit + 1, ROWS);
  for (let last = after; ; last = found.at(-1)!) {
    reading.mustGoOn();
    const rows = await reading.all<MemberDocument>(
      reading.views.members,
      { grp, member: { $gt: last }, ...overlaps, ...(groupsAlone ? { nested: true } : {}) },
      { sort: { member: 1 }, limit: size, projection: { _id: 0, member: 1 }, hint: groupsAlone ? "nested" : "then" },
    );
    for (const { member } of rows) {
      if (member === found.at(-1)) continue;
      if (found.length === limit) return found;
      found.push(member);
    }
    if (rows.length < size || found.length === limit) return found;
  }
}
