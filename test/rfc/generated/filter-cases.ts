// Every attribute and sub-attribute of a type, with every operator, every kind of literal, in every form that the grammar
// gives it: and whether RFC 7644 §3.4.2.2 lets it be compared so.
import type { Json } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { type Attribute, type Target, targets, textOf } from "../reference/schema.ts";
import { oneValue, type Variant } from "./values.ts";

export const operators = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"] as const;
export type Operator = (typeof operators)[number];

export interface FilterCase {
  readonly text: string;
  /** Whether it is a filter of this type; 400 invalidFilter if not. */
  readonly isOne: boolean;
}

const ORDERED = ["gt", "ge", "lt", "le"] as const;
const SUBSTRING = ["co", "sw", "ew"] as const;
const EQUAL = ["eq", "ne"] as const;

/** Table 3 by type. “Boolean and Binary attributes SHALL cause a failed response”; a substring is a string's. */
const comparedBy: Readonly<Record<string, readonly Operator[]>> = {
  string: [...EQUAL, ...SUBSTRING, ...ORDERED],
  reference: [...EQUAL, ...SUBSTRING, ...ORDERED],
  dateTime: [...EQUAL, ...ORDERED],
  integer: [...EQUAL, ...ORDERED],
  decimal: [...EQUAL, ...ORDERED],
  boolean: EQUAL,
  binary: EQUAL,
};

/** The literals that are values of a type: compValue is a JSON literal, and means what JSON means. */
const isOfType: Readonly<Record<string, (literal: Json) => boolean>> = {
  string: (literal) => typeof literal === "string",
  reference: (literal) => typeof literal === "string",
  dateTime: (literal) =>
    typeof literal === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.test(literal),
  integer: (literal) => Number.isInteger(literal),
  decimal: (literal) => typeof literal === "number",
  boolean: (literal) => typeof literal === "boolean",
  // A text that is no base64 is equal to no value; the RFC does not call it malformed.
  binary: (literal) => typeof literal === "string",
};

/** What is compared: of a multi-valued complex attribute its `value`, of another complex attribute nothing. */
const operandOf = ({ attribute, sub }: Target): Attribute | undefined => {
  const leaf = sub ?? attribute;
  if (leaf.type !== "complex") return leaf;
  return leaf.multiValued ? leaf.subAttributes?.find(({ name }) => name === "value") : undefined;
};

const isSecret = ({ attribute, sub }: Target): boolean => attribute.returned === "never" || sub?.returned === "never";

const isComparable = (operand: Attribute | undefined, operator: Operator, literal: Json): boolean => {
  if (operand === undefined || !comparedBy[operand.type]?.includes(operator)) return false;
  // Null is “unassigned” (RFC 7643 §2.5), which is equal or not, and neither greater nor a part.
  if (literal === null) return operator === "eq" || operator === "ne";
  return isOfType[operand.type]?.(literal) === true;
};

/** Literals of every JSON type, and for texts those that differ in case, or are a part. */
const literalsFor = (operand: Attribute | undefined): readonly Json[] => {
  const values = operand === undefined ? [] : ([0, 1, 2] as Variant[]).map((variant) => oneValue(operand, variant));
  const [first] = values;
  const parts =
    typeof first !== "string"
      ? []
      : [first.toUpperCase(), first.slice(0, 3), first.slice(-3), first.slice(2, -2), `${first}x`];
  const instants = operand?.type === "dateTime" ? ["2011-05-13T06:42:34+02:00", "2011-05-13T04:42:34.000Z"] : [];
  const others: Json[] = ["text", "", "true", "2011-05-13T04:42:34Z", "MIIB", 42, 0.5, -1e3, true, false, null];
  return [...new Set([...values, ...parts, ...instants, ...others])];
};

/** No literals of the grammar: neither objects nor lists, nor words, nor texts in other quotes. */
const NO_LITERALS = [
  "{}",
  "[1]",
  "text",
  "'text'",
  "“text”",
  "01",
  "+1",
  ".5",
  "0x1",
  "NaN",
  "undefined",
  '"\\x41"',
  '"',
];

