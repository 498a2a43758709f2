// A second reading of RFC 7644 §3.4.2.2, made from its text alone and as plainly as possible: the ABNF by backtracking-free
// descent over characters, evaluation by lists of values. Only the choices that the RFC leaves open are taken over from the
// table above `matches`.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import { type Attribute, find, named, type Target, targets } from "./schema.ts";

export class Refused extends Error {}

type Values = (object: Json) => { attribute: Attribute; values: Json[] };
type Test = (object: Json) => boolean;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const own = (object: Json | undefined, name: string): Json | undefined =>
  isObject(object) && Object.getOwnPropertyDescriptor(object, name) !== undefined ? object[name] : undefined;

const listed = (attribute: Attribute, value: Json | undefined): Json[] =>
  value === undefined ? [] : !attribute.multiValued ? [value] : Array.isArray(value) ? value : [];

const typeName: Record<string, string> = { boolean: "boolean", integer: "number", decimal: "number" };

/** RFC 7643 §2.5: neither null nor empty, and of the attribute's type. */
const isAssigned = (attribute: Attribute, value: Json | undefined): boolean => {
  if (value === undefined || value === null || value === "") return false;
  if (attribute.type === "complex")
    return (
      isObject(value) &&
      (attribute.subAttributes ?? []).some(
        (sub) => sub.returned !== "never" && listed(sub, own(value, sub.name)).some((one) => isAssigned(sub, one)),
      )
    );
  if (typeof value !== (typeName[attribute.type] ?? "string")) return false;
  if (attribute.type === "integer") return Number.isInteger(value);
  return attribute.type !== "dateTime" || !Number.isNaN(Date.parse((value as string).replace(/:60/, ":59")));
};

/** The letters of Hangul (U+3131 to U+3164) by what they are compatible with, as their halfwidth forms are. */
const hangul = new Map(
  Array.from({ length: 0x34 }, (_, n) => String.fromCodePoint(0x3131 + n)).map((one) => [one.normalize("NFKC"), one]),
);

const ofOneWidth = (point: string): string => {
  // A macron is compatible with a blank and a combining one; its width is all that is asked for.
  if (point === "\uffe3") return "\u00af";
  if (/[\uffa0-\uffdc]/.test(point)) return hangul.get(point.normalize("NFKC")) ?? point;
  return /[\u3000\uff01-\uff9f\uffe0-\uffee]/.test(point) ? point.normalize("NFKC") : point;
};

/** Without case: width, case and composition do not count. */
const folded = (text: string): string =>
  Array.from(text.toWellFormed(), ofOneWidth).join("").toLowerCase().normalize("NFC");

/** Microseconds: Date knows milliseconds, the digits beyond are added; a leap second is the next second. */
const instant = (text: string): number => {
  const [, whole, fraction = "", offset] = /^(.{19})(?:\.(\d+))?(.*)$/.exec(text) ?? [];
  const leap = whole?.endsWith(":60") ? 1 : 0;
  const millis = Date.parse(`${whole?.replace(/:60$/, ":59")}${offset || "Z"}`) + leap * 1000;
  const micros = millis * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
  return Number.isSafeInteger(micros) ? micros : millis * 1000;
};

const prepared = (attribute: Attribute, value: Json): string | number | boolean => {
  if (attribute.type === "dateTime") return instant(value as string);
  if (typeof value !== "string") return value as number | boolean;
  return attribute.caseExact ? value.toWellFormed() : folded(value);
};

const points = (text: string): number[] => Array.from(text, (point) => point.codePointAt(0) as number);

const compareValues = (a: string | number | boolean, b: string | number | boolean): number => {
  if (typeof a !== "string") return Number(a) - Number(b);
  const [left, right] = [points(a), points(b as string)];
  const at = left.findIndex((point, i) => point !== right[i]);
  if (at < 0) return left.length - right.length;
  return at >= right.length ? 1 : (left[at] as number) - (right[at] as number);
};

