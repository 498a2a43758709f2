// Reads the embedded log, synchronously, on a connection of its own: one for each thread that reads.

import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { atMost } from "../../sqlite/at-most.ts";
import { identify } from "../envelope.ts";
import { Fatal, ordinalOf, type Position, positionOf, type RecordedEvent, type Revision } from "../event-log.ts";
import { namespaceOf, openLogForReading } from "./log-file.ts";
import { notWritten } from "./sqlite-error.ts";

const SELECT = "SELECT position, revision, envelope, ciphertext FROM events";
const NO_LIMIT = -1;

type Row = Record<string, SQLOutputValue>;

/** Its methods throw Unavailable where the file cannot be read and Fatal where it is damaged. */
export class SqliteLogReader {
  readonly namespace: string;
  readonly #database: DatabaseSync;
  readonly #ofStream: StatementSync;
  readonly #after: StatementSync;
  readonly #at: StatementSync;
  readonly #head: StatementSync;

  constructor(folder: string) {
    this.#database = openLogForReading(folder);
    this.namespace = namespaceOf(this.#database) ?? "";
    this.#ofStream = this.#database.prepare(
      `${SELECT} WHERE stream = (SELECT id FROM streams WHERE name = ?) AND revision > ? ORDER BY revision ${atMost("?")}`,
    );
    this.#after = this.#database.prepare(`${SELECT} WHERE position > ? ORDER BY position ${atMost("?")}`);
    this.#at = this.#database.prepare(
      `SELECT position, revision, envelope, ciphertext FROM json_each(?) j CROSS JOIN events ON position = j.value ORDER BY j.key`,
    );
    this.#head = this.#database.prepare("SELECT ifnull(max(position), 0) AS head FROM events");
  }

  /** Events of one stream after a revision (-1: from the first), in order, at most `limit`. */
  read(stream: string, after: Revision, limit = NO_LIMIT): readonly RecordedEvent[] {
    return reading(() => this.#ofStream.all(stream, after, limit).map(recorded));
  }

  /** Events after a position, in order, at most `limit`. */
  readAll(after: Position, limit: number): readonly RecordedEvent[] {
    return reading(() => this.#after.all(ordinalOf(after), limit).map(recorded));
  }

  /** The events at exactly these positions, in that order. A log has no gaps: a missing one is Fatal. */
  readAt(positions: readonly Position[]): readonly RecordedEvent[] {
    if (positions.length === 0) return [];
    const found = reading(() => this.#at.all(JSON.stringify(positions.map(ordinalOf))).map(recorded));
    if (found.length === positions.length) return found;
    const known = new Set(found.map(({ position }) => position));
    throw new Fatal(`the log has no event at position ${positions.find((position) => !known.has(position))}`);
  }

  /** The last event's position; START for an empty log. */
  head(): Position {
    return reading(() => positionOf(this.#head.get()!["head"] as number));
  }

  close(): void {
    this.#database.close();
  }
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw notWritten(error);
  }
}

function recorded(row: Row): RecordedEvent {
  const envelope = row["envelope"] as string;
  return {
    ...identify(envelope),
    envelope,
    ciphertext: row["ciphertext"] as Uint8Array | null,
    revision: row["revision"] as number,
    position: positionOf(row["position"] as number),
  };
}
