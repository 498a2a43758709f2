// A condition of several parts is the same however it is taken apart.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Document } from "mongodb";
import {
  apartIn,
  type Condition,
  decided,
  documentOf,
  joined,
  negated,
  possible,
  query,
} from "../../../src/readstore/mongodb/lists/condition.ts";

interface Term {
  readonly name: string;
}

const NAMES = ["a", "b", "c"] as const;

const condition: fc.Arbitrary<Condition<Term>> = fc.letrec<{ any: Condition<Term> }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.boolean(),
    fc.constantFrom(...NAMES).map((name) => query({ [name]: true })),
    fc.constantFrom(...NAMES).map((name): Condition<Term> => ({ kind: "apart", term: { name } })),
    fc
      .tuple(fc.constantFrom("and" as const, "or" as const), fc.array(tie("any"), { maxLength: 3 }))
      .map(([kind, of]) => joined(kind, of)),
    tie("any").map((of) => negated(of)),
  ),
})).any;

/** What it says of a document with these fields, and of a number of which these terms are true. */
function truth(one: Condition<Term>, fields: Document, terms: ReadonlySet<string>): boolean {
  if (typeof one === "boolean") return one;
  switch (one.kind) {
    case "query":
      return holds(one.query, { ...fields, _id: 7 });
    case "apart":
      return terms.has(one.term.name);
    case "and":
      return one.of.every((each) => truth(each, fields, terms));
    case "or":
      return one.of.some((each) => truth(each, fields, terms));
    case "not":
      return !truth(one.of, fields, terms);
    default:
      return one satisfies never;
  }
}

/** The few operators that a condition is written with. */
function holds(asked: Document, document: Document): boolean {
  return Object.entries(asked).every(([name, value]) => {
    if (name === "$and") return (value as Document[]).every((each) => holds(each, document));
    if (name === "$or") return (value as Document[]).some((each) => holds(each, document));
    if (name === "$nor") return !(value as Document[]).some((each) => holds(each, document));
    if (typeof value === "object") return (value as { $in: unknown[] }).$in.includes(document[name]);
    return document[name] === value;
  });
}

const fields = fc.record({ a: fc.boolean(), b: fc.boolean(), c: fc.boolean() });
const terms = fc.subarray([...NAMES]).map((names) => new Set<string>(names));

describe("a condition", () => {
  it("with its terms apart decided is a query that says the same", () =>
    fc.assert(
      fc.property(condition, fields, terms, (one, document, truths) => {
        const numbers = ({ name }: Term) => (truths.has(name) ? [7] : [8]);
        const asked = documentOf(decided(one, "_id", numbers));
        expect(asked !== false && holds(asked, { ...document, _id: 7 })).toBe(truth(one, document, truths));
      }),
    ));

  it("that is true is possible, whatever its terms apart turn out to be", () =>
    fc.assert(
      fc.property(condition, fields, terms, (one, document, truths) => {
        const asked = documentOf(possible(one));
        if (truth(one, document, truths)) expect(asked !== false && holds(asked, document)).toBe(true);
      }),
    ));

  it("without terms apart is as possible as it is true", () =>
    fc.assert(
      fc.property(condition, fields, (one, document) => {
        fc.pre(apartIn(one).length === 0);
        const asked = documentOf(possible(one));
        expect(asked !== false && holds(asked, document)).toBe(truth(one, document, new Set()));
      }),
    ));
});
