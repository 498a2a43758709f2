// The fragments of a request that were not read as they stand, beside what they were read as: what an auditor compares.
// They are texts of bounded size, and hold no secret.
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { findExtension, lowerAscii } from "../schema/lookup.ts";
import { isHidden, isHiddenAlone, pathToKeep, pathWithin, withoutFilter } from "./redaction.ts";
import type { Normalisation } from "./rule.ts";

/** JSON texts, cut where they are long. */
export interface Interpretation {
  readonly raw: string;
  readonly interpreted: string;
}

const LONGEST = 1_000;
const MOST = 10;
const REDACTED = '"[redacted]"';

/** JSON text of a value without what is not to be kept, written no further than the limit. */
class Writer {
  readonly #type: ResourceType;
  #text = "";

  constructor(type: ResourceType) {
    this.#type = type;
  }

  get text(): string {
    return this.#text.length > LONGEST ? `${this.#text.slice(0, LONGEST)}…`.toWellFormed() : this.#text;
  }

  /** `parent` is the path of the value; "" for a resource. */
  value(value: Json, parent: string): void {
    if (Array.isArray(value)) this.#list(value, "[", "]", (one) => this.value(one, parent));
    else if (isObject(value))
      this.#list(Object.keys(value), "{", "}", (name) => {
        const path = pathWithin(this.#type, parent, name);
        this.#name(name);
        if (isHidden(this.#type, path, parent)) this.#write(REDACTED);
        else this.value(value[name] as Json, path);
      });
    else if (isHiddenAlone(this.#type, parent)) this.#write(REDACTED);
    else this.#write(JSON.stringify(typeof value === "string" ? value.slice(0, LONGEST) : value));
  }

  /** An operation of a PATCH: its value is of the attribute that its path names. */
  operation(operation: JsonObject): void {
    const sent = own(operation, "path");
    const path = typeof sent === "string" ? withoutFilter(sent) : "";
    const target = findExtension(this.#type, path) === undefined ? path : `${path}:`;
    this.#list(Object.keys(operation), "{", "}", (name) => {
      this.#name(name);
      const value = operation[name] as Json;
      if (name === "path" && typeof value === "string") this.#write(JSON.stringify(pathToKeep(this.#type, value)));
      else if (name !== "value") this.value(value, name);
      else if (path !== "" && isHidden(this.#type, path, "")) this.#write(REDACTED);
      else this.value(value, target);
    });
  }

  #name(name: string): void {
    this.#write(`${JSON.stringify(name)}:`);
  }

  #list<One>(items: readonly One[], open: string, close: string, each: (one: One) => void): void {
    this.#write(open);
    for (const [index, one] of items.entries()) {
      if (this.#text.length > LONGEST) return;
      if (index > 0) this.#write(",");
      each(one);
    }
    this.#write(close);
  }

  #write(part: string): void {
    this.#text += part.length > LONGEST ? part.slice(0, LONGEST) : part;
  }
}

type Write = (writer: Writer, value: JsonObject) => void;
const asResource: Write = (writer, value) => writer.value(value, "");
const asOperation: Write = (writer, value) => writer.operation(value);

const textOf = (type: ResourceType, value: JsonObject, write: Write): string => {
  const writer = new Writer(type);
  write(writer, value);
  return writer.text;
};

const interpretation = (type: ResourceType, raw: JsonObject, read: JsonObject, write: Write): Interpretation => ({
  raw: textOf(type, raw, write),
  interpreted: textOf(type, read, write),
});

/** The members of one object that the other does not have as they are. */
const differing = (object: JsonObject, other: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name, value]) => own(other, name) !== value));

const NONE: readonly Interpretation[] = [];

/** Of a POST or PUT: its members that were read as others. */
export const interpretedResource = (type: ResourceType, sent: unknown, read: unknown): readonly Interpretation[] =>
  sent === read || !isObject(sent) || !isObject(read)
    ? NONE
    : [interpretation(type, differing(sent, read), differing(read, sent), asResource)];

/** Of a PATCH: its operations that were read as others. Of an `op` that is only in another case, the id of the rule says enough. */
export const interpretedOperations = (
  n: Normalisation,
  type: ResourceType,
  sent: unknown,
  read: unknown,
): readonly Interpretation[] => {
  if (n.rules.length === 0 || !isObject(sent) || !isObject(read)) return NONE;
  const [before, after] = [operationsIn(sent), operationsIn(read)];
  const found: Interpretation[] = [];
  for (const [index, one] of before.entries()) {
    const other = after[index];
    if (!isObject(one) || !isObject(other) || !isInterpreted(n, one, other)) continue;
    if (found.length === MOST) return [...found, { raw: "[…]", interpreted: "[…]" }];
    found.push(interpretation(type, one, other, asOperation));
  }
  return found;
};

const operationsIn = (body: JsonObject): readonly Json[] => {
  const key = Object.keys(body).find((name) => lowerAscii(name) === "operations");
  const operations = key === undefined ? [body] : body[key];
  return Array.isArray(operations) ? operations : [];
};

const isInterpreted = (n: Normalisation, sent: JsonObject, read: JsonObject): boolean => {
  const [path, op] = [own(read, "path"), own(sent, "op")];
  if (own(sent, "value") !== own(read, "value") || own(sent, "path") !== path) return true;
  if (typeof op === "string" && op.toLowerCase() !== own(read, "op")) return true;
  if (typeof path !== "string") return false;
  if (path.includes("[")) return n.rules.some((id) => id.startsWith("filter-"));
  return own(read, "op") === "remove" && own(read, "value") !== undefined && n.rules.includes("remove-with-value");
};
