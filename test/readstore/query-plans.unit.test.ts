import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { type MembershipScope, pageOf, probeOf } from "../../src/readstore/sqlite/membership-sql.ts";
import { compile, type Statement } from "../../src/readstore/sqlite/query-sql.ts";
import { viewsFile } from "../../src/readstore/sqlite/views-file.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
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
  ["of a group, after a member", { group: 1, after: { group: 1, member: 2 } }],
  ["of a member", { member: 1 }],
  ["of a member, after a group", { member: 1, after: { group: 1, member: 1 } }],
  ["of both", { group: 1, member: 2 }],
  ["of a tenant", {}],
  ["of a tenant, after a membership", { after: { group: 1, member: 2 } }],
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
  });

  const planOf = ({ sql, values }: Statement): string[] =>
    database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...values, ...(values.length < placeholders(sql) ? [1_000] : []))
      .map(({ detail }) => String(detail));
  const placeholders = (sql: string) =>
    Math.max(0, ...[...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number)));

  for (const type of [userType, groupType])
    for (const text of served[type.name as keyof typeof served])
      for (const place of [undefined, 7])
        it(`${text}${place === undefined ? "" : ", as of a place"}`, () => {
          const query = { tenant: "acme", type: type.name, startIndex: 1, count: 10, filter: parseFilter(type, text) };
          const lookups = { number: () => 1, tenant: "acme", placeAt: () => 3 };
          const compiled = compile(query, place, { type, tenantNumber: 1, typeNumber: 2, baseUrl: "", lookups });
          expect(compiled.candidates).toBeDefined();
          // What has been found is scanned, and the elements of one document; no table or index is.
          for (const statement of [compiled.whole, compiled.probe, compiled.candidates!])
            for (const step of planOf(statement))
              expect(step).not.toMatch(/^SCAN (?!c\b|x\d+ (EXISTS )?VIRTUAL TABLE|\(subquery|CONSTANT)/);
        });

  for (const [title, scope] of memberships)
    for (const place of [undefined, 7])
      it(`memberships ${title}${place === undefined ? "" : ", as of a place"}`, () => {
        const whole = { tenant: 1, type: 2, ...scope, ...(place === undefined ? {} : { place }) };
        for (const statement of [pageOf(whole, 0, 10, false), probeOf(whole, 10)]) {
          const steps = planOf(statement);
          for (const step of steps) expect(step).not.toMatch(/^SCAN (?!k\b|\(subquery|CONSTANT)/);
          // The keys come in their order: a page reads no more than its rows, wherever it begins.
          expect(steps.filter((step) => /TEMP B-TREE/.test(step))).toEqual([]);
        }
      });

  it("and all others say so", () => {
    const query = {
      tenant: "acme",
      type: "User",
      startIndex: 1,
      count: 10,
      filter: parseFilter(userType, 'title co "x" or userName eq "ada"'),
    };
    const lookups = { number: () => 1, tenant: "acme", placeAt: () => 3 };
    const compiled = compile(query, undefined, {
      type: userType,
      tenantNumber: 1,
      typeNumber: 2,
      baseUrl: "",
      lookups,
    });
    expect(compiled.candidates).toBeUndefined();
  });
});
