// Members of a definition's JSON, read one by one: what is missing takes its default, what is wrong is named.
import { invalidSyntax, invalidValue } from "../errors.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { quote } from "../quote.ts";

/** `where` names the object in errors: `attributes[2]`. */
export class Members {
  readonly #object: JsonObject;
  readonly #where: string;

  /** 400 invalidSyntax for what is no object, and for a member that is not among `names`. */
  constructor(value: unknown, where: string, names: readonly string[]) {
    if (!isObject(value)) throw invalidSyntax(`${where} must be a JSON object.`);
    for (const name of Object.keys(value))
      if (!names.includes(name))
        throw invalidSyntax(`${where} has a member ${quote(name)}; it may have ${names.join(", ")}.`);
    this.#object = value;
    this.#where = where;
  }

  /** The refusal of a member's value. */
  wrong(name: string, says: string) {
    return invalidValue(`${this.#where}: ${name} ${says}`);
  }

  text(name: string, longest: number, otherwise?: string): string {
    const value = this.#value(name) ?? otherwise;
    if (value === undefined) throw this.wrong(name, "is required.");
    if (typeof value !== "string") throw this.wrong(name, "must be a string.");
    if (value.length > longest) throw this.wrong(name, `is longer than ${longest} characters.`);
    if (!value.isWellFormed()) throw this.wrong(name, "is not Unicode text.");
    return value;
  }

  flag(name: string): boolean {
    const value = this.#value(name) ?? false;
    if (typeof value !== "boolean") throw this.wrong(name, "must be true or false.");
    return value;
  }

  oneOf<Value extends string>(name: string, values: readonly Value[], otherwise: Value): Value {
    const value = this.#value(name) ?? otherwise;
    const found = values.find((one) => one === value);
    if (found === undefined)
      throw this.wrong(name, `is ${quote(JSON.stringify(value))}; it must be one of ${values.join(", ")}.`);
    return found;
  }

  /** Undefined if absent. */
  list(name: string, most: number): readonly Json[] | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.wrong(name, "must be an array.");
    if (value.length > most) throw this.wrong(name, `has ${value.length} elements; it may have ${most}.`);
    return value;
  }

  /** Undefined if absent. */
  texts(name: string, most: number, longest: number): readonly string[] | undefined {
    return this.list(name, most)?.map((value) => {
      if (typeof value !== "string" || value === "" || !value.isWellFormed())
        throw this.wrong(name, "must hold strings that are not empty.");
      if (value.length > longest) throw this.wrong(name, `holds a string longer than ${longest} characters.`);
      return value;
    });
  }

  #value(name: string): Json | undefined {
    const value = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
    return value === null ? undefined : value;
  }
}
