import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "@jest/globals";
import type { BoundStatement, Inputs } from "../../src/readstore/sqlite/lists/bindings.ts";
import { compile } from "../../src/readstore/sqlite/lists/compile-plan.ts";
import type { Statement } from "../../src/readstore/sqlite/lists/plan.ts";
import { placesOfActors } from "../../src/readstore/sqlite/reading/activity-reader.ts";
import { fullAt, type MembershipScope, pageOf, probeOf } from "../../src/readstore/sqlite/reading/membership-sql.ts";
import { viewsFile } from "../../src/readstore/sqlite/views-file.ts";
import type { Filter } from "../../src/scim/filter/filter.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { comparisonsOf } from "../../src/scim/filter/terms.ts";
import { resolvePath } from "../../src/scim/schema/lookup.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { History } from "../projections/history.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { viewsOf } from "./views.ts";

const ID = "01900000-0000-7000-8000-000000000001";

/** Filters that must cost the same at a thousand and at a million resources. */
const served = {
  User: [
    'userName eq "ada"',
    'externalId eq "1"',
    'emails eq "ada@example.com"',
    'emails[type eq "work" and value eq "ada@example.com"]',
    'userName sw "ad"',
    'userName ge "ada" and active eq true',
    'active eq true and (userName eq "ada" or externalId eq "1")',
    `id eq "${ID}"`,
    `groups.value eq "${ID}"`,
    `groups[value eq "${ID}" and display eq "x"]`,
    'userName eq "ada" and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq "Bob"',
    'meta.lastModified gt "2026-01-01T00:00:00Z"',
    'meta.created ge "2026-01-01T00:00:00Z"',
  ],
  Group: [
    'displayName eq "Admins"',
    'externalId eq "1"',
    `members.value eq "${ID}"`,
    `members[value eq "${ID}" and type eq "User"]`,
  ],
} as const;

const memberships: readonly (readonly [string, Partial<MembershipScope>])[] = [
  ["of a group", { group: 1 }],
  ["of a group, after a member", { group: 1, after: { group: 1, member: 2, began: 7 } }],
  ["of a member", { member: 1 }],
  ["of a member, after a group", { member: 1, after: { group: 1, member: 1, began: 7 } }],
  ["of both", { group: 1, member: 2 }],
  ["of a tenant", {}],
  ["of a tenant, after a membership", { after: { group: 1, member: 2, began: 7 } }],
];