const namesOf = (type: ResourceType, target: Target): readonly string[] => {
  const text = textOf(target);
  const qualified = target.urn === undefined ? `${type.schema.id}:${text}` : text;
  return [...new Set([text, text.toUpperCase(), text.toLowerCase(), qualified, qualified.toUpperCase()])];
};

/** The places in which an expression may stand. */
const around: readonly ((expression: string) => string)[] = [
  (expression) => `not (${expression})`,
  (expression) => `(${expression})`,
  (expression) => `NOT ((${expression}))`,
  (expression) => `${expression} and schemas pr`,
  (expression) => `schemas pr And not(${expression})`,
  (expression) => `id eq "nobody" or ${expression}`,
];

const inBrackets: readonly ((name: string, expression: string) => string)[] = [
  (name, expression) => `${name}[${expression}]`,
  (name, expression) => `${name.toUpperCase()}[not (${expression})]`,
  (name, expression) => `not (${name}[${expression}])`,
];

const wordIn = (operator: Operator): readonly string[] => [
  operator,
  operator.toUpperCase(),
  operator.replace(/^./, (c) => c.toUpperCase()),
];

const expressions = (name: string, operator: Operator, literals: readonly string[]): readonly string[] =>
  operator === "pr" ? [`${name} pr`] : literals.map((literal) => `${name} ${operator} ${literal}`);

function* ofTarget(type: ResourceType, target: Target, operator: Operator): Generator<FilterCase> {
  const operand = operandOf(target);
  const shown = !isSecret(target);
  const text = textOf(target);
  if (operator === "pr") {
    for (const name of namesOf(type, target))
      for (const word of wordIn("pr")) yield { text: `${name} ${word}`, isOne: shown };
    for (const place of around) yield { text: place(`${text} pr`), isOne: shown };
    yield { text: `${text} pr "a"`, isOne: false };
  } else {
    for (const [index, literal] of literalsFor(operand).entries()) {
      const isOne = shown && isComparable(operand, operator, literal);
      const json = JSON.stringify(literal);
      for (const name of namesOf(type, target)) yield { text: `${name} ${operator} ${json}`, isOne };
      if (index > 2 && literal !== null) continue;
      for (const word of wordIn(operator)) yield { text: `${text} ${word} ${json}`, isOne };
      for (const place of around) yield { text: place(`${text} ${operator} ${json}`), isOne };
    }
    for (const literal of NO_LITERALS) yield { text: `${text} ${operator} ${literal}`, isOne: false };
    yield { text: `${text} ${operator}`, isOne: false };
  }
  yield* withinBrackets(target, operator);
}

/** `emails[type eq "work"]`: the sub-attribute as the filter's attribute; nothing else has brackets. */
function* withinBrackets(target: Target, operator: Operator): Generator<FilterCase> {
  const { attribute, sub } = target;
  const whole = textOf({ ...target, sub: undefined } as unknown as Target);
  if (sub === undefined) {
    if (attribute.type === "complex") return;
    for (const text of expressions("value", operator, ['"a"'])) yield { text: `${whole}[${text}]`, isOne: false };
    return;
  }
  const literals = literalsFor(sub);
  const json = literals.map((literal) => JSON.stringify(literal));
  for (const [index, text] of expressions(sub.name, operator, json).entries()) {
    const isOne =
      !isSecret(target) &&
      (operator === "pr" || isComparable(operandOf({ attribute: sub }), operator, literals[index] as Json));
    for (const place of inBrackets) yield { text: place(whole, text), isOne };
    yield { text: `${textOf(target)}[${text}]`, isOne: false };
    yield { text: `${whole}[${whole}.${text}]`, isOne: false };
  }
}

/** All that can be said of a type with one operator. */
export function* filterCases(type: ResourceType, operator: Operator): Generator<FilterCase> {
  for (const target of targets(type)) yield* ofTarget(type, target, operator);
}
