// Who was a member of a group at an instant, nested groups included, and through which of them.
import { z } from "zod";
import type { Position } from "../eventlog/event-log.ts";
import { type Member, mayGoOn } from "../readstore/read-store.ts";
import { foreignCursor } from "./cursor.ts";
import { type Evidence, evidence, evidenceAt } from "./evidence.ts";
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
      if (!mayGoOn(batch, MEMBERS_AT_ONCE)) return;
      last = batch.at(-1)!.value;
    }
  }

  async #describe(group: string, batch: readonly Member[]): Promise<readonly Placed[]> {
    const found: Found[] = [];
    for (const member of batch) {
      const one = member.value === this.#group.id ? undefined : await this.#find(member, group);
      if (one !== undefined) found.push(one);
    }
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
  async #find(member: Member, group: string): Promise<Found | undefined> {
    const held = (await this.#holdings.read(member.value)).filter((one) => holdsAt(one, this.#position));
    const distance = ({ target }: Holding) => this.#distance.get(target)!;
    const within = held.filter(({ kind, target }) => kind === "group" && this.#distance.has(target));
    within.sort((a, b) => distance(a) - distance(b));
    if (within[0]?.target !== group) return undefined;
    const effective = member.type === "Group" || held.some(({ kind }) => kind === "account");
    return { member, effective, ...this.#ways(member, within) };
  }

  #ways(member: Member, holdings: readonly Holding[]): Pick<Found, "ways" | "moreWays"> {
    const ways: Way[] = [];
    let count = 0;
    for (const { target, from } of holdings) {
      const paths = this.#waysTo(target, member);
      count += paths.length;
      for (const groups of paths.slice(0, PATHS_LISTED)) ways.push({ groups, since: this.#completed(groups, from) });
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
