// The tokens of filters and PATCH paths (RFC 7644 §3.4.2.2, §3.5.2): one pass, no regular expression, no token list.

export type TokenKind = "word" | "string" | "(" | ")" | "[" | "]" | "end";

/** What is wrong with the text at an offset (in UTF-16 units); whoever reads the text makes it a ScimError. */
export class SyntaxFault extends Error {}

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const BACKSLASH = 92;

const isSpace = (unit: number): boolean =>
  unit === SPACE || unit === TAB || unit === LINE_FEED || unit === CARRIAGE_RETURN;

const punctuation = (unit: number): TokenKind | undefined => {
  switch (unit) {
    case 40:
      return "(";
    case 41:
      return ")";
    case 91:
      return "[";
    case 93:
      return "]";
    default:
      return undefined;
  }
};

/** The present token of a text, and the step to the next one. A word is whatever stands between blanks and `()[]"`. */
export class Tokens {
  kind: TokenKind = "end";
  /** Where the token begins. */
  at = 0;
  /** Blanks before the token; any other white space counts as many. */
  gap = 0;
  /** The text of a word, the decoded value of a string. */
  text = "";
  readonly #source: string;
  #next = 0;

  constructor(source: string) {
    this.#source = source;
    this.advance();
  }

  advance(): void {
    const source = this.#source;
    let next = this.#next;
    let gap = 0;
    for (; next < source.length && isSpace(source.charCodeAt(next)); next++)
      gap += source.charCodeAt(next) === SPACE ? 1 : 2;
    this.at = next;
    this.gap = gap;
    if (next >= source.length) {
      this.#take("end", "", next);
      return;
    }
    const unit = source.charCodeAt(next);
    const mark = punctuation(unit);
    if (mark !== undefined) this.#take(mark, mark, next + 1);
    else if (unit === QUOTE) this.#takeString();
    else this.#takeWord();
  }

  /** Whether the token is of this kind. A question rather than a field, because `advance` changes the answer. */
  isA(kind: TokenKind): boolean {
    return this.kind === kind;
  }

  /** Whether the token is this word in any case; `word` is lower case. */
  is(word: string): boolean {
    return this.kind === "word" && this.text.length === word.length && this.text.toLowerCase() === word;
  }

  /** Whether the token follows the one before it without a blank. */
  get isAdjacent(): boolean {
    return this.gap === 0;
  }

  #take(kind: TokenKind, text: string, next: number): void {
    this.kind = kind;
    this.text = text;
    this.#next = next;
  }

  #takeWord(): void {
    const source = this.#source;
    let end = this.at + 1;
    for (; end < source.length; end++) {
      const unit = source.charCodeAt(end);
      if (isSpace(unit) || unit === QUOTE || punctuation(unit) !== undefined) break;
    }
    this.#take("word", source.slice(this.at, end), end);
  }

  #takeString(): void {
    const source = this.#source;
    let escaped = false;
    let end = this.at + 1;
    for (; end < source.length; end++) {
      const unit = source.charCodeAt(end);
      if (unit === QUOTE) break;
      if (unit === BACKSLASH) {
        escaped = true;
        end++;
      } else if (unit < SPACE)
        throw new SyntaxFault(`a control character at offset ${end} must be escaped, as JSON has it`);
    }
    if (end >= source.length) throw new SyntaxFault(`the string that begins at offset ${this.at} has no end`);
    const text = escaped ? decode(source.slice(this.at, end + 1), this.at) : source.slice(this.at + 1, end);
    this.#take("string", text, end + 1);
  }
}

/** A JSON string with its quotes, decoded by the one who knows all of JSON's escapes. */
const decode = (quoted: string, at: number): string => {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new SyntaxFault(`the string that begins at offset ${at} has an escape that JSON does not know`);
  }
};
