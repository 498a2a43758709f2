// Reads one resource, with what is computed when it is read: groups and the manager's name.
import type { StatementSync } from "node:sqlite";
import { MANAGER_ID } from "../../manager.ts";
import type { ReadResource } from "../../read-store.ts";
import { jsonPath } from "../lists/bindings.ts";
import type { Names } from "../names.ts";
import type { Statements } from "../statements.ts";
import { asOf, type Instant, now, versionAt } from "./instant.ts";

export type ResourceRow = [
  rid: number,
  id: string,
  revision: number,
  version: number,
  created: number,
  modified: number,
  body: string,
  side: string,
  managerName: string | null,
  groups: string | null,
];

const IN_BODY = { displayName: jsonPath(["displayName"]), manager: jsonPath(MANAGER_ID) };

const select = (type: string, place: string | undefined): string => `SELECT ${columnsOf(type, place)} FROM resources r`;

/** The columns of a `ResourceRow`, of a row `r` of `resources`; `place` is absent for now. */
export function columnsOf(type: string, place: string | undefined): string {
  const instant = place === undefined ? now : asOf(place);
  const isUser = type === "User";
  return `r.rid, r.id, ${revision(place)}, ${instant.version("r")}, r.created, ${instant.modified("r")},
    ${text("body", place)}, ${text("side", place)}, ${isUser ? managerName(instant, place) : "NULL"}, ${isUser ? groups(instant, place) : "NULL"}`;
}

const text = (column: "body" | "side", place: string | undefined): string =>
  place === undefined ? `r.${column}` : `iif(r.since <= ${place}, r.${column}, ${versionAt("r", place, column)})`;

const revision = (place: string | undefined): string =>
  place === undefined
    ? "r.revision"
    : `iif(r.place <= ${place}, r.revision, (SELECT a.revision FROM activity a WHERE a.place =
       (SELECT max(t.place) FROM trail t WHERE t.rid = r.rid AND t.place <= ${place})))`;

/** The name that others show for a resource, as of a place. */
export const displayOf = (row: string, place: string | undefined): string =>
  place === undefined
    ? `${row}.display`
    : `iif(${row}.since <= ${place}, ${row}.display, json_extract(${versionAt(row, place, "body")} || '}', ${IN_BODY.displayName}))`;

function managerName(instant: Instant, place: string | undefined): string {
  const id =
    place === undefined
      ? "r.manager"
      : `iif(r.since <= ${place}, r.manager, json_extract(${versionAt("r", place, "body")} || '}', ${IN_BODY.manager}))`;
  return `(SELECT json_quote(${displayOf("m", place)}) FROM resources m WHERE m.tenant = r.tenant AND m.id = ${id} AND ${instant.exists("m")})`;
}

function groups(instant: Instant, place: string | undefined): string {
  const join = "CROSS JOIN resources g ON g.rid = i.grp";
  const rows = instant.intervals(
    "members",
    `g.id AS id, ${displayOf("g", place)} AS display`,
    `i.member = r.rid AND ${instant.exists("g")}`,
    join,
  );
  return `(SELECT json_group_array(json_array(id, display)) FROM (${rows}))`;
}

/** The JSON text of a row. */
export const bodyOf = (row: ResourceRow): string => row[6];

const NO_GROUPS: ReadResource["groups"] = [];

function groupsIn(text: string | null): ReadResource["groups"] {
  if (text === null || text === "[]") return NO_GROUPS;
  const pairs = JSON.parse(text) as [string, string | null][];
  if (pairs.length > 1) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([value, display]) => ({ value, display }));
}

export function resourceOf(tenant: string, type: string, row: ResourceRow): ReadResource {
  const [, id, revision, version, createdAt, modifiedAt, body, side, managerName, groups] = row;
  const managerDisplayName = managerName === null ? null : (JSON.parse(managerName) as string | null);
  const computed = { groups: groupsIn(groups), managerDisplayName };
  return { tenant, type, id, revision, version, createdAt, modifiedAt, body, side, ...computed };
}

/** The statements of one resource type, prepared once. */
interface OfType {
  readonly byId: StatementSync;
  readonly byRid: StatementSync;
}

export class ResourceReader {
  readonly #statements: Statements;
  readonly #names: Names;
  readonly #current = new Map<string, OfType>();

  constructor(statements: Statements, names: Names) {
    this.#statements = statements;
    this.#names = names;
  }

  /** A resource that exists now. */
  get(tenant: string, type: string, id: string): ReadResource | undefined {
    const tenantNumber = this.#names.find(tenant);
    const typeNumber = this.#names.find(type);
    if (tenantNumber === undefined || typeNumber === undefined) return undefined;
    const row = this.#ofType(type).byId.get(tenantNumber, id, typeNumber) as unknown as ResourceRow | undefined;
    return row === undefined ? undefined : resourceOf(tenant, type, row);
  }

  /** A resource that existed at a place. */
  getAsOf(tenant: string, type: string, id: string, place: number): ReadResource | undefined {
    const tenantNumber = this.#names.find(tenant);
    const typeNumber = this.#names.find(type);
    if (tenantNumber === undefined || typeNumber === undefined) return undefined;
    const sql = `${select(type, "?1")} WHERE r.tenant = ?2 AND r.id = ?3 AND r.type = ?4 AND ${asOf("?1").exists("r")}`;
    const row = this.#statements.get(sql).get(place, tenantNumber, id, typeNumber) as unknown as
      | ResourceRow
      | undefined;
    return row === undefined ? undefined : resourceOf(tenant, type, row);
  }

  /** A resource by its number, whether it exists at the place or not. */
  at(tenant: string, type: string, rid: number, place: number | undefined): ReadResource {
    const row =
      place === undefined
        ? this.#ofType(type).byRid.get(rid)
        : this.#statements.get(`${select(type, "?1")} WHERE r.rid = ?2`).get(place, rid);
    return resourceOf(tenant, type, row as unknown as ResourceRow);
  }

  #ofType(type: string): OfType {
    let statements = this.#current.get(type);
    if (statements === undefined) {
      const columns = select(type, undefined);
      statements = {
        byId: this.#statements.get(`${columns} WHERE r.tenant = ? AND r.id = ? AND r.type = ? AND r.till IS NULL`),
        byRid: this.#statements.get(`${columns} WHERE r.rid = ?`),
      };
      this.#current.set(type, statements);
    }
    return statements;
  }
}
