// Where the values of an attribute stand: in a document's shadow, or, for what is computed when read (DESIGN §6), in the
// rows of other resources.
import type { AttributePath } from "../../scim/attribute-path.ts";
import type { Attribute, ResourceType } from "../../scim/schema/characteristics.ts";
import { resourceTypes } from "../../scim/schema/resource-types.ts";
import { type Bindings, jsonPath, quoted } from "./bindings.ts";
import type { Instant } from "./instant.ts";

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

const inTime = ({ isTimed }: Context): string => (isTimed ? "in_time() AND " : "");

/** The element of a JSON value, or the shadow of a resource. */
class JsonHolder implements Holder {
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
    const primary = `ifnull(json_extract(${alias}.value, '$."primary"'), 0)`;
    const byPrimary = attribute.type === "complex" ? `${primary} DESC, ` : "";
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
class ComputedHolder implements Holder {
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

/** How memberships are joined with the resources at their other end. */
interface Joined {
  /** Alias of the other resource, and the column that names it. */
  readonly other: string;
  readonly column: "grp" | "member";
  /** SQL that is true of the resource's own memberships. */
  readonly mine: string;
  /** SQL that is true of the other resources that count; absent: those of the tenant that exist. */
  readonly isOther?: string;
  /** What the elements come in the order of. */
  readonly order: "id" | "rid";
  readonly values: Readonly<Record<string, string>>;
}

/** The number of the resource with the id that a placeholder stands for. */
export const resourceWithId = (id: string, { tenant, instant, alias }: Context): string => {
  const row = alias();
  return `(SELECT ${row}.rid FROM resources ${row} WHERE ${row}.tenant = ${tenant} AND ${row}.id = ${id} AND ${instant.exists(row)})`;
};

const endpointOf = (type: string): string => resourceTypes.find(({ name }) => name === type)?.endpoint ?? `/${type}s`;
const GROUP = resourceTypes.find(({ name }) => name === "Group")!;

/** The attributes of a resource. */
export class ResourceHolder implements Holder {
  readonly #context: Context;
  readonly #row: string;

  constructor(context: Context, row: string) {
    this.#context = context;
    this.#row = row;
  }

  value(path: AttributePath): string {
    const name = path.attribute.name;
    if (path.extension === undefined && name === "id") return `${this.#row}.id`;
    if (path.extension === undefined && name === "meta") return this.#meta().value(path);
    if (isManagerName(path)) return this.#managerName();
    return this.#stored(path).value(path);
  }

  elements(path: AttributePath): Elements {
    if (path.extension === undefined)
      switch (path.attribute.name) {
        case "meta":
          return { self: "NULL", holder: this.#meta(), any: (condition) => `(${condition})`, first: (value) => value };
        case "schemas":
          return this.#schemas();
        case "groups":
          if (this.#context.type.name === "User") return this.#groups();
          break;
        case "members":
          if (this.#context.type.name === "Group") return this.#members();
      }
    const stored = this.#stored(path).elements(path);
    return isManager(path) ? { ...stored, holder: this.#withManagerName(stored.holder) } : stored;
  }

  #stored({ extension }: AttributePath): JsonHolder {
    return new JsonHolder(
      this.#context,
      this.#context.instant.shadow(this.#row),
      extension === undefined ? [] : [extension],
    );
  }

  #meta(): Holder {
    const { instant, type, baseUrl } = this.#context;
    const row = this.#row;
    return new ComputedHolder({
      resourceType: quoted(type.name),
      created: `${row}.created`,
      lastModified: instant.modified(row),
      location: `${quoted(`${baseUrl}${type.endpoint}/`)} || ${row}.id`,
      version: `'W/"' || ${instant.version(row)} || '"'`,
    });
  }

  #schemas(): Elements {
    const { type, instant, alias } = this.#context;
    const name = alias();
    const extensions = type.extensions.map(
      ({ schema }) =>
        ` UNION ALL SELECT ${quoted(schema.id.toLowerCase())} WHERE json_type(${instant.shadow(this.#row)}, ${jsonPath([schema.id])}) IS NOT NULL`,
    );
    const from = `FROM (SELECT ${quoted(type.schema.id.toLowerCase())} AS urn${extensions.join("")}) ${name}`;
    const self = `${name}.urn`;
    return {
      self,
      holder: new ComputedHolder({ schemas: self }),
      any: (condition) => `EXISTS (SELECT 1 ${from} WHERE ${condition})`,
      first: (value) => `(SELECT ${value} ${from} LIMIT 1)`,
    };
  }

  /** Direct memberships of a user. */
  #groups(): Elements {
    const group = this.#context.alias();
    const values = {
      value: `${group}.id`,
      $ref: this.#ref(group, GROUP.name),
      display: this.#displayOf(group),
      type: "'direct'",
    };
    return this.#joined({ other: group, column: "grp", mine: `i.member = ${this.#row}.rid`, order: "id", values });
  }