describe("an indexed filter is served without a scan", () => {
  const newFolder = temporaryFolders();
  let database: DatabaseSync;
  beforeAll(() => {
    const folder = newFolder();
    const history = new History();
    history.createGroup({ displayName: "Admins" }, [history.createUser({ userName: "ada" })]);
    viewsOf(history, folder)[Symbol.dispose]();
    database = new DatabaseSync(viewsFile(folder), { readOnly: true });
    database.function("in_time", { varargs: true }, () => 1);
  });

  const planOf = ({ sql, sources }: Statement, inputs: Inputs): string[] =>
    planOfBound({ sql, values: sources.map((source) => source(inputs)) });
  const planOfBound = ({ sql, values }: BoundStatement): string[] => {
    const more = Array.from({ length: Math.max(0, placeholders(sql) - values.length) }, () => 1_000);
    return database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...values, ...more)
      .map(({ detail }) => String(detail));
  };
  const placeholders = (sql: string) =>
    Math.max(0, ...[...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number)));
  const inputsOf = (filter: Filter | undefined, more: Partial<Inputs> = {}): Inputs => ({
    tenantName: "acme",
    tenant: 1,
    type: 2,
    comparisons: filter === undefined ? [] : comparisonsOf(filter),
    number: () => 1,
    placeAt: () => 3,
    ...more,
  });

  for (const type of [userType, groupType])
    for (const text of served[type.name as keyof typeof served])
      for (const place of [undefined, 7])
        it(`${text}${place === undefined ? "" : ", as of a place"}`, () => {
          const filter = parseFilter(type, text);
          const inputs = inputsOf(filter, place === undefined ? {} : { place });
          const plan = compile({ type, filter }, { inputs, baseUrl: "" });
          expect(plan.candidates).toBeDefined();
          // What has been found is scanned, and the elements of one document; no table or index is.
          for (const statement of [plan.whole, plan.probe, plan.candidates!])
            for (const step of planOf(statement, inputs))
              expect(step).not.toMatch(/^SCAN (?!c\b|x\d+ (EXISTS )?VIRTUAL TABLE|\(subquery|CONSTANT)/);
        });

  for (const [title, scope] of memberships)
    for (const place of [undefined, 7])
      it(`memberships ${title}${place === undefined ? "" : ", as of a place"}`, () => {
        const whole = { tenant: 1, type: 2, ...scope, ...(place === undefined ? {} : { place }) };
        const upTo = { ...whole, upTo: { group: 1, member: 3 } };
        for (const statement of [
          pageOf(whole, 0, 10, false),
          pageOf(upTo, 0, 10, true),
          fullAt(whole, 10),
          probeOf(whole, 10),
        ]) {
          const steps = planOfBound(statement);
          for (const step of steps) expect(step).not.toMatch(/^SCAN (?!k\b|n\b|\(subquery|CONSTANT)/);
          // The keys come in their order: a page reads no more than its rows, wherever it begins.
          expect(steps.filter((step) => /TEMP B-TREE/.test(step))).toEqual([]);
        }
      });

  it("and all others say so", () => {
    const filter = parseFilter(userType, 'title co "x" or userName eq "ada"');
    const plan = compile({ type: userType, filter }, { inputs: inputsOf(filter), baseUrl: "" });
    expect(plan.candidates).toBeUndefined();
  });

  describe("a membership is looked up", () => {
    for (const [type, texts] of [
      [
        groupType,
        [
          `id eq "${ID}" and members eq "${ID}"`,
          `members.value eq "${ID}" and id eq "${ID}" and displayName sw "a"`,
          `id eq "${ID}" and members[type eq "User" and value eq "${ID}"]`,
        ],
      ],
      [
        userType,
        [`id eq "${ID}" and groups.value eq "${ID}"`, `groups eq "${ID}" and id eq "${ID}" and active eq true`],
      ],
    ] as const)
      for (const text of texts)
        for (const place of [undefined, 7])
          it(`${text}${place === undefined ? "" : ", as of a place"}`, () => {
            const filter = parseFilter(type, text);
            const inputs = inputsOf(filter, place === undefined ? {} : { place });
            const plan = compile({ type, filter }, { inputs, baseUrl: "" });
            const steps = planOf(plan.whole, inputs).filter((step) => / i\b/.test(step) && step.includes("member"));
            expect(steps).not.toEqual([]);
            for (const step of steps) expect(step).toMatch(/\((grp=\? AND member=\?|member=\? AND grp=\?)/);
            expect(plan.probe.sql).not.toContain("members");
          });
  });

  describe("a walk goes on where it stopped", () => {
    for (const [name, asked] of [
      ["in the order of creation", { type: userType }],
      ["sorted by userName", { type: userType, sortBy: resolvePath(userType, "userName")! }],
      ["of groups sorted by displayName", { type: groupType, sortBy: resolvePath(groupType, "displayName")! }],
    ] as const)
      it(`${name}, without a look at what lies before, and without sorting`, () => {
        const inputs = inputsOf(undefined, { place: 7, began: 7 });
        const plan = compile(asked, { inputs, baseUrl: "" });
        const { ordered } = plan;
        const statements =
          "sortBy" in asked ? [ordered!.ascending, ordered!.descending, ordered!.erased] : [plan.range];
        for (const statement of statements)
          for (const step of planOf(statement, inputs)) {
            expect(step).not.toMatch(/^SCAN (?!e\b|n\b)/);
            expect(step).not.toMatch(/TEMP B-TREE FOR (?!LAST TERM)/);
          }
      });
  });

  it.each([1, 3])("what %i actors did in a tenant is merged from an index, never sorted", (actors) => {
    const sql = placesOfActors(actors);
    const plan = planOfBound({ sql, values: [1, 0, 1_000, 500] });
    expect(plan.filter((step) => step.includes("TEMP B-TREE") || step.startsWith("SCAN"))).toEqual([]);
    expect(plan.filter((step) => step.includes("activity_of_actor (tenant=? AND actor=? AND place>?"))).toHaveLength(
      actors,
    );
  });
});
