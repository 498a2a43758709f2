// One reading connection and what reads through it; each thread has its own.
import type { DatabaseSync } from "node:sqlite";
import { QueryRunner } from "../lists/query-runner.ts";
import { Names } from "../names.ts";
import { Statements } from "../statements.ts";
import { type HandingOver, Lookups } from "../threads/lookups.ts";
import { type CacheSize, openViewsForReading } from "../views-file.ts";
import { ActivityReader } from "./activity-reader.ts";
import { GrantReader } from "./grant-reader.ts";
import { HistoryReader } from "./history-reader.ts";
import { LedgerReader } from "./ledger-reader.ts";
import { MembershipReader } from "./membership-reader.ts";
import { ResourceNumbers } from "./resource-numbers.ts";
import { ResourceReader } from "./resource-reader.ts";
import { StandingReader } from "./standing-reader.ts";
import { StateReader } from "./state-reader.ts";

export interface ReadingOptions extends CacheSize {
  /** What `$ref` and `meta.location` begin with, as in `https://id.example.com/scim/v2`; filters compare it. */
  readonly baseUrl?: string;
}

/** What differs between the threads that read. */
export interface ReadingThread {
  /** Whether statements are watched by the clock. */
  readonly isTimed?: boolean;
  readonly handingOver?: HandingOver;
}

export class ViewsReader {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  readonly names: Names;
  readonly resources: ResourceReader;
  readonly activity: ActivityReader;
  readonly grants: GrantReader;
  readonly history: HistoryReader;
  readonly standing: StandingReader;
  readonly state: StateReader;
  readonly queries: QueryRunner;
  readonly memberships: MembershipReader;
  readonly ledger: LedgerReader;

  constructor(folder: string, options: ReadingOptions = {}, { isTimed = false, handingOver }: ReadingThread = {}) {
    this.database = openViewsForReading(folder, options);
    this.statements = new Statements(this.database);
    this.names = new Names(this.statements);
    this.resources = new ResourceReader(this.statements, this.names);
    const lookups = new Lookups(this.statements, handingOver);
    const numbers = new ResourceNumbers(lookups);
    this.activity = new ActivityReader(this.statements, this.names, numbers);
    this.grants = new GrantReader(this.statements, this.names);
    this.history = new HistoryReader(this.statements, this.names, lookups);
    this.standing = new StandingReader(this.statements, this.names, numbers, lookups);
    this.state = new StateReader(this.statements, this.names);
    this.ledger = new LedgerReader(this.statements, this.names);
    const { database, statements, names, resources, activity } = this;
    this.queries = new QueryRunner({
      database,
      statements,
      names,
      resources,
      activity,
      baseUrl: options.baseUrl ?? "",
      isTimed,
    });
    this.memberships = new MembershipReader({ statements, names, queries: this.queries });
  }

  close(): void {
    this.database.close();
  }
}
