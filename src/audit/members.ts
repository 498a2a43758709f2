// Who was a member of a group at an instant, nested groups included, and through which of them.
import { z } from "zod";
import type { Position } from "../eventlog/event-log.ts";
import type { Member } from "../readstore/read-store.ts";
import { foreignCursor } from "./cursor.ts";
import { evidence, evidenceAt } from "./evidence.ts";
import { type Holding, Holdings } from "./holdings.ts";
import { holdsAt } from "./intervals.ts";
import { level } from "./moment.ts";
import { type Nesting, nestingOf, PATHS_LISTED, type Path } from "./nesting.ts";
import { type Placed, pageOf, pinned } from "./page.ts";
import { id, instant, limit, question } from "./question.ts";
import type { Sources } from "./sources.ts";
import { describeSubject, type Subject, subjectOf } from "./subject.ts";

export const memberRow = z.strictObject({
  member: z.strictObject({ type: z.enum(["User", "Group"]), id: z.string(), display: z.string().nullable() }),
  direct: z.boolean(),
  /** The membership stands. */
  held: z.literal(true),
  /** It stands and the account is enabled. */
  effective: z.boolean(),
  /** Shortest first; `groups` leads from the group asked about to the one that has the member. */
  paths: z.array(z.strictObject({ groups: z.array(z.string()), since: evidence })),
  morePaths: z.int(),
  /** Present where there are too many to count. */
  morePathsAtLeast: z.literal(true).optional(),
});

export const membersAt = question(
  "members-at",
  {
    asks: "Who was a member of a group at an instant, directly or through nested groups, since when, and granted by whom?",
    route: "/groups/:id/members",
    parameters: z.strictObject({
      id,
      asOf: instant.optional(),
      cursor: z.string().optional(),
      limit: limit.optional(),
    }),
    row: memberRow,
    golden: "a nested group deleted later; cycles; a user in by two paths; an instant exactly at an event",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const { position, cursor } = await pinned(sources, through, given, 2);
    const group = await subjectOf(sources, tenant, "Group", given.id);
    const walk = await Walk.from(sources, group, position);
    const rows = walk.rows(cursor?.parts);
    return {
      ...(given.asOf === undefined ? {} : { asOf: given.asOf }),
      position,
      through,
      subject: await describeSubject(sources, group, position),
      content: pageOf(rows, position, given.limit),
    };
  },
);

const MEMBERS_AT_ONCE = 200;

/** One member, by every group below the one asked about that holds it. */
interface Found {
  readonly member: Member;
  readonly account: boolean;
  readonly holdings: readonly Holding[];
}

/** Group after group, nearest first; whoever is in several shows at the nearest. Holds one batch of members in memory. */
class Walk {
  readonly #sources: Sources;
  readonly #group: Subject;
  readonly #position: Position;
  readonly #holdings: Holdings;
  readonly #nesting: Nesting;
  readonly #distance: ReadonlyMap<string, number>;

  private constructor(sources: Sources, group: Subject, position: Position, holdings: Holdings, nesting: Nesting) {
    this.#sources = sources;
    this.#group = group;
    this.#position = position;
    this.#holdings = holdings;
    this.#nesting = nesting;
    this.#distance = new Map(nesting.groups.map((id, index) => [id, index]));
  }

  static async from(sources: Sources, group: Subject, position: Position): Promise<Walk> {
    const holdings = new Holdings(sources.store, group.tenant, position, position);
    const nesting = await nestingOf(sources.store, group.tenant, group.id, holdings, position);
    return new Walk(sources, group, position, holdings, nesting);
  }

  /** From the first, or after a member at a group. */
  async *rows(after: readonly string[] | undefined): AsyncGenerator<Placed> {
    if (!holdsAt({ ...this.#group, cause: null }, this.#position)) return;
    const { groups } = this.#nesting;
    const start = after === undefined ? 0 : this.#distance.get(after[0]!);
    if (start === undefined) throw foreignCursor();
    let last = after?.[1] ?? null;
    for (const group of groups.slice(start)) {
      yield* this.#membersOf(group, last);
      last = null;
    }
  }

  async *#membersOf(group: string, after: string | null): AsyncGenerator<Placed> {
    const { store } = this.#sources;
    for (let last = after; ; ) {
      const batch = await store.members(this.#group.tenant, group, last, MEMBERS_AT_ONCE, this.#position);
      yield* await this.#describe(group, batch);
      if (batch.length < MEMBERS_AT_ONCE) return;
      last = batch.at(-1)!.value;
    }
  }

  async #describe(group: string, batch: readonly Member[]): Promise<readonly Placed[]> {
    const found: (readonly [Member, boolean, readonly Way[], number])[] = [];
    for (const member of batch) {
      const one = await this.#find(member);
      if (one.holdings[0]?.target !== group || member.value === this.#group.id) continue;
      const { ways, count } = this.#ways(one);
      found.push([member, one.account, ways, count]);
    }
    const since = await evidenceAt(
      this.#sources,
      found.flatMap(([, , ways]) => ways.map((way) => way.since)),
    );
    return found.map(([{ value, type, display }, effective, ways, count]) => ({
      place: [group, value],
      row: {
        member: { type, id: value, display },
        direct: ways[0]!.groups.length === 1,
        held: true,
        effective,
        paths: ways.map((way) => ({ groups: way.groups, since: since.get(way.since)! })),
        morePaths: count - ways.length,
        ...(this.#nesting.allPaths ? {} : { morePathsAtLeast: true }),
      } satisfies Row,
    }));
  }

  /** By what a member is in, nearest group first. */
  async #find(member: Member): Promise<Found> {
    const now = (await this.#holdings.read(member.value)).filter((held) => holdsAt(held, this.#position));
    const distance = ({ target }: Holding) => this.#distance.get(target)!;
    const holdings = now.filter(({ kind, target }) => kind === "group" && this.#distance.has(target));
    return {
      member,
      account: member.type === "Group" || now.some(({ kind }) => kind === "account"),
      holdings: holdings.sort((a, b) => distance(a) - distance(b)),
    };
  }

  #ways({ member, holdings }: Found): { ways: readonly Way[]; count: number } {
    const ways: Way[] = [];
    let count = 0;
    for (const { target, from } of holdings) {
      const paths = this.#waysTo(target, member);
      count += paths.length;
      for (const groups of paths.slice(0, PATHS_LISTED)) ways.push({ groups, since: this.#completed(groups, from) });
    }
    const shortest = ways.sort((a, b) => a.groups.length - b.groups.length).slice(0, PATHS_LISTED);
    return { ways: shortest, count };
  }

  /** Without those that pass the member itself, a group in a cycle: they lead nowhere new. */
  #waysTo(group: string, member: Member): readonly Path[] {
    const paths = this.#nesting.pathsTo.get(group)!;
    return member.type === "User" ? paths : paths.filter((path) => !path.includes(member.value));
  }

  /** The event after which every step of a path stood. */
  #completed(path: Path, memberSince: Position): Position {
    let latest = memberSince;
    for (let i = 1; i < path.length; i++) {
      const since = this.#nesting.since(path[i]!, path[i - 1]!);
      if (since > latest) latest = since;
    }
    return latest;
  }
}

type Row = Omit<z.output<typeof memberRow>, "paths" | "morePathsAtLeast"> & {
  paths: { groups: Path; since: z.output<typeof evidence> }[];
  morePathsAtLeast?: boolean;
};

interface Way {
  readonly groups: Path;
  readonly since: Position;
}
