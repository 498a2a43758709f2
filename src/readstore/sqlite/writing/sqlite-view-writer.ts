// The write side on SQLite: a batch and its checkpoint are one transaction. One writer a file.
import type { DatabaseSync } from "node:sqlite";
import type {
  ActivityRow,
  Checkpoint,
  LoadedViews,
  PendingPart,
  ResourceKey,
  StoredDefinitions,
  SynchronousViewWriter,
  TickRow,
  ViewBatch,
  ViewDocument,
  ViewRequest,
} from "../../view-writer.ts";
import { WritableNames } from "../names.ts";
import { Statements } from "../statements.ts";
import { type CacheSize, openViewsForWriting, SEVERAL, TRAIL } from "../views-file.ts";
import { GrantWriter } from "./grant-writer.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { ResourceWriter } from "./resource-writer.ts";

/** Milliseconds. */
const LOCK_WAIT = 5_000;
/** Pages of the write-ahead log that are moved into the file together: SQLite's default, and 64 MiB of them. */
const USUAL_PAGES = 1_000;
const CATCH_UP_PAGES = 16_384;
/** Batches that one transaction takes while catching up: most pages that they write are written by several of them. */
const CATCH_UP_BATCHES = 32;
/** Page cache meanwhile: a pass over the log finds little again, and what was once taken is not all given back. Of 8 it is a tenth slower. */
const CATCH_UP_MEGABYTES = 20;
const OF_STREAM = "tenant = ? AND type = ? AND id = ?";

export class SqliteViewWriter implements SynchronousViewWriter {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #names: WritableNames;
  readonly #paths: WritableNames;
  readonly #resources: ResourceWriter;
  readonly #grants: GrantWriter;
  readonly #ledgers: LedgerWriter;
  #loaded = new Map<number, ViewDocument>();
  /** Whether any large change is open; undefined: not known. */
  #anyPending: boolean | undefined;
  /** Erased values may still stand in the write-ahead log. */
  #owesPages = false;
  /** Batches that one transaction takes, and how many the open one has. */
  #gathers = 1;
  #gathered = 0;

  /** Opens or makes the read models in this folder. */
  constructor(folder: string, cache: CacheSize = {}) {
    this.#database = openViewsForWriting(folder, cache);
    this.#statements = new Statements(this.#database);
    this.#names = new WritableNames(this.#statements);
    this.#paths = new WritableNames(this.#statements, "paths");
    this.#resources = new ResourceWriter(this.#statements, this.#names);
    this.#grants = new GrantWriter(this.#statements, this.#names);
    this.#ledgers = new LedgerWriter(this.#statements, this.#names);
  }

  checkpoint(): Checkpoint {
    const [place, effectiveAt, events] = this.#statements
      .get("SELECT place, effective_at, events FROM checkpoint")
      .get() as unknown as [number, number, number];
    return { place, effectiveAt, events };
  }

