// The filter engine against a second one that was written from RFC 7644 §3.4.2.2 alone.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { ScimError } from "../../src/scim/errors.ts";
import { matches } from "../../src/scim/filter/evaluate.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import {
  arbitraryFilterText,
  arbitraryGroup,
  arbitraryMess,
  arbitraryUser,
  dateTimes,
  texts,
} from "../scim/arbitraries.ts";
import { parseFilterLeniently } from "../scim/reading.ts";
import { badgeType, ENTERPRISE, USER } from "./engine.ts";
import { Refused, referenceFilter } from "./reference/filter.ts";
import { type Attribute, type Target, targets, textOf } from "./reference/schema.ts";

type Verdict = boolean | "refused";

const ours = (type: ResourceType, text: string, resource: JsonObject): Verdict => {
  try {
    return matches(parseFilterLeniently(type, text), resource);
  } catch (error) {
    if (error instanceof ScimError && error.scimType === "invalidFilter") return "refused";
    throw error;
  }
};

const theirs = (type: ResourceType, text: string, resource: JsonObject, strict = false): Verdict => {
  try {
    return referenceFilter(type, text, strict)(resource);
  } catch (error) {
    if (error instanceof Refused) return "refused";
    throw error;
  }
};

const agree = (type: ResourceType, text: string, resource: JsonObject) =>
  expect([text, ours(type, text, resource)]).toEqual([text, theirs(type, text, resource)]);

const cased = (text: string) => fc.constantFrom(text, text.toLowerCase(), text.toUpperCase());

const literalOf = ({ type }: Attribute): fc.Arbitrary<Json> => {
  if (type === "boolean") return fc.boolean();
  if (type === "integer") return fc.constantFrom(0, -1, 3, 42, 1e6);
  if (type === "decimal") return fc.constantFrom(0, -1.25, 0.5, 42);
  if (type === "dateTime") return fc.constantFrom(...dateTimes);
  if (type === "binary") return fc.constantFrom("MIIB", "miib", "AAECAw==");
  return fc.oneof(
    fc.constantFrom(...texts),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }),
    fc.constantFrom("a", "o", "@"),
  );
};

const operatorsOf = ({ type }: Attribute): string[] => {
  if (type === "string" || type === "reference") return ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];
  return type === "boolean" || type === "binary" ? ["eq", "ne"] : ["eq", "ne", "gt", "ge", "lt", "le"];
};

const attrExp = (name: string, attribute: Attribute): fc.Arbitrary<string> => {
  const present = fc.tuple(cased(name), cased("pr")).map(([path, pr]) => `${path} ${pr}`);
  const compared =
    attribute.type === "complex" ? attribute.subAttributes?.find((sub) => sub.name === "value") : attribute;
  if (compared === undefined) return present;
  const comparison = fc
    .tuple(cased(name), fc.constantFrom(...operatorsOf(compared)).chain(cased), literalOf(compared))
    .map(([path, operator, value]) => `${path} ${operator} ${JSON.stringify(value)}`);
  return fc.oneof({ weight: 6, arbitrary: comparison }, { weight: 1, arbitrary: present });
};

/** logExp and grouping, exactly as the ABNF writes them: one space, and none after `not`. */
const compound = (expression: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      expression,
      fc.tuple(tie("filter"), cased("and"), tie("filter")).map((words) => words.join(" ")),
      fc.tuple(tie("filter"), cased("or"), tie("filter")).map((words) => words.join(" ")),
      tie("filter").map((filter) => `(${filter})`),
      fc.tuple(cased("not"), tie("filter")).map(([not, filter]) => `${not}(${filter})`),
    ),
  })).filter;

