// A vault from a backup may still hold keys that the log says were destroyed: they are destroyed again.
import { UserErased } from "../../domain/events.ts";
import { recognise } from "../../domain/recognise.ts";
import { KeysDestroyed } from "../../domain/record-events.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import { type Position, type RecordedEvent, START } from "../../eventlog/event-log.ts";
import { SqliteLogReader } from "../../eventlog/sqlite/reader.ts";
import { VaultKeeper } from "../../vault/sqlite/keeper.ts";

const EVENTS_AT_ONCE = 4_000;

/** Destroys in a folder's vault every key that its log says was destroyed; returns how many persons were erased. */
export function applyErasures(folder: string): number {
  const { erased, keysOf } = erasuresIn(folder);
  if (keysOf.size === 0) return 0;
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
