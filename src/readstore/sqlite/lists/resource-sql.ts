// Where the values of a resource's attributes stand: in its document's shadow, or, for what is computed when read,
// in the rows of other resources.
import type { AttributePath } from "../../../scim/attribute-path.ts";
import { resourceTypes } from "../../../scim/schema/resource-types.ts";
import { isManager, isManagerName, MANAGER_ID } from "../../manager.ts";
import { membershipsOf } from "../../memberships-asked.ts";
import { jsonPath, quoted } from "./bindings.ts";
import { ComputedHolder, type Context, type Elements, type Holder, inTime, JsonHolder } from "./holder-sql.ts";

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
      }
    const of = membershipsOf(path, this.#context.type);
    if (of !== undefined) return of === "groups" ? this.#groups() : this.#members();
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
