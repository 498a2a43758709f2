// A vault from a backup may still hold keys that the log says were destroyed: they are destroyed again.
import { UserErased } from "../../domain/events.ts";
import { recognise } from "../../domain/recognise.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import { type Position, type RecordedEvent, START } from "../../eventlog/event-log.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import { VaultKeeper } from "../../vault/sqlite/keeper.ts";

const EVENTS_AT_ONCE = 4_000;

/** Destroys in a folder's vault every key that an erasure in its log names; returns how many persons were erased. */
export function applyErasures(folder: string): number {
  const { erased, keysOf } = erasuresIn(folder);
  if (erased === 0) return 0;
  const vault = new VaultKeeper(folder);
  try {
    for (const [tenant, keys] of keysOf) vault.destroy(tenant, keys);
  } finally {
    vault.close();
  }
  return erased;
}

function erasuresIn(folder: string): { readonly erased: number; readonly keysOf: ReadonlyMap<string, string[]> } {
  const keysOf = new Map<string, string[]>();
  let erased = 0;
  const log = new SqliteLogReader(folder);
  try {
    for (let after: Position = START; ; ) {
      const events = log.readAll(after, EVENTS_AT_ONCE);
      if (events.length === 0) return { erased, keysOf };
      after = events.at(-1)!.position;
      for (const event of events) {
        if (event.type !== UserErased.type) continue;
        const { tenant, keys } = erasureOf(event);
        erased += 1;
        keysOf.set(tenant, [...(keysOf.get(tenant) ?? []), ...keys]);
      }
    }
  } finally {
    log.close();
  }
}

function erasureOf(recorded: RecordedEvent): { readonly tenant: string; readonly keys: readonly string[] } {
  const { tenant, type, version, data } = readEnvelope(recorded);
  const event = recognise(type, version, data, undefined);
  if (event === undefined)
    throw new Error(`the erasure at position ${recorded.position} is of a version that this program does not know`);
  return { tenant, keys: UserErased.data.parse(event.data).keys };
}
