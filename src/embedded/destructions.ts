// Which keys the log of a data folder says were destroyed.
import { UserErased } from "../domain/events.ts";
import { recognise } from "../domain/recognise.ts";
import { KeysDestroyed } from "../domain/record-events.ts";
import { readEnvelope } from "../eventlog/envelope.ts";
import { type Position, type RecordedEvent, START } from "../eventlog/event-log.ts";
import { SqliteLogReader } from "../eventlog/sqlite/reader.ts";

const EVENTS_AT_ONCE = 4_000;

export interface Destructions {
  /** Persons who were erased. */
  readonly erased: number;
  /** Tenant → its destroyed keys. */
  readonly keysOf: ReadonlyMap<string, readonly string[]>;
}

/** Reads the whole log. */
export function destructionsIn(folder: string): Destructions {
  const keysOf = new Map<string, string[]>();
  let erased = 0;
  const log = new SqliteLogReader(folder);
  try {
    for (let after: Position = START; ; ) {
      const events = log.readAll(after, EVENTS_AT_ONCE);
      if (events.length === 0) return { erased, keysOf };
      after = events.at(-1)!.position;
      for (const event of events) {
        if (event.type !== UserErased.type && event.type !== KeysDestroyed.type) continue;
        const { tenant, keys } = destroyedBy(event);
        if (event.type === UserErased.type) erased += 1;
        const ofTenant = keysOf.get(tenant) ?? [];
        ofTenant.push(...keys);
        keysOf.set(tenant, ofTenant);
      }
    }
  } finally {
    log.close();
  }
}

function destroyedBy(recorded: RecordedEvent): { readonly tenant: string; readonly keys: readonly string[] } {
  const { tenant, type, version, data } = readEnvelope(recorded);
  const event = recognise(type, version, data, undefined);
  if (event === undefined)
    throw new Error(`the destruction at position ${recorded.position} is of a version that this program does not know`);
  const { data: declared } = type === UserErased.type ? UserErased : KeysDestroyed;
  return { tenant, keys: declared.parse(event.data).keys };
}
