// Reads memberships one by one. What an index cuts down to a few rows is answered at once; counting the others is left to the
// thread of slow queries.
import { ordinalOf, positionOf } from "../../../eventlog/event-log.ts";
import type {
  Membership,
  MembershipAnswer,
  MembershipKey,
  MembershipNow,
  MembershipPage,
  MembershipQuery,
  MembershipsAsked,
  MembershipWalk,
} from "../../memberships.ts";
import { type Member, PAGE_LENGTH } from "../../read-store.ts";
import { tooManyMemberships } from "../../too-many.ts";
import type { WalkPlace } from "../../walk-place.ts";
import type { BoundStatement } from "../lists/bindings.ts";
import type { QueryRunner } from "../lists/query-runner.ts";
import { HEAVY, INLINE_CANDIDATES } from "../lists/question.ts";
import { OutOfTime } from "../lists/search.ts";
import type { Names } from "../names.ts";
import type { Statements } from "../statements.ts";
import { countOf, fullAt, type MembershipScope, type PassedMembership, pageOf, probeOf } from "./membership-sql.ts";

type Row = [
  group: string,
  groupDisplay: string | null,
  groupVersion: number,
  member: string,
  memberType: number,
  memberDisplay: string | null,
  at: number,
  revision: number,
  groupNumber: number,
  memberNumber: number,
];

interface Page {
  readonly memberships: readonly MembershipNow[];
  /** Numbers of the last group and member, where others follow. */
  readonly last?: readonly [group: number, member: number];
}

/** At each membership of a page at most: at its group and at itself, once for where the page ends, once for the page. */
const LOOKS = 4;

const NOTHING: MembershipAnswer = { total: 0, memberships: [] };

export interface MembershipParts {
  readonly statements: Statements;
  readonly names: Names;
  readonly queries: QueryRunner;
}

export class MembershipReader {
  readonly #statements: Statements;
  readonly #names: Names;
  readonly #queries: QueryRunner;

  constructor({ statements, names, queries }: MembershipParts) {
    this.#statements = statements;
    this.#names = names;
    this.#queries = queries;
  }

  get(tenant: string, key: MembershipKey, place: number | undefined): MembershipNow | undefined {
    const scope = this.#scopeOf({ tenant, ...key, count: 1 }, place);
    return scope === undefined ? undefined : this.#page(scope, 0, 1, false).memberships[0];
  }

