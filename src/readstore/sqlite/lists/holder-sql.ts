// What has attributes, as SQL: where their values and elements stand, in the JSON of a document or computed.
import type { AttributePath } from "../../../scim/attribute-path.ts";
import { hasPrimary } from "../../../scim/resource/element.ts";
import type { Attribute, ResourceType } from "../../../scim/schema/characteristics.ts";
import type { Instant } from "../reading/instant.ts";
import { type Bindings, jsonPath } from "./bindings.ts";

/** What a statement is made for. */
export interface Context {
  readonly bindings: Bindings;
  readonly instant: Instant;
  readonly type: ResourceType;
  /** Placeholder of the tenant's number. */
  readonly tenant: string;
  /** Before `/Users/…` in `$ref` and `meta.location`. */
  readonly baseUrl: string;
  /** Whether the statement ends at a deadline: `in_time()` throws after it. */
  readonly isTimed: boolean;
  /** A new alias. */
  readonly alias: () => string;
}

/** Something that has attributes: a resource (`row` is an alias of `resources`), or one element of a complex attribute. */
export interface Holder {
  /** The value of a single-valued attribute, or of a sub-attribute of a single-valued complex one. */
  value(path: AttributePath): string;
  /** The elements of a multi-valued attribute, or the one value of a complex one. */
  elements(path: AttributePath): Elements;
}

/** The elements of an attribute: rows, of which conditions are asked. */
export interface Elements {
  /** The element itself, for attributes that are not complex. */
  readonly self: string;
  readonly holder: Holder;
  /** SQL that is true if any element satisfies a condition on `self` and `holder`. */
  any(condition: string): string;
  /** Those whose `value` is the id that a placeholder stands for, found without a look at the others: only where `value` is an id. */
  withId?(id: string): Elements;
  /** SQL of the first value in the sense of RFC 7644 §3.4.2.3: the primary element's, else the first element's. */
  first(value: string): string;
}

/** What ends a statement at its deadline, asked at every element. */
export const inTime = ({ isTimed }: Context): string => (isTimed ? "in_time() AND " : "");

/** The element of a JSON value, or the shadow of a resource. */
export class JsonHolder implements Holder {
  readonly #context: Context;
  readonly #json: string;
  readonly #under: readonly string[];

  constructor(context: Context, json: string, under: readonly string[] = []) {
    this.#context = context;
    this.#json = json;
    this.#under = under;
  }

  value(path: AttributePath): string {
    const { attribute, sub } = path;
    const names = sub === undefined ? [attribute.name] : [attribute.name, sub.name];
    return `json_extract(${this.#json}, ${jsonPath([...this.#under, ...names])})`;
  }

  elements({ attribute }: AttributePath): Elements {
    const path = [...this.#under, attribute.name];
    if (!attribute.multiValued) {
      const holder = new JsonHolder(this.#context, this.#json, path);
      const present = `json_type(${this.#json}, ${jsonPath(path)}) IS NOT NULL`;
      return { self: "NULL", holder, any: (condition) => `(${present} AND ${condition})`, first: (value) => value };
    }
    const alias = this.#context.alias();
    const from = `FROM jsonb_each(${this.#json}, ${jsonPath(path)}) ${alias}`;
    const byPrimary = hasPrimary(attribute)
      ? `ifnull(json_type(${alias}.value, '$."primary"'), '') = 'true' DESC, `
      : "";
    return {
      self: `${alias}.value`,
      holder: new JsonHolder(this.#context, `${alias}.value`),
      any: (condition) => `EXISTS (SELECT 1 ${from} WHERE ${inTime(this.#context)}${condition})`,
      first: (value) =>
        `(SELECT ${value} ${from} WHERE ${value} IS NOT NULL ORDER BY ${byPrimary}${alias}.key LIMIT 1)`,
    };
  }
}

/** Sub-attributes that are computed, by name. */
export class ComputedHolder implements Holder {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(values));
  }

  value({ attribute, sub }: AttributePath): string {
    return this.#values.get((sub ?? attribute).name) ?? "NULL";
  }

  elements(): Elements {
    return { self: "NULL", holder: this, any: () => "0", first: () => "NULL" };
  }
}

/** `pr` of a complex attribute asks for any of these. */
export const subAttributesOf = (attribute: Attribute): readonly Attribute[] => attribute.subAttributes ?? [];