  #members(): Elements {
    const member = this.#context.alias();
    const isUser = `(SELECT n.text FROM names n WHERE n.number = ${member}.type)`;
    const values = {
      value: `${member}.id`,
      $ref: `iif(${isUser} = 'User', ${this.#ref(member, "User")}, ${this.#ref(member, "Group")})`,
      display: this.#displayOf(member),
      type: `lower(${isUser})`,
    };
    return this.#joined({ other: member, column: "member", mine: `i.grp = ${this.#row}.rid`, order: "rid", values });
  }

  /** The resources at the other end of memberships. */
  #joined(joined: Joined): Elements {
    const { other, column, mine, order, values } = joined;
    const { instant, tenant } = this.#context;
    const { isOther = `${other}.tenant = ${tenant} AND ${instant.exists(other)}` } = joined;
    const join = (value: string, condition: string) =>
      instant.intervals(
        "members",
        value,
        `${inTime(this.#context)}${mine} AND ${isOther} AND ${condition}`,
        `CROSS JOIN resources ${other} ON ${other}.rid = i.${column}`,
      );
    return {
      self: "NULL",
      holder: new ComputedHolder(values),
      any: (condition) => `EXISTS (${join("1", condition)})`,
      first: (value) =>
        `(SELECT first FROM (${join(`${other}.${order} AS place, ${value} AS first`, `${value} IS NOT NULL`)} ORDER BY 1 LIMIT 1))`,
      // What is known of the one resource is not asked again: it would lure the planner away from it.
      withId: (id) =>
        this.#joined({
          ...joined,
          mine: `${mine} AND i.${column} = ${resourceWithId(id, this.#context)}`,
          isOther: "1",
        }),
    };
  }

  #ref(row: string, type: string): string {
    return `${quoted(`${this.#context.baseUrl}${endpointOf(type)}/`)} || ${row}.id`;
  }

  #displayOf(row: string): string {
    return `json_extract(${this.#context.instant.shadow(row)}, '$."displayName"')`;
  }

  #managerName(): string {
    const { instant, tenant, alias } = this.#context;
    const manager = alias();
    const id = `json_extract(${instant.shadow(this.#row)}, ${jsonPath(MANAGER_ID)})`;
    return `(SELECT ${this.#displayOf(manager)} FROM resources ${manager}
      WHERE ${manager}.tenant = ${tenant} AND ${manager}.id = ${id} AND ${instant.exists(manager)})`;
  }

  #withManagerName(stored: Holder): Holder {
    return {
      value: (path) => (path.attribute.name === "displayName" ? this.#managerName() : stored.value(path)),
      elements: (path) => stored.elements(path),
    };
  }
}

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const MANAGER_ID = [ENTERPRISE, "manager", "value"];
const isManager = ({ extension, attribute }: AttributePath): boolean =>
  extension === ENTERPRISE && attribute.name === "manager";
const isManagerName = (path: AttributePath): boolean => isManager(path) && path.sub?.name === "displayName";

/** `pr` of a complex attribute asks for any of these. */
export const subAttributesOf = (attribute: Attribute): readonly Attribute[] => attribute.subAttributes ?? [];