const anyOf = <T>(choices: readonly fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.nat(choices.length - 1).chain((i) => choices[i] as fc.Arbitrary<T>);

const isShown = ({ attribute, sub }: Target) => (sub ?? attribute).returned !== "never";

/** FILTER of the ABNF over every path of the type. */
const abnfFilter = (type: ResourceType): fc.Arbitrary<string> => {
  const shown = targets(type).filter(isShown);
  const names = (target: Target) => {
    const text = textOf(target);
    return target.urn === undefined ? fc.constantFrom(text, `${type.schema.id}:${text}`) : fc.constant(text);
  };
  const simple = shown
    .filter((target) => !textOf(target).includes("$"))
    .map((target) => names(target).chain((name) => attrExp(name, target.sub ?? target.attribute)));
  const valuePaths = shown
    .filter(({ attribute, sub }) => sub === undefined && attribute.type === "complex")
    .map((target) => {
      const subs = (target.attribute.subAttributes ?? []).filter(({ name }) => !name.includes("$"));
      return fc
        .tuple(names(target), compound(anyOf(subs.map((sub) => attrExp(sub.name, sub)))))
        .map(([n, f]) => `${n}[${f}]`);
    });
  return compound(fc.oneof(anyOf(simple), anyOf(valuePaths)));
};

const kinds: readonly [ResourceType, fc.Arbitrary<JsonObject>][] = [
  [userType, fc.oneof(arbitraryUser, arbitraryMess(userType))],
  [groupType, fc.oneof(arbitraryGroup, arbitraryMess(groupType))],
];

describe.each(kinds)("filters, resource type %#", (type, resource) => {
  it("that the ABNF produces are read, and mean the same", () => {
    fc.assert(
      fc.property(abnfFilter(type), resource, (text, one) => {
        const verdict = theirs(type, text, one, true);
        expect(verdict).not.toBe("refused");
        expect([text, ours(type, text, one)]).toEqual([text, verdict]);
      }),
      { numRuns: 1_500 },
    );
  });

  it("with everything that is taken beyond the ABNF mean the same", () => {
    fc.assert(
      fc.property(arbitraryFilterText(type), resource, (text, one) => agree(type, text, one)),
      { numRuns: 500 },
    );
  });
});

const words = [
  ...[
    "userName",
    "emails",
    "emails.value",
    "active",
    "name",
    "meta.created",
    "x509Certificates",
    "password",
    "schemas",
  ],
  ...["type", "value", "primary", `${USER}:title`, `${ENTERPRISE}:manager`, ENTERPRISE, "unknown", "manager", ".value"],
  ...["eq", "NE", "co", "gt", "pr", "and", "or", "not", "AND", "Not", "xx", "(", ")", "[", "]", "(", ")", "[", "]"],
  ...['"a"', '"work"', "true", "null", "5", "01", '"2011-05-13T04:42:34Z"', '"', '"\\u0041"', "'a'", "", ".", ":", "$"],
];
const brackets = ["manager", "manager.value"];

/** Words that make sense more often than not, then broken: one dropped, doubled, swapped, or glued to the next. */
const broken = fc
  .tuple(
    abnfFilter(userType),
    fc.array(fc.tuple(fc.nat(60), fc.constantFrom("drop", "double", "put", "glue"), fc.constantFrom(...words)), {
      minLength: 1,
      maxLength: 2,
    }),
  )
  .map(([text, changes]) => {
    const tokens = text.match(/"(?:[^"\\]|\\.)*"|[()[\]]|[^\s()[\]"]+| /g) ?? [];
    for (const [position, change, word] of changes) {
      const at = position % Math.max(tokens.length, 1);
      if (change === "drop") tokens.splice(at, 1);
      else if (change === "double") tokens.splice(at, 0, tokens[at] ?? "");
      else if (change === "put") tokens.splice(at, 1, word);
      else tokens.splice(at, 0, word);
    }
    return tokens.join("");
  });

const soup = fc
  .array(fc.tuple(fc.constantFrom(...words), fc.constantFrom(" ", " ", "")), { maxLength: 9 })
  .map((pairs) => pairs.map((pair) => pair.join("")).join(""));

// Names without URN of an extension's attributes are taken too; the reference, which knows no dialect, refuses them.
const isDialect = (text: string) =>
  brackets.some((name) => new RegExp(`(^|[\\s(])${name.replace(".", "\\.")}`, "i").test(text));

it("what is no filter is refused, what is one is read", () => {
  const user: JsonObject = { userName: "a", emails: [{ value: "a", type: "work", primary: true }], active: true };
  fc.assert(
    fc.property(fc.oneof(broken, soup), (text) => {
      fc.pre(!isDialect(text));
      agree(userType, text, user);
    }),
    { numRuns: 4_000 },
  );
});

it("texts of any width, each alone", () => {
  for (let point = 0xff00; point <= 0xffef; point++) {
    const text = String.fromCodePoint(point);
    for (const other of [text, text.normalize("NFKC"), "\u3164", "\u3131", "A", "カ"])
      for (const operator of ["eq", "ge", "le"])
        agree(userType, `title ${operator} ${JSON.stringify(other)}`, { userName: "a", title: text });
  }
});

it("numbers, and multi-valued attributes that are not complex", () => {
  const badge = fc.record(
    {
      level: fc.constantFrom(0, 3, 42, -1),
      weight: fc.constantFrom(0.5, -1.25, 42),
      lost: fc.boolean(),
      colours: fc.array(fc.constantFrom(...texts), { maxLength: 3 }),
      doors: fc.array(fc.record({ value: fc.constantFrom("a", "A"), floor: fc.constantFrom(0, 3, -1) }), {
        maxLength: 3,
      }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(abnfFilter(badgeType), badge, (text, one) => agree(badgeType, text, one as JsonObject)),
    { numRuns: 1_000 },
  );
});
