// Who was a member of a group at an instant, nested groups included, and through which of them.
import { z } from "zod";
import type { Position } from "../../eventlog/event-log.ts";
import { type Member, mayGoOn } from "../../readstore/read-store.ts";
import type { StandingMember } from "../../readstore/walks.ts";
import { foreignCursor } from "../answers/cursor.ts";
import { level } from "../answers/moment.ts";
import { type Placed, pageOf, pinned } from "../answers/page.ts";
import { id, instant, limit } from "../answers/parameter.ts";
import { question } from "../answers/question.ts";
import { describeSubject, type Subject, subjectOf } from "../answers/subject.ts";
import { type Evidence, evidence, evidenceAt } from "../effects/evidence.ts";
import { Holdings } from "../holdings/holdings.ts";
import { holdsAt } from "../holdings/intervals.ts";
import { type Nesting, nestingOf, PATHS_LISTED, type Path } from "../holdings/nesting.ts";
import type { Sources } from "../sources.ts";

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

type Row = z.output<typeof memberRow>;

export const membersAt = question(
  "members-at",
  {
    number: [1],
    asks: "Who was a member of a group at an instant, directly or through nested groups, since when, and granted by whom?",
    route: "/groups/:id/members",
    parameters: z.strictObject({
      id,
      asOf: instant.optional(),
      cursor: z.string().optional(),
      limit: limit.optional(),
    }),
    row: memberRow,
    rests: "streams",
    golden: "a nested group deleted later; cycles; a user in by two paths; an instant exactly at an event",
  },
  async (given, tenant, sources) => {
    const through = await level(sources);
    const { position, cursor } = await pinned(sources, through, given, 2);
    const group = await subjectOf(sources, tenant, "Group", given.id);
    const walk = await Walk.from(sources, group, position, given.limit);
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

const MEMBERS_AT_ONCE = 500;

/** One way from the group asked about down to a member, and the event after which every step of it stood. */
interface Way {
  readonly groups: Path;
  readonly since: Position;
}

interface Found {
  readonly member: Member;
  readonly effective: boolean;
  /** The shortest ones. */
  readonly ways: readonly Way[];
  readonly moreWays: number;
}

/** Group after group, nearest first; whoever is in several shows at the nearest. Holds one batch of members in memory. */
class Walk {
  readonly #sources: Sources;
  readonly #group: Subject;
  readonly #position: Position;
  readonly #nesting: Nesting;
  readonly #distance: ReadonlyMap<string, number>;
  readonly #atOnce: number;

  private constructor(sources: Sources, group: Subject, position: Position, nesting: Nesting, atOnce: number) {
    this.#sources = sources;
    this.#group = group;
    this.#position = position;
    this.#nesting = nesting;
    this.#distance = new Map(nesting.groups.map((id, index) => [id, index]));
    this.#atOnce = atOnce;
  }

  static async from(
    sources: Sources,
    group: Subject,
    position: Position,
    rows = Number.POSITIVE_INFINITY,
  ): Promise<Walk> {
    const holdings = new Holdings(sources.store, group.tenant, position, position);
    const nesting = await nestingOf(sources.store, group.tenant, group.id, holdings, position);
    return new Walk(sources, group, position, nesting, Math.min(MEMBERS_AT_ONCE, rows + 1));
  }

  /** From the first, or after a member at a group. */
  async *rows(after: readonly string[] | undefined): AsyncGenerator<readonly Placed[]> {
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

  async *#membersOf(group: string, after: string | null): AsyncGenerator<readonly Placed[]> {
    const { store } = this.#sources;
    const { groups } = this.#nesting;
    for (let last = after; ; ) {
      const { tenant } = this.#group;
      const batch = await store.standingMembers(tenant, group, groups, last, this.#atOnce, this.#position);
      yield await this.#describe(group, batch);
      if (!mayGoOn(batch, this.#atOnce)) return;
      last = batch.at(-1)!.value;
    }
  }

  async #describe(group: string, batch: readonly StandingMember[]): Promise<readonly Placed[]> {
    const found = batch.flatMap((member) => this.#find(member, group) ?? []);
    const places = found.flatMap(({ ways }) => ways.map(({ since }) => since));
    const proofs = await evidenceAt(this.#sources, places);
    return found.map((one) => ({ place: [group, one.member.value], row: this.#row(one, proofs) }));
  }

  #row({ member, effective, ways, moreWays }: Found, proofs: ReadonlyMap<Position, Evidence>): Row {
    const { value, type, display } = member;
    return {
      member: { type, id: value, display },
      direct: ways.some(({ groups }) => groups.length === 1),
      held: true,
      effective,
      paths: ways.map(({ groups, since }) => ({ groups: [...groups], since: proofs.get(since)! })),
      morePaths: moreWays,
      ...(this.#nesting.allPaths ? {} : { morePathsAtLeast: true as const }),
    };
  }

  /** A member of a group; undefined where a nearer group has it. */
  #find(member: StandingMember, group: string): Found | undefined {
    if (member.value === this.#group.id) return undefined;
    const distance = (of: string) => this.#distance.get(of)!;
    const within = member.within.toSorted((a, b) => distance(a.group) - distance(b.group));
    if (within[0]?.group !== group) return undefined;
    return { member, effective: member.isEnabled, ...this.#ways(member, within) };
  }

  #ways(member: Member, within: StandingMember["within"]): Pick<Found, "ways" | "moreWays"> {
    const ways: Way[] = [];
    let count = 0;
    for (const { group, since } of within) {
      const paths = this.#waysTo(group, member);
      count += paths.length;
      for (const groups of paths.slice(0, PATHS_LISTED)) ways.push({ groups, since: this.#completed(groups, since) });
    }
    const shortest = ways.sort((a, b) => a.groups.length - b.groups.length).slice(0, PATHS_LISTED);
    return { ways: shortest, moreWays: count - shortest.length };
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
