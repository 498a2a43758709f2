// The one writer of an embedded log, for the thread that owns it. Everything that waits becomes one transaction and one
// fsync; an append that cannot be made fails alone. The fsync is asked for apart from the commit, so that the thread has
// something better to do than to wait for the disk.
import { closeSync, fdatasync, openSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  type Append,
  Conflict,
  Fatal,
  MAX_APPEND_BYTES,
  type Position,
  positionOf,
  type RecordedEvent,
  TooLarge,
  type Unavailable,
} from "../event-log.ts";
import { logFile, namespaceOf, openLogForWriting } from "./log-file.ts";
import { notWritten } from "./sqlite-error.ts";
import { type Stream, StreamIndex } from "./stream-index.ts";

/** What became of one all-or-nothing group of appends: the position of its last event, or why nothing of it is written. */
export type Outcome = Position | Conflict | TooLarge | Unavailable | Fatal;

export interface Committed {
  /** One a group, in order. */
  readonly outcomes: readonly Outcome[];
  /** The events that are new in the log, in order. */
  readonly events: readonly RecordedEvent[];
}

/** One append with what the log holds of its stream. */
type Planned = { readonly append: Append; readonly stream: Stream };

export class SqliteLogWriter {
  readonly namespace: string;
  readonly #database: DatabaseSync;
  readonly #streams: StreamIndex;
  readonly #insert: StatementSync;
  /** Position of the last event; undefined after a failure, until it is read again. */
  #head: number | undefined;
  /** The write-ahead log, for its fsync; opened at the first. */
  #journal: number | undefined;
  readonly #path: string;

  /** Opens the log of a data folder, or makes it. Throws an Error that says why the file is refused. */
  constructor(folder: string, options: { readonly namespace?: string } = {}) {
    this.#database = openLogForWriting(folder, options.namespace);
    this.#path = logFile(folder);
    this.namespace = namespaceOf(this.#database)!;
    this.#streams = new StreamIndex(this.#database);
    this.#insert = this.#database.prepare(
      "INSERT INTO events (position, stream, revision, envelope, ciphertext) VALUES (?, ?, ?, ?, ?)",
    );
    this.#head = this.#storedHead();
  }

  /** The last event's position; START for an empty log. */
  get head(): Position {
    this.#head ??= this.#storedHead();
    return positionOf(this.#head);
  }

  /**
   * Appends groups, each all or nothing, in one transaction; durable once `flush` has resolved, and not to be acknowledged
   * before. A later group sees what an earlier one of the same batch appended. When the disk fails, all fail together and
   * the next batch starts afresh.
   */
  commit(groups: readonly (readonly Append[])[]): Committed {
    const events: RecordedEvent[] = [];
    try {
      this.#head ??= this.#storedHead();
      this.#database.exec("BEGIN IMMEDIATE");
      const outcomes = groups.map((group) => this.#appendGroup(group, events));
      if (events.length === 0) this.#database.exec("ROLLBACK");
      else this.#database.exec("COMMIT");
      return { outcomes, events };
    } catch (error) {
      const failure = notWritten(error);
      this.#rollBack();
      return { outcomes: groups.map(() => failure), events: [] };
    }
  }

  /**
   * Resolves once everything committed so far is on the disk. Rejects with Fatal when the disk cannot say so: what it then
   * holds is unknown, and only opening the log again can tell.
   */
  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#journal ??= openSync(`${this.#path}-wal`, "r+");
      fdatasync(this.#journal, (error) => {
        if (error === null) resolve();
        else reject(new Fatal(`the disk did not keep the event log: ${error.message}`, { cause: error }));
      });
    });
  }

  /** Bounds the file, in pages of 8 KiB: an append beyond meets a full disk. */
  limitPages(pages: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${pages}`);
  }

  close(): void {
    if (this.#journal !== undefined) closeSync(this.#journal);
    this.#journal = undefined;
    this.#database.close();
  }

  #appendGroup(group: readonly Append[], events: RecordedEvent[]): Outcome {
    const tooLarge = group.map(bytesOf).find((bytes) => bytes > MAX_APPEND_BYTES);
    if (tooLarge !== undefined) return new TooLarge(tooLarge, MAX_APPEND_BYTES);
    const heads = new Map<string, number>();
    const planned = group.map((append) => ({ append, stream: this.#streams.find(append.stream) }));
    const stale = planned.find(({ append, stream }) => {
      const head = heads.get(append.stream) ?? stream.head;
      heads.set(append.stream, head + append.events.length);
      return head !== revisionOf(append);
    });
    if (stale !== undefined) return this.#repeated(planned) ?? new Conflict(stale.append.stream);
    for (const { append, stream } of planned) this.#write(append, stream, events);
    return this.head;
  }

  /** The original position of a group that the log holds already, event for event at the same revisions. */
  #repeated(planned: readonly Planned[]): Position | undefined {
    let last = 0;
    for (const { append, stream } of planned) {
      const position = this.#streams.positionOfRepeat(stream, revisionOf(append), append.events);
      if (position === undefined) return undefined;
      last = Math.max(last, position);
    }
    return positionOf(last);
  }

  #write(append: Append, stream: Stream, events: RecordedEvent[]): void {
    this.#streams.create(append.stream, stream);
    for (const event of append.events) {
      const ordinal = this.#head! + 1;
      const revision = stream.head + 1;
      this.#insert.run(ordinal, stream.id, revision, event.envelope, event.ciphertext);
      this.#head = ordinal;
      stream.head = revision;
      events.push({ ...event, stream: append.stream, revision, position: positionOf(ordinal) });
    }
  }

  /** Forgets what the failed transaction had added. SQLite may have rolled back by itself. */
  #rollBack(): void {
    this.#streams.forget();
    this.#head = undefined;
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
  }

  #storedHead(): number {
    return Number(this.#database.prepare("SELECT ifnull(max(position), 0) AS head FROM events").get()!["head"]);
  }
}

/** The revision that the stream must be at; -1 for one that must not exist. */
const revisionOf = ({ expected }: Append): number => (expected === "none" ? -1 : expected);

/** Bytes of envelopes and ciphertexts; an upper bound where that is enough to know that they fit. */
function bytesOf({ events }: Append): number {
  let bytes = 0;
  for (const { envelope, ciphertext } of events) bytes += envelope.length * 3 + (ciphertext?.length ?? 0);
  if (bytes <= MAX_APPEND_BYTES) return bytes;
  return events.reduce((sum, event) => sum + Buffer.byteLength(event.envelope) + (event.ciphertext?.length ?? 0), 0);
}
