// What commands and processes ask of resources: their state now, whether they live, what there is at all.
import type { Population } from "../../../scim/schema/evolution.ts";
import { atMost } from "../../../sqlite/at-most.ts";
import type { StoredResource } from "../../read-store.ts";
import type { Names } from "../names.ts";
import type { Statements } from "../statements.ts";
import type { Life } from "./grant-reader.ts";

type BaselineRow = [
  till: number | null,
  revision: number,
  version: number,
  created: number,
  modified: number,
  body: string,
  side: string,
];

/** See the port for what its methods promise. */
export class StateReader {
  readonly #statements: Statements;
  readonly #names: Names;

  constructor(statements: Statements, names: Names) {
    this.#statements = statements;
    this.#names = names;
  }

  /** Number and life of a resource, dead or alive. */
  life(tenant: string, id: string): Life | undefined {
    const tenantNumber = this.#names.find(tenant);
    if (tenantNumber === undefined) return undefined;
    const row = this.#row<[number, number, number | null]>(
      `SELECT r.rid, r.type, r.till FROM resources n CROSS JOIN resources r INDEXED BY resources_told ON r.rid = n.rid
       WHERE n.tenant = ? AND n.id = ?`,
      tenantNumber,
      id,
    );
    return row === undefined ? undefined : { rid: row[0], type: this.#names.text(row[1]), until: row[2] };
  }

  /** The number that a walk goes on after: 0 where it begins. */
  numberAfter(tenant: string, id: string | null): number {
    return id === null ? 0 : (this.life(tenant, id)?.rid ?? 0);
  }

  baseline(tenant: string, type: string, id: string): (StoredResource & { readonly deleted: boolean }) | undefined {
    const [tenantNumber, typeNumber] = [this.#names.find(tenant), this.#names.find(type)];
    if (tenantNumber === undefined || typeNumber === undefined) return undefined;
    const row = this.#row<BaselineRow>(
      "SELECT till, revision, version, created, modified, body, side FROM resources WHERE tenant = ? AND id = ? AND type = ?",
      tenantNumber,
      id,
      typeNumber,
    );
    if (row === undefined) return undefined;
    const [till, revision, version, createdAt, modifiedAt, body, side] = row;
    return { tenant, type, id, revision, version, createdAt, modifiedAt, body, side, deleted: till !== null };
  }

  membersAmong(tenant: string, group: string, ids: readonly string[]): ReadonlySet<string> {
    const rid = this.life(tenant, group)?.rid ?? -1;
    return this.#among(
      `SELECT j.value FROM json_each(?2) j CROSS JOIN resources r ON r.tenant = ?1 AND r.id = j.value
       CROSS JOIN members m ON m.grp = ?3 AND m.member = r.rid`,
      tenant,
      ids,
      rid,
    );
  }

  liveAmong(tenant: string, ids: readonly string[]): ReadonlySet<string> {
    return this.#among(
      `SELECT j.value FROM json_each(?2) j CROSS JOIN resources r ON r.tenant = ?1 AND r.id = j.value
       WHERE r.till IS NULL AND r.type IN (?3, ?4)`,
      tenant,
      ids,
      ...["User", "Group"].map((type) => this.#names.find(type) ?? -1),
    );
  }

  groupsHolding(tenant: string, member: string): readonly string[] {
    const life = this.life(tenant, member);
    if (life === undefined) return [];
    const sql = `SELECT g.id FROM members m CROSS JOIN resources g ON g.rid = m.grp
      WHERE m.member = ? AND g.till IS NULL ORDER BY g.id`;
    return this.#rows<[string]>(sql, life.rid).map(([id]) => id);
  }

  deadMembers(): readonly { tenant: string; id: string; cause: "userDeleted" | "groupDeleted" }[] {
    const sql = `SELECT r.tenant, r.id, r.type FROM resources r INDEXED BY resources_in_order WHERE r.till IS NOT NULL AND EXISTS (
      SELECT 1 FROM members m CROSS JOIN resources g ON g.rid = m.grp WHERE m.member = r.rid AND g.till IS NULL) ORDER BY r.rid`;
    return this.#rows<[number, string, number]>(sql).map(([tenant, id, type]) => ({
      tenant: this.#names.text(tenant),
      id,
      cause: this.#names.text(type) === "Group" ? "groupDeleted" : "userDeleted",
    }));
  }

  erasedUsers(tenant: string, after: string | null, limit: number): readonly { id: string; revision: number }[] {
    const [tenantNumber, type] = [this.#names.find(tenant), this.#names.find("User")];
    if (tenantNumber === undefined || type === undefined) return [];
    const sql = `SELECT id, revision FROM resources INDEXED BY resources_erased
      WHERE erased = 1 AND tenant = ? AND type = ? AND rid > ? ORDER BY rid ${atMost("?")}`;
    const rows = this.#rows<[string, number]>(sql, tenantNumber, type, this.numberAfter(tenant, after), limit);
    return rows.map(([id, revision]) => ({ id, revision }));
  }

  population(tenant: string, type: string): Population {
    const [tenantNumber, typeNumber] = [this.#names.find(tenant), this.#names.find(type)];
    if (tenantNumber === undefined || typeNumber === undefined) return "none";
    const sql = "SELECT live FROM counts WHERE tenant = ? AND type = ?";
    const row = this.#row<[number]>(sql, tenantNumber, typeNumber);
    return row === undefined ? "none" : row[0] > 0 ? "live" : "past";
  }

  tenants(): readonly string[] {
    const rows = this.#rows<[number]>("SELECT DISTINCT tenant FROM counts");
    return rows.map(([tenant]) => this.#names.text(tenant)).sort();
  }

  #row<Row>(sql: string, ...values: (string | number)[]): Row | undefined {
    return this.#statements.get(sql).get(...values) as unknown as Row | undefined;
  }

  #rows<Row>(sql: string, ...values: (string | number)[]): Row[] {
    return this.#statements.get(sql).all(...values) as unknown as Row[];
  }

  #among(sql: string, tenant: string, ids: readonly string[], ...more: number[]): ReadonlySet<string> {
    const tenantNumber = this.#names.find(tenant);
    if (tenantNumber === undefined || ids.length === 0) return new Set();
    return new Set(this.#rows<[string]>(sql, tenantNumber, JSON.stringify(ids), ...more).map(([id]) => id));
  }
}
