// The filter grammar of RFC 7644 §3.4.2.2, read by precedence and resolved against the schema on the way. Time is linear
// in the text, recursion is bounded by `depth`.
//
// Where the RFC leaves a choice: an unknown attribute is refused rather than taken as “no value”, because a filter that
// silently selects nothing (or, under `not`, everything) is worse than an error. A blank after `not` is taken, which the
// grammar lacks and the RFC's examples have, and `$` in names (`$ref`). All else beyond the grammar is asked for: `Beyond`.
import type { AttributePath } from "../attribute-path.ts";
import type { Accepts, Beyond } from "../beyond.ts";
import { isFilterable } from "../comparable.ts";
import { quote } from "../quote.ts";
import type { Attribute, ResourceType } from "../schema/characteristics.ts";
import { elementPath, findSubAttribute, resolvePath } from "../schema/lookup.ts";
import type { Filter } from "./filter.ts";
import type { FilterLimits } from "./limits.ts";
import { checkOperator, operatorOf, readOperand } from "./literal.ts";
import { SyntaxFault, Tokens } from "./tokens.ts";

/** Reads filter expressions from tokens; faults are SyntaxFaults. Shared by filters and PATCH paths. */
export class FilterReader {
  readonly tokens: Tokens;
  readonly #types: readonly [ResourceType, ...ResourceType[]];
  readonly #limits: FilterLimits;
  readonly #accepts: Accepts;
  /** The attribute whose sub-attributes the names mean, inside of brackets. */
  #element: Attribute | undefined;
  #depth = 0;
  #terms = 0;

  /** `others`: resource types whose attributes may be named too, where `type` has none of the name. */
  constructor(
    type: ResourceType,
    text: string,
    limits: FilterLimits,
    accepts: Accepts,
    others: readonly ResourceType[] = [],
  ) {
    if (text.length > limits.length)
      throw new SyntaxFault(`it has ${text.length} characters, and the limit is ${limits.length}`);
    this.#types = [type, ...others];
    this.#limits = limits;
    this.#accepts = accepts;
    this.tokens = new Tokens(text);
    this.spaced(0);
  }

  /** Refuses a token with other than so many blanks before it. Where one is missing, whoever needs it says so. */
  spaced(blanks: 0 | 1): void {
    const { tokens } = this;
    if (tokens.gap === blanks || (blanks === 1 && tokens.isA("end"))) return;
    this.#beyond("filter-blanks", blanks === 0 ? "expected no blank" : "expected one blank");
  }

  #beyond(what: Beyond, says: string): void {
    if (!this.#accepts(what)) throw new SyntaxFault(`${says} at offset ${this.tokens.at}, as RFC 7644 has it`);
  }

  /** `term *( "or" term )` */
  readOr(): Filter {
    const first = this.#readAnd();
    if (!this.tokens.is("or")) return first;
    const terms = [first];
    while (this.#acceptJoin("or")) terms.push(this.#readAnd());
    return { kind: "or", terms };
  }

  /** `"[" filter "]"` after the path of a complex attribute; the tokens stand on the bracket. */
  readElement(path: AttributePath): Filter {
    if (this.#element !== undefined)
      throw new SyntaxFault(`brackets within brackets are not allowed (offset ${this.tokens.at})`);
    if (path.sub !== undefined || path.attribute.subAttributes === undefined)
      throw new SyntaxFault(`${path.text} has no sub-attributes to filter on (offset ${this.tokens.at})`);
    const opening = this.#enter();
    this.#element = path.attribute;
    const filter = this.readOr();
    this.#element = undefined;
    this.#leave("]", opening);
    return filter;
  }

  #readAnd(): Filter {
    const first = this.#readTerm();
    if (!this.tokens.is("and")) return first;
    const terms = [first];
    while (this.#acceptJoin("and")) terms.push(this.#readTerm());
    return { kind: "and", terms };
  }

  #readTerm(): Filter {
    const { tokens } = this;
    if (tokens.isA("(")) return this.#readGroup();
    if (!tokens.isA("word")) throw new SyntaxFault(`expected an attribute name at offset ${tokens.at}`);
    const { text, at } = tokens;
    const negates = tokens.is("not");
    tokens.advance();
    if (!negates) return this.#readComparison(text, at);
    if (!tokens.isA("(")) throw new SyntaxFault(`expected “(” after “not” at offset ${tokens.at}`);
    if (tokens.gap > 1) this.spaced(1);
    return { kind: "not", term: this.#readGroup() };
  }

  #readGroup(): Filter {
    const opening = this.#enter();
    const filter = this.readOr();
    this.#leave(")", opening);
    return filter;
  }

  /** What follows an attribute path: brackets, `pr`, or an operator and a literal. */
  #readComparison(name: string, at: number): Filter {
    const path = this.#resolve(name, at);
    if (this.tokens.isA("[")) {
      this.spaced(0);
      return this.#readValuePath(path);
    }
    return this.#readTest(path, at);
  }