  load({ resources, pendingOf, pastOf, definitionsOf, ledgers }: ViewRequest): LoadedViews {
    this.#loaded = new Map();
    const found: ViewDocument[] = [];
    for (const key of resources) {
      const document = this.#resources.load(key);
      if (document === undefined) continue;
      found.push(document);
      this.#loaded.set(document.from, document);
    }
    return {
      resources: found,
      pending: this.#hasPending() ? pendingOf.flatMap((key) => this.#pendingOf(key)) : [],
      past: pastOf.flatMap((key) => {
        const document = this.#resources.load(key);
        return document === undefined ? [] : this.#resources.past(key, document.from);
      }),
      definitions: definitionsOf.flatMap((tenant) => this.#definitionsOf(tenant)),
      ledgers: ledgers.map((tenant) => this.#ledgers.load(tenant)),
    };
  }

  stage(batch: ViewBatch): void {
    if (!this.#database.isTransaction) this.#statements.get("BEGIN IMMEDIATE").run();
    try {
      this.#moveCheckpoint(batch);
      for (const { document, stored } of batch.resources)
        this.#resources.save(document, stored, this.#loaded.get(document.from));
      for (const value of batch.forgotten) this.#resources.forget(value);
      for (const change of batch.index) this.#resources.saveIndexed(change);
      for (const version of batch.versions) this.#resources.saveVersion(version);
      for (const version of batch.rewritten) this.#resources.saveVersion(version);
      for (const change of batch.grants) this.#grants.save(change);
      for (const row of batch.activity) this.#saveActivity(row);
      for (const tick of batch.ticks) this.#saveTick(tick);
      for (const { place, events } of batch.tallies)
        this.#statements.get("INSERT INTO tallies VALUES (?, ?)").run(place, events);
      this.#savePending(batch.pending);
      for (const { tenant, text } of batch.definitions)
        this.#statements.get("INSERT OR REPLACE INTO definitions VALUES (?, ?)").run(this.#names.number(tenant), text);
      for (const growth of batch.ledgers) this.#ledgers.save(growth);
      for (const head of batch.heads) this.#ledgers.saveHead(head);
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    this.#owesPages ||= batch.forgotten.length + batch.rewritten.length > 0;
  }

  show(): void {
    this.#gathered += 1;
    if (this.#gathered >= this.#gathers) this.#commit();
  }

  /** Takes what is left of erased values out of the write-ahead log, unless a reader still needs it: then it has to be tried again. */
  dropErased(): void {
    if (this.#owesPages && !this.#database.isTransaction) this.#dropOldPages();
  }

  /**
   * For a long catch-up, while nobody reads: several batches are one transaction, and the write-ahead log is moved into the
   * file seldom, since most pages are written again soon. Ends with the function that it returns; what was written since the
   * last transaction is lost with the process, and where a batch fails. Whoever projects is done with the writer then.
   */
  beginCatchUp(): () => void {
    const [usualSize] = this.#statements.get("PRAGMA cache_size").get() as unknown as [number];
    const size = Math.max(usualSize, -1_024 * CATCH_UP_MEGABYTES);
    this.#database.exec(`PRAGMA wal_autocheckpoint = ${CATCH_UP_PAGES}; PRAGMA cache_size = ${size}`);
    this.#gathers = CATCH_UP_BATCHES;
    return () => {
      this.#gathers = 1;
      if (this.#database.isTransaction) this.#commit();
      this.#grants.forget();
      this.#database.exec(`PRAGMA wal_autocheckpoint = ${USUAL_PAGES}; PRAGMA cache_size = ${usualSize}`);
      this.#dropOldPages();
    };
  }

  /** Keeps the file from growing beyond so many pages, as a full disk would. */
  limitPages(pages: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${pages}`);
  }

  close(): void {
    this.#database.close();
  }

  #commit(): void {
    try {
      this.#statements.get("COMMIT").run();
    } catch (error) {
      this.#rollBack();
      throw error;
    }
    this.#gathered = 0;
    this.dropErased();
  }

  #moveCheckpoint({ from, to }: ViewBatch): void {
    const { changes } = this.#statements
      .get("UPDATE checkpoint SET place = ?, effective_at = ?, events = ? WHERE place = ?")
      .run(to.place, to.effectiveAt, to.events, from.place);
    if (changes !== 1) throw new Error(`the read models are not at position ${from.place}: somebody else writes them`);
  }

  #saveTick({ place, effectiveAt, record }: TickRow): void {
    this.#statements.get("INSERT OR IGNORE INTO ticks VALUES (?, ?)").run(place, effectiveAt);
    if (record === undefined) return;
    const [tenant, kind] = [this.#names.number(record.tenant), this.#names.number(record.kind)];
    this.#statements.get("INSERT OR IGNORE INTO records VALUES (?, ?, ?)").run(tenant, kind, place);
  }

  #saveActivity(row: ActivityRow): void {
    const { place, effectiveAt, at, eventId, eventType, key, resource, revision, actor, credential, client } = row;
    const { requestId, paths, touch, told } = row;
    const names = this.#names;
    this.#statements
      .get("INSERT OR IGNORE INTO activity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(
        place,
        effectiveAt,
        at,
        eventId,
        names.number(eventType),
        names.number(key.tenant),
        names.number(key.type),
        resource ?? null,
        key.id,
        revision,
        names.number(actor),
        names.number(JSON.stringify(credential)),
        client ?? null,
        requestId,
        JSON.stringify(paths),
        told === undefined ? null : JSON.stringify(told),
        told?.members === undefined ? null : JSON.stringify(this.#numbersOf(key.tenant, told.members, place)),
      );
    if (resource !== undefined) {
      this.#statements
        .get("INSERT OR IGNORE INTO trail VALUES (?, ?, ?, ?)")
        .run(resource, TRAIL[touch], place, this.#pathIn(paths));
      if (resource === place && revision > 0) this.#adopt(row);
    } else
      this.#statements
        .get("INSERT OR IGNORE INTO counts VALUES (?, ?, 0)")
        .run(names.number(key.tenant), names.number(key.type));
  }

  /** The events of a change that created a resource are the resource's own too. */
  #adopt({ key, resource }: ActivityRow): void {
    const parts = [this.#names.number(key.tenant), this.#names.number(key.type), key.id];
    const ofNone = "WHERE tenant = ?2 AND type = ?3 AND id = ?4 AND rid IS NULL";
    this.#statements
      .get(
        `INSERT OR IGNORE INTO trail SELECT ?1, ${TRAIL.none}, place, iif(paths = '[]', NULL, ${SEVERAL}) FROM activity ${ofNone}`,
      )
      .run(resource!, ...parts);
    this.#statements.get(`UPDATE activity SET rid = ?1 ${ofNone}`).run(resource!, ...parts);
  }

  /** Of those that were there before the event, so that it is the same however the log was cut into batches. */
  #numbersOf(tenant: string, ids: readonly string[], place: number): (number | null)[] {
    return ids.map((id) => {
      const number = this.#grants.numberOf(tenant, id) ?? place;
      return number < place ? number : null;
    });
  }

  /** Single paths are as many as the schemas have; lists of them could be any number. */
  #pathIn([path, ...others]: readonly string[]): number | null {
    if (path === undefined) return null;
    return others.length === 0 ? this.#paths.number(path) : SEVERAL;
  }

  #hasPending(): boolean {
    this.#anyPending ??= this.#statements.get("SELECT 1 FROM pending LIMIT 1").get() !== undefined;
    return this.#anyPending;
  }

  #pendingOf(key: ResourceKey): PendingPart[] {
    const tenant = this.#names.find(key.tenant);
    const type = this.#names.find(key.type);
    if (tenant === undefined || type === undefined) return [];
    const rows = this.#statements
      .get(`SELECT place, change, fact FROM pending WHERE ${OF_STREAM} ORDER BY place`)
      .all(tenant, type, key.id) as unknown as [number, string, string][];
    return rows.map(([place, change, fact]) => ({ key, place, change, fact }));
  }

  #definitionsOf(tenant: string): StoredDefinitions[] {
    const number = this.#names.find(tenant);
    if (number === undefined) return [];
    const row = this.#statements.get("SELECT text FROM definitions WHERE tenant = ?").get(number) as unknown as
      | [string]
      | undefined;
    return row === undefined ? [] : [{ tenant, text: row[0] }];
  }

  #savePending({ added, dropped }: ViewBatch["pending"]): void {
    if (added.length + dropped.length === 0) return;
    for (const { tenant, type, id } of dropped)
      this.#statements
        .get(`DELETE FROM pending WHERE ${OF_STREAM}`)
        .run(this.#names.number(tenant), this.#names.number(type), id);
    for (const { key, place, change, fact } of added)
      this.#statements
        .get("INSERT OR IGNORE INTO pending VALUES (?, ?, ?, ?, ?, ?)")
        .run(this.#names.number(key.tenant), this.#names.number(key.type), key.id, place, change, fact);
    this.#anyPending = undefined;
  }

  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
    this.#gathered = 0;
    this.#names.forget();
    this.#paths.forget();
    this.#grants.forget();
    this.#ledgers.forget();
    this.#anyPending = undefined;
  }

  /** Does not wait for readers. */
  #dropOldPages(): void {
    this.#database.exec("PRAGMA busy_timeout = 0");
    const [busy] = this.#statements.get("PRAGMA wal_checkpoint(TRUNCATE)").get() as unknown as [number];
    this.#database.exec(`PRAGMA busy_timeout = ${LOCK_WAIT}`);
    this.#owesPages = busy !== 0;
  }
}
