// Reads memberships one by one. What an index cuts down to a few rows is answered at once; counting the others is left to the
// thread of slow queries.
import { ordinalOf } from "../../eventlog/event-log.ts";
import { tooMany } from "../../scim/errors.ts";
import type { Membership, MembershipAnswer, MembershipKey, MembershipNow, MembershipQuery } from "../memberships.ts";
import { type Member, PAGE_LENGTH } from "../read-store.ts";
import type { BoundStatement } from "./bindings.ts";
import { countOf, type MembershipScope, pageOf, probeOf } from "./membership-sql.ts";
import type { Names } from "./names.ts";
import type { QueryRunner } from "./query-runner.ts";
import { HEAVY, INLINE_CANDIDATES } from "./question.ts";
import { OutOfTime } from "./search.ts";
import type { Statements } from "./statements.ts";

type Row = [
  group: string,
  groupDisplay: string | null,
  groupVersion: number,
  member: string,
  memberType: number,
  memberDisplay: string | null,
  at: number,
  revision: number,
];

interface Page {
  readonly more: boolean;
  readonly memberships: readonly MembershipNow[];
}

const nothing = ({ from }: MembershipQuery): MembershipAnswer =>
  typeof from === "number" ? { total: 0, more: false, memberships: [] } : { more: false, memberships: [] };

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
    const scope = this.#scopeOf({ tenant, ...key, from: 1, count: 1 }, place);
    return scope === undefined ? undefined : this.#page(scope, 0, 1, false).memberships[0];
  }

  /** Answers at once, or says that the query is HEAVY. */
  list(query: MembershipQuery): MembershipAnswer | typeof HEAVY {
    return this.#queries.inSnapshot(() => {
      const scope = this.#scopeOf(query);
      if (scope === undefined) return nothing(query);
      return this.#isLight(scope, query) ? this.#answer(scope, query, false) : HEAVY;
    });
  }

  /** Answers whatever it takes, up to a time (`performance.now()`). Throws ScimError tooMany after that. */
  listUntil(query: MembershipQuery, deadline: number): MembershipAnswer {
    try {
      return this.#queries.inTime(deadline, () => {
        const scope = this.#scopeOf(query);
        return scope === undefined ? nothing(query) : this.#answer(scope, query, true);
      });
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      throw tooMany(
        "there are too many memberships to count in time; filter by group.value or member.value, or page by cursor",
      );
    }
  }

  #answer(scope: MembershipScope, { from, count }: MembershipQuery, isTimed: boolean): MembershipAnswer {
    const offset = typeof from === "number" ? from - 1 : 0;
    const page = this.#page(scope, offset, count, isTimed);
    return typeof from === "number" ? { total: this.#number(countOf(scope, isTimed)), ...page } : page;
  }

  /** Of a whole tenant, groups without members may have to be passed over; after a membership of one group or member nothing is. */
  #isLight(scope: MembershipScope, { from }: MembershipQuery): boolean {
    if (scope.group === undefined && scope.member === undefined) return false;
    return typeof from !== "number" || this.#number(probeOf(scope, INLINE_CANDIDATES + 1)) <= INLINE_CANDIDATES;
  }

  /** Undefined where nothing can be found. */
  #scopeOf(query: MembershipQuery, place = query.asOf && ordinalOf(query.asOf)): MembershipScope | undefined {
    const { group, member, from } = query;
    const [tenant, type] = [this.#names.find(query.tenant), this.#names.find("Group")];
    if (tenant === undefined || type === undefined) return undefined;
    const number = (id: string) => this.#rid(tenant, id);
    const named = {
      ...(group === undefined ? {} : { group: number(group) }),
      ...(member === undefined ? {} : { member: number(member) }),
      ...(typeof from === "number" ? {} : { after: { group: number(from.group), member: number(from.member) } }),
    };
    return { tenant, type, ...named, ...(place === undefined ? {} : { place }) };
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
    for (const row of this.#statements.get(sql).iterate(...values) as unknown as Iterable<Row>) {
      const [, groupDisplay, , , , memberDisplay] = row;
      length += (groupDisplay?.length ?? 0) + (memberDisplay?.length ?? 0);
      if (memberships.length === count || (length > PAGE_LENGTH && memberships.length > 0))
        return { more: true, memberships };
      memberships.push(this.#membershipOf(row));
    }
    return { more: false, memberships };
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
