// Filters of as many terms as the settings allow are answered, whatever their terms ask and however they are joined.
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import type { Filter } from "../../src/scim/filter/filter.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { History } from "../projections/history.ts";
import { temporaryFolders } from "../temporary-folder.ts";
import { type Views, viewsOf } from "./views.ts";

const newFolder = temporaryFolders();
const TERMS = 1_000;
const LAST = `${TERMS - 1}`;

const history = new History();
const ids = [
  history.createUser({ userName: LAST, title: LAST, emails: [{ value: LAST }] }),
  history.createUser({ userName: "a", title: "a" }),
];
let views: Views;
beforeAll(() => {
  views = viewsOf(history, newFolder());
});
afterAll(() => views[Symbol.dispose]());

const joined = (kind: "and" | "or", term: (number: number) => string): Filter => ({
  kind,
  terms: Array.from({ length: TERMS }, (_, number) => parseFilter(userType, term(number))),
});

it.each<[string, "and" | "or", (number: number) => string, readonly number[]]>([
  ["values that no index has", "or", (n) => `title eq "${n}"`, [0]],
  ["all but some values", "and", (n) => `title ne "${n}"`, [1]],
  ["values of an index", "or", (n) => `userName eq "${n}"`, [0]],
  ["ranges of an index", "and", (n) => `userName ge "${n % 10}"`, [0, 1]],
  ["ids", "or", (n) => `id eq "${n}"`, []],
  ["memberships", "or", (n) => `groups.value eq "${n}"`, []],
  ["elements", "or", (n) => `emails[value eq "${n}"]`, [0]],
  ["elements of another kind", "and", (n) => `not (emails[value eq "${n}"] and title pr)`, [1]],
])("%s, joined by %s", async (_, kind, term, found) => {
  const filter = joined(kind, term);
  const query = { tenant: "acme", of: [{ type: userType, filter }], startIndex: 1, count: 10 };
  for (const more of [{}, { asOf: history.at(history.events.length) }]) {
    const { resources } = await views.store.query({ ...query, ...more });
    expect(resources.map(({ id }) => ids.indexOf(id)).sort()).toEqual(found);
  }
});

it("terms within brackets", async () => {
  const terms = Array.from({ length: TERMS }, (_, number) => `value eq "${number}"`);
  for (const [kind, found] of [
    ["or", [ids[0]]],
    ["and", []],
  ] as const) {
    const filter = parseFilter(userType, `emails[${terms.join(` ${kind} `)}]`, {
      length: 100_000,
      depth: 20,
      terms: TERMS,
    });
    const query = { tenant: "acme", of: [{ type: userType, filter }], startIndex: 1, count: 10 };
    expect((await views.store.query(query)).resources.map(({ id }) => id)).toEqual(found);
  }
});