  /** Answers at once, or says that the query is HEAVY. */
  list(query: MembershipQuery): MembershipAnswer | typeof HEAVY {
    return this.#queries.inSnapshot(() => {
      const scope = this.#scopeOf(query);
      if (scope === undefined) return NOTHING;
      return this.#isLight(scope) ? this.#window(scope, query, false) : HEAVY;
    });
  }

  /** Answers whatever it takes, up to a time (`performance.now()`). Throws ScimError tooMany after that. */
  listUntil(query: MembershipQuery, deadline: number): MembershipAnswer {
    return this.#until(deadline, "page by cursor", () => {
      const scope = this.#scopeOf(query);
      return scope === undefined ? NOTHING : this.#window(scope, query, true);
    });
  }

  /** Answers at once, or says that the page is HEAVY: the first, where many have to be counted; others, where many are passed over. */
  walk(walk: MembershipWalk): MembershipPage | typeof HEAVY {
    const { after, count } = walk;
    if (after === undefined)
      return this.#queries.inSnapshot(() => {
        const scope = this.#scopeOf(walk);
        return scope === undefined || this.#isLight(scope) ? this.#walked(scope, walk, false) : HEAVY;
      });
    try {
      const most = INLINE_CANDIDATES + LOOKS * (count + 1);
      return this.#queries.inLooks(most, () => this.#walked(this.#scopeOf(walk), walk, true));
    } catch (error) {
      if (error instanceof OutOfTime) return HEAVY;
      throw error;
    }
  }

  /** Answers whatever it takes, up to a time. Throws ScimError tooMany where nothing was found by then. */
  walkUntil(walk: MembershipWalk, deadline: number): MembershipPage {
    return this.#until(deadline, "start the walk again with that filter", () =>
      this.#walked(this.#scopeOf(walk), walk, true),
    );
  }

  #until<Answer>(deadline: number, orElse: string, answer: () => Answer): Answer {
    try {
      return this.#queries.inTime(deadline, answer);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      throw tooManyMemberships(orElse);
    }
  }

  #window(scope: MembershipScope, { startIndex, count }: MembershipQuery, isTimed: boolean): MembershipAnswer {
    const { memberships } = this.#page(scope, startIndex - 1, count, isTimed);
    return { total: this.#number(countOf(scope, isTimed)), memberships };
  }

  /** The page comes before the count: what cannot be counted in time is shown all the same. */
  #walked(
    scope: MembershipScope | undefined,
    { after, count, asOf }: MembershipWalk,
    isTimed: boolean,
  ): MembershipPage {
    const head = positionOf(this.#queries.head());
    const none: Page = { memberships: [] };
    const isEmpty = scope === undefined || count === 0;
    const { memberships, last } = isEmpty ? none : this.#page(this.#upToFull(scope, count), 0, count, isTimed);
    const total = after === undefined ? this.#total(scope, isTimed) : undefined;
    return {
      position: asOf ?? head,
      memberships,
      ...(last === undefined ? {} : { next: { began: after?.began ?? head, passed: last.map(positionOf) } }),
      ...(total === undefined ? {} : { total }),
    };
  }

  /** What ended before now is looked at only as far as a page reaches. */
  #upToFull(scope: MembershipScope, count: number): MembershipScope {
    if (scope.place === undefined) return scope;
    const { sql, values } = fullAt(scope, count);
    const row = this.#statements.get(sql).get(...values) as unknown as [number, number] | undefined;
    return row === undefined ? scope : { ...scope, upTo: { group: row[0], member: row[1] } };
  }

  /** Undefined where they could not be counted in time. */
  #total(scope: MembershipScope | undefined, isTimed: boolean): number | undefined {
    if (scope === undefined) return 0;
    try {
      return this.#number(countOf(scope, isTimed));
    } catch (error) {
      if (error instanceof OutOfTime) return undefined;
      throw error;
    }
  }

  /** Of a whole tenant, groups without members may have to be passed over. */
  #isLight(scope: MembershipScope): boolean {
    if (scope.group === undefined && scope.member === undefined) return false;
    return this.#number(probeOf(scope, INLINE_CANDIDATES + 1)) <= INLINE_CANDIDATES;
  }

  /** Undefined where nothing can be found. */
  #scopeOf(
    query: MembershipsAsked & Pick<MembershipWalk, "after">,
    place = query.asOf && ordinalOf(query.asOf),
  ): MembershipScope | undefined {
    const { group, member, after } = query;
    const [tenant, type] = [this.#names.find(query.tenant), this.#names.find("Group")];
    if (tenant === undefined || type === undefined) return undefined;
    return {
      tenant,
      type,
      ...(group === undefined ? {} : { group: this.#rid(tenant, group) }),
      ...(member === undefined ? {} : { member: this.#rid(tenant, member) }),
      ...(after === undefined ? {} : { after: passedIn(after) }),
      ...(place === undefined ? {} : { place }),
    };
  }

  /** -1, which no row has, for an id that nothing has. */
  #rid(tenant: number, id: string): number {
    const sql = "SELECT rid FROM resources WHERE tenant = ? AND id = ?";
    const row = this.#statements.get(sql).get(tenant, id) as unknown as [number] | undefined;
    return row?.[0] ?? -1;
  }

  /** A name can be as long as a request: rows are taken one by one, as long as they fit. */
  #page(scope: MembershipScope, offset: number, count: number, isTimed: boolean): Page {
    const { sql, values } = pageOf(scope, offset, count + 1, isTimed);
    const memberships: MembershipNow[] = [];
    let length = 0;
    let last: readonly [number, number] = [0, 0];
    for (const row of this.#statements.rows<Row>(sql, values)) {
      const [, groupDisplay, , , , memberDisplay, , , groupNumber, memberNumber] = row;
      length += (groupDisplay?.length ?? 0) + (memberDisplay?.length ?? 0);
      if (memberships.length === count || (length > PAGE_LENGTH && memberships.length > 0))
        return { memberships, last };
      memberships.push(this.#membershipOf(row));
      last = [groupNumber, memberNumber];
    }
    return { memberships };
  }

  #membershipOf([group, groupDisplay, groupVersion, member, type, display, since, revision]: Row): MembershipNow {
    return {
      group: { value: group, display: groupDisplay },
      groupVersion,
      member: { value: member, type: this.#names.text(type) as Member["type"], display },
      since,
      revision,
    } satisfies Membership & MembershipNow;
  }

  #number({ sql, values }: BoundStatement): number {
    return (this.#statements.get(sql).get(...values) as unknown as [number])[0];
  }
}

/** A resource's number is the ordinal of the position at which it was created. */
function passedIn({ began, passed }: WalkPlace): PassedMembership {
  const [group, member] = passed.map(ordinalOf) as [number, number];
  return { group, member, began: ordinalOf(began) };
}