const compare: Record<string, (value: never, literal: never) => boolean> = {
  eq: (a: string, b: string) => a === b,
  ne: (a: string, b: string) => a !== b,
  co: (a: string, b: string) => a.includes(b),
  sw: (a: string, b: string) => a.startsWith(b),
  ew: (a: string, b: string) => a.endsWith(b),
  gt: (a: string, b: string) => compareValues(a, b) > 0,
  ge: (a: string, b: string) => compareValues(a, b) >= 0,
  lt: (a: string, b: string) => compareValues(a, b) < 0,
  le: (a: string, b: string) => compareValues(a, b) <= 0,
} as never;

/** Reads one filter. `strict` takes the ABNF by the letter: one space between words, none elsewhere, no `$`. */
class Reader {
  #at = 0;
  readonly #text: string;
  readonly #strict: boolean;
  readonly #resolve: (name: string) => Values & { attribute: Attribute; leaf: Attribute };

  constructor(
    text: string,
    strict: boolean,
    resolve: (name: string) => Values & { attribute: Attribute; leaf: Attribute },
  ) {
    this.#text = text;
    this.#strict = strict;
    this.#resolve = resolve;
  }

  whole(): Test {
    this.#gap();
    const test = this.#or();
    this.#gap();
    if (this.#at < this.#text.length) throw new Refused(`rest at ${this.#at}`);
    return test;
  }

  #or(): Test {
    let test = this.#and();
    while (this.#keyword("or")) {
      const [left, right] = [test, this.#and()];
      test = (object) => left(object) || right(object);
    }
    return test;
  }

  #and(): Test {
    let test = this.#factor();
    while (this.#keyword("and")) {
      const [left, right] = [test, this.#factor()];
      test = (object) => left(object) && right(object);
    }
    return test;
  }

  #factor(): Test {
    this.#gap();
    const negated = /^not(?=[ \t\r\n]*\()/i.test(this.#text.slice(this.#at));
    if (negated) {
      this.#at += 3;
      this.#gap();
    }
    if (this.#text[this.#at] !== "(") return this.#expression();
    this.#at += 1;
    const inner = this.#or();
    this.#close(")");
    return negated ? (object) => !inner(object) : inner;
  }

  #expression(): Test {
    const name = this.#word();
    const path = this.#resolve(name);
    if (!this.#strict) this.#gap();
    if (this.#text[this.#at] === "[") return this.#valuePath(path);
    return this.#test(path);
  }

  #valuePath(path: Values & { leaf: Attribute }): Test {
    if (path.leaf.type !== "complex") throw new Refused("not complex");
    this.#at += 1;
    const { leaf } = path;
    const within = (name: string) => {
      const sub = named(leaf.subAttributes, name);
      if (sub === undefined || sub.returned === "never") throw new Refused(name);
      const values: Values = (object) => ({ attribute: sub, values: listed(sub, own(object, sub.name)) });
      return Object.assign(values, { attribute: sub, leaf: sub });
    };
    const inner = new Reader(this.#text, this.#strict, within);
    inner.#at = this.#at;
    let test = inner.#or();
    inner.#close("]");
    if (!this.#strict && this.#text[inner.#at] === ".") {
      inner.#at += 1;
      const [first, then] = [test, inner.#test(within(inner.#word()))];
      test = (object) => first(object) && then(object);
    }
    this.#at = inner.#at;
    return (object) => path(object).values.some((element) => isAssigned(leaf, element) && test(element));
  }

  #test(path: Values & { leaf: Attribute }): Test {
    this.#space();
    const operator = this.#word().toLowerCase();
    const present: Test = (object) => {
      const { attribute, values } = path(object);
      return values.some((value) => isAssigned(attribute, value));
    };
    if (operator === "pr") return present;
    const compares = Object.hasOwn(compare, operator) ? compare[operator] : undefined;
    if (compares === undefined) throw new Refused(operator);
    this.#space();
    const literal = this.#literal();
    const target = path.leaf.type === "complex" ? named(path.leaf.subAttributes, "value") : path.leaf;
    if (target === undefined) throw new Refused("complex");
    const assigned = (object: Json): Json[] => {
      const { attribute, values } = path(object);
      const found = attribute === target ? values : values.flatMap((one) => listed(target, own(one, target.name)));
      return found.filter((value) => isAssigned(target, value));
    };
    const wanted = this.#typed(target, operator, literal);
    if (wanted === null || (wanted === "" && (operator === "eq" || operator === "ne"))) {
      const has: Test = (object) => assigned(object).length > 0;
      return operator === "eq" ? (object) => !has(object) : has;
    }
    return (object) => {
      const found = assigned(object);
      if (found.length === 0) return operator === "ne";
      return found.some((value) => compares(prepared(target, value) as never, prepared(target, wanted) as never));
    };
  }

  #typed(attribute: Attribute, operator: string, given: Json): Json {
    const ordered = ["gt", "ge", "lt", "le"].includes(operator);
    const partial = ["co", "sw", "ew"].includes(operator);
    if (ordered && (attribute.type === "boolean" || attribute.type === "binary")) throw new Refused(operator);
    if (partial && attribute.type !== "string" && attribute.type !== "reference") throw new Refused(operator);
    if (given === null && (ordered || partial)) throw new Refused("null");
    if (given === null) return given;
    const word = typeof given === "string" ? given.toLowerCase() : undefined;
    if (attribute.type === "boolean" && (word === "true" || word === "false")) return word === "true";
    if (typeof given !== (typeName[attribute.type] ?? "string")) throw new Refused("type");
    if (given !== "" && !isAssigned(attribute, given)) throw new Refused("type");
    if (given === "" && attribute.type === "dateTime") throw new Refused("type");
    return given;
  }

  #literal(): Json {
    const rest = this.#text.slice(this.#at);
    const found = /^(?:"(?:[^"\\]|\\.)*"|[^\s()[\]"]+)/su.exec(rest)?.[0];
    if (found === undefined) throw new Refused("literal");
    this.#at += found.length;
    try {
      const value = JSON.parse(/^[a-z]/i.test(found) ? found.toLowerCase() : found) as Json;
      if (typeof value === "object" && value !== null) throw new Refused(found);
      return value;
    } catch {
      throw new Refused(found);
    }
  }

  #word(): string {
    const name = this.#strict ? /^[A-Za-z][-\w.:]*/ : /^[^\s()[\]"]+/;
    const found = name.exec(this.#text.slice(this.#at))?.[0];
    if (found === undefined) throw new Refused("word");
    this.#at += found.length;
    return found;
  }

  #keyword(word: string): boolean {
    const pattern = this.#strict ? `^ ${word}(?= )` : `^[ \\t\\r\\n]*${word}(?=[\\s()[\\]"]|$)`;
    const found = new RegExp(pattern, "i").exec(this.#text.slice(this.#at))?.[0];
    if (found === undefined) return false;
    this.#at += found.length;
    if (this.#strict) this.#space();
    return true;
  }

  #space(): void {
    if (!this.#strict) this.#gap();
    else if (this.#text[this.#at] !== " ") throw new Refused("space");
    else this.#at += 1;
  }

  #gap(): void {
    while (!this.#strict && /[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  #close(mark: string): void {
    this.#gap();
    if (this.#text[this.#at] !== mark) throw new Refused(`no ${mark}`);
    this.#at += 1;
  }
}

const rooted = (type: ResourceType, all: readonly Target[], name: string) => {
  const target = find(type, all, name);
  if (target === undefined || target.attribute.returned === "never" || target.sub?.returned === "never")
    throw new Refused(name);
  const { urn, attribute, sub } = target;
  const values: Values = (object) => {
    const container = urn === undefined ? object : own(object, urn);
    const whole = listed(attribute, own(container, attribute.name));
    if (sub === undefined) return { attribute, values: whole };
    return { attribute: sub, values: whole.flatMap((one) => listed(sub, own(one, sub.name))) };
  };
  return Object.assign(values, { attribute, leaf: sub ?? attribute });
};

/** The filter as a test of resources; throws Refused. */
export const referenceFilter = (type: ResourceType, text: string, strict = false): Test => {
  const all = targets(type);
  return new Reader(text, strict, (name) => rooted(type, all, name)).whole();
};
