// What the writer knows of each stream: its row and its head. There is one writer, so what it remembers is what is stored.

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { atMost } from "../../sqlite/at-most.ts";
import { identify } from "../envelope.ts";
import type { Revision, SealedEvent } from "../event-log.ts";

export interface Stream {
  /** 0 while the stream does not exist. */
  id: number;
  /** Revision of the last event, those of the open transaction included; -1 while there is none. */
  head: Revision;
}

/** Streams of one generation; two are remembered. */
const GENERATION = 8_192;

export class StreamIndex {
  /** Used since the last change of generation, and in the one before: a stream in use never drops out. */
  #young = new Map<string, Stream>();
  #old = new Map<string, Stream>();
  readonly #find: StatementSync;
  readonly #create: StatementSync;
  readonly #eventsFrom: StatementSync;
  readonly #lastId: StatementSync;
  /** The id of the newest stream; undefined until it is read. */
  #newest: number | undefined;

  constructor(database: DatabaseSync) {
    this.#find = database.prepare(
      "SELECT id, (SELECT max(revision) FROM events WHERE stream = streams.id) AS head FROM streams WHERE name = ?",
    );
    this.#create = database.prepare("INSERT INTO streams (name, id) VALUES (?, ?)");
    this.#lastId = database.prepare("SELECT ifnull(max(stream), 0) AS id FROM events");
    this.#eventsFrom = database.prepare(
      `SELECT position, envelope FROM events WHERE stream = ? AND revision > ? ORDER BY revision ${atMost("?")}`,
    );
  }

  /** The stream of this name, which may not exist yet. */
  find(name: string): Stream {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const stream = this.#old.get(name) ?? this.#load(name);
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, stream);
    return stream;
  }

  /** Gives a stream its row where it has none. */
  create(name: string, stream: Stream): void {
    if (stream.id !== 0) return;
    this.#newest = (this.#newest ?? Number(this.#lastId.get()!["id"])) + 1;
    this.#create.run(name, this.#newest);
    stream.id = this.#newest;
  }

  /** The position of the last of these events, if exactly they follow `after` in the stream; undefined otherwise. */
  positionOfRepeat(stream: Stream, after: Revision, events: readonly SealedEvent[]): number | undefined {
    if (events.length === 0 || after + events.length > stream.head) return undefined;
    const rows = this.#eventsFrom.all(stream.id, after, events.length);
    const same = events.every(({ id }, index) => identify(String(rows[index]?.["envelope"])).id === id);
    return same ? Number(rows.at(-1)!["position"]) : undefined;
  }

  /** Drops all that is remembered: a transaction failed, and what it added with it. */
  forget(): void {
    this.#young.clear();
    this.#old.clear();
    this.#newest = undefined;
  }

  #load(name: string): Stream {
    const row = this.#find.get(name);
    return row === undefined ? { id: 0, head: -1 } : { id: Number(row["id"]), head: Number(row["head"]) };
  }
}