  #readValuePath(path: AttributePath): Filter {
    const { tokens } = this;
    const filter = this.readElement(path);
    if (!tokens.isA("word") || !tokens.text.startsWith(".") || !tokens.isAdjacent)
      return { kind: "element", path, filter };
    this.#beyond("filter-element-sub", "expected the sub-attribute within the brackets");
    const { text, at } = tokens;
    tokens.advance();
    this.#element = path.attribute;
    const test = this.#readTest(this.#resolve(text.slice(1), at + 1), at + 1);
    this.#element = undefined;
    const terms = filter.kind === "and" ? [...filter.terms, test] : [filter, test];
    return { kind: "element", path, filter: { kind: "and", terms } };
  }

  /** `at`: where the path stands. */
  #readTest(path: AttributePath, at: number): Filter {
    const { tokens } = this;
    this.#countTerm();
    this.spaced(1);
    if (this.#accept("pr")) return { kind: "present", path };
    const operator = tokens.isA("word") ? operatorOf(tokens.text) : undefined;
    if (operator === undefined)
      throw new SyntaxFault(
        `expected an operator at offset ${tokens.at}, one of eq, ne, co, sw, ew, gt, ge, lt, le, pr` +
          (tokens.isA("word") ? `, not ${quote(tokens.text)}` : ""),
      );
    tokens.advance();
    this.spaced(1);
    const compared = this.#valueOf(path, at);
    const operand = compared.sub ?? compared.attribute;
    checkOperator(operator, operand, compared.text);
    const { literal, value } = readOperand(tokens, operator, operand, compared.text, this.#accepts);
    tokens.advance();
    return { kind: "compare", operator, path: compared, operand, value, literal };
  }

  #resolve(name: string, at: number): AttributePath {
    const path = this.#element === undefined ? this.#pathOf(name) : resolveSub(this.#element, name);
    if (path === undefined) {
      const owner = this.#element?.name ?? (this.#types.length > 1 ? "no resource type" : this.#types[0].name);
      const has = this.#element === undefined && this.#types.length > 1 ? "has an" : "has no";
      throw new SyntaxFault(`${owner} ${has} attribute ${quote(name)} (offset ${at})`);
    }
    mustBeFilterable(path, at);
    return path;
  }

  /**
   * The path that a comparison means: for a multi-valued complex attribute its `value` (RFC 7644 §3.4.2.2, `emails co
   * "x"`). For a single-valued one the RFC has the sub-attribute named.
   */
  #valueOf(path: AttributePath, at: number): AttributePath {
    if ((path.sub ?? path.attribute).type !== "complex") return path;
    const value = path.sub === undefined ? this.#pathOf(`${path.text}.value`) : undefined;
    if (value === undefined || this.#element !== undefined)
      throw new SyntaxFault(
        `${path.text} is complex and has no value sub-attribute; compare one of its sub-attributes`,
      );
    mustBeFilterable(value, at);
    if (!path.attribute.multiValued) this.#beyond("filter-complex-value", `expected a sub-attribute of ${path.text}`);
    return value;
  }

  /** `and` or `or`, a blank on either side. */
  #acceptJoin(word: "and" | "or"): boolean {
    if (!this.tokens.is(word)) return false;
    this.spaced(1);
    this.tokens.advance();
    this.spaced(1);
    return true;
  }

  #pathOf(name: string): AttributePath | undefined {
    for (const type of this.#types) {
      const path = resolvePath(type, name);
      if (path !== undefined) return path;
    }
    return undefined;
  }

  #accept(word: string): boolean {
    if (!this.tokens.is(word)) return false;
    this.tokens.advance();
    return true;
  }

  #enter(): number {
    const { at } = this.tokens;
    this.#depth += 1;
    if (this.#depth > this.#limits.depth)
      throw new SyntaxFault(`it is nested deeper than the limit of ${this.#limits.depth} (offset ${at})`);
    this.tokens.advance();
    this.spaced(0);
    return at;
  }

  #leave(closing: ")" | "]", opening: number): void {
    const { tokens } = this;
    if (!tokens.isA(closing))
      throw new SyntaxFault(`expected “${closing}” at offset ${tokens.at}, to close what offset ${opening} opened`);
    this.spaced(0);
    this.#depth -= 1;
    tokens.advance();
  }

  #countTerm(): void {
    this.#terms += 1;
    if (this.#terms > this.#limits.terms)
      throw new SyntaxFault(`it has more terms than the limit of ${this.#limits.terms}`);
  }

  /** Refuses whatever follows a complete expression. */
  readEnd(): void {
    const { tokens } = this;
    if (!tokens.isA("end")) {
      const found = tokens.isA("word") ? `, not ${quote(tokens.text)}` : "";
      throw new SyntaxFault(`expected “and”, “or” or the end at offset ${tokens.at}${found}`);
    }
    this.spaced(0);
  }
}

function mustBeFilterable({ attribute, sub, text }: AttributePath, at: number): void {
  if (!isFilterable(attribute) || (sub !== undefined && !isFilterable(sub)))
    throw new SyntaxFault(`${text} is secret and cannot be used in a filter (offset ${at})`);
}

const resolveSub = (attribute: Attribute, name: string): AttributePath | undefined => {
  const sub = findSubAttribute(attribute, name);
  return sub === undefined ? undefined : elementPath(sub);
};
