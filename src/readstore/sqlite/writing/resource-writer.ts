// Writes documents, their past versions and their indexed values.
import type { ForgottenValue, IndexChange, PastVersion, ResourceKey, ViewDocument } from "../../view-writer.ts";
import { pathName, type WritableNames } from "../names.ts";
import type { Statements } from "../statements.ts";

const INSERT = `INSERT INTO resources
  (rid, tenant, type, id, till, since, place, revision, version, created, modified, erased, display, manager, body, side, shadow)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, jsonb(?))`;
// Three statements, so that an index is touched only where its columns change.
const MOVE = "UPDATE resources SET place = ?, revision = ?, version = ?, modified = ? WHERE rid = ? AND place < ?1";
const CHANGE = `UPDATE resources SET place = ?, revision = ?, version = ?, modified = ?, since = ?, erased = ?,
  display = ?, manager = ?, body = ?, side = ?, shadow = jsonb(?) WHERE rid = ? AND place < ?1`;
const END = "UPDATE resources SET till = ? WHERE rid = ? AND till IS NULL";
const COUNT = `INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET live = live + excluded.live`;
const SELECT = `SELECT rid, till, since, place, revision, version, created, modified, erased, display, manager, body, side, json(shadow)
  FROM resources WHERE tenant = ? AND id = ? AND type = ?`;

type Row = [
  number,
  number | null,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  string | null,
  string | null,
  string,
  string,
  string,
];

export class ResourceWriter {
  readonly #statements: Statements;
  readonly #names: WritableNames;

  constructor(statements: Statements, names: WritableNames) {
    this.#statements = statements;
    this.#names = names;
  }

  load(key: ResourceKey): ViewDocument | undefined {
    const { tenant, type, id } = key;
    const [tenantNumber, typeNumber] = [this.#names.find(tenant), this.#names.find(type)];
    if (tenantNumber === undefined || typeNumber === undefined) return undefined;
    const row = this.#statements.get(SELECT).get(tenantNumber, id, typeNumber) as unknown as Row | undefined;
    if (row === undefined) return undefined;
    const [
      from,
      until,
      since,
      place,
      revision,
      version,
      createdAt,
      modifiedAt,
      erased,
      display,
      manager,
      body,
      side,
      shadow,
    ] = row;
    const own = { display, manager, body, side, shadow, erased: erased === 1 };
    return { tenant, type, id, from, until, since, place, revision, version, createdAt, modifiedAt, ...own };
  }

  /** `stored`: the row exists. `text`: body, side or what follows from them changed since it was written. */
  save(document: ViewDocument, stored: boolean, loaded: ViewDocument | undefined): void {
    const { from, until, since, place, revision, version, createdAt, modifiedAt, display, manager } = document;
    const { body, side, shadow } = document;
    const tenant = this.#names.number(document.tenant);
    const type = this.#names.number(document.type);
    const erased = document.erased ? 1 : 0;
    if (!stored) {
      this.#statements
        .get(INSERT)
        .run(
          from,
          tenant,
          type,
          document.id,
          until,
          since,
          place,
          revision,
          version,
          createdAt,
          modifiedAt,
          erased,
          display,
          manager,
          body,
          side,
          shadow,
        );
      this.#count(tenant, type, until === null ? 1 : 0);
      return;
    }
    if (loaded !== undefined && loaded.body === body && loaded.side === side && loaded.since === since)
      this.#statements.get(MOVE).run(place, revision, version, modifiedAt, from);
    else
      this.#statements
        .get(CHANGE)
        .run(place, revision, version, modifiedAt, since, erased, display, manager, body, side, shadow, from);
    if (until !== null && this.#statements.get(END).run(until, from).changes === 1) this.#count(tenant, type, -1);
  }

  #count(tenant: number, type: number, by: -1 | 0 | 1): void {
    this.#statements.get(COUNT).run(tenant, type, by);
  }

  past(key: ResourceKey, resource: number): PastVersion[] {
    const versions = this.#statements.get(
      `SELECT v.since, v.till, v.body, v.side, json(v.shadow) FROM trail t CROSS JOIN versions v ON v.till = t.place
       WHERE t.rid = ? AND t.kind = 2 ORDER BY t.place`,
    );
    return (versions.all(resource) as unknown as [number, number, string, string, string][]).map(
      ([since, until, body, side, shadow]) => ({ key, resource, since, until, body, side, shadow }),
    );
  }

  saveVersion({ resource, since, until, body, side, shadow }: PastVersion): void {
    this.#statements
      .get("INSERT OR REPLACE INTO versions (till, rid, since, body, side, shadow) VALUES (?, ?, ?, ?, ?, jsonb(?))")
      .run(until, resource, since, body, side, shadow);
  }

  saveIndexed({ open, key, resource, path, value, place }: IndexChange): void {
    const number = this.#names.number(pathName(key.tenant, key.type, path));
    if (open) {
      this.#statements.get("INSERT OR IGNORE INTO ix VALUES (?, ?, ?, ?)").run(number, value, resource, place);
      return;
    }
    const ended = this.#statements
      .get("DELETE FROM ix WHERE path = ? AND value = ? AND rid = ? RETURNING since")
      .get(number, value, resource) as unknown as [number] | undefined;
    if (ended === undefined || ended[0] === place) return;
    this.#statements.get("INSERT INTO ix_past VALUES (?, ?, ?, ?, ?)").run(number, value, resource, ended[0], place);
  }

  forget({ key, resource, path, value }: ForgottenValue): void {
    const number = this.#names.number(pathName(key.tenant, key.type, path));
    for (const table of ["ix", "ix_past"])
      this.#statements
        .get(`DELETE FROM ${table} WHERE path = ? AND value = ? AND rid = ?`)
        .run(number, value, resource);
  }
}
