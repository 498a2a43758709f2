// The keys of a history's events, for whoever has a vault.
import { eventKey, type FindKey } from "../../eventlog/codec.ts";
import { readEnvelope } from "../../eventlog/envelope.ts";
import { Turns } from "../answers/turns.ts";
import type { CarriedHistory } from "./history.ts";
import type { KeyOf } from "./sources.ts";

const AT_ONCE = 250;

/** Looks up all data keys of a history before any is needed, so that replaying it waits for none. */
export async function keysFrom(history: CarriedHistory, tenant: string, findKey: FindKey): Promise<KeyOf> {
  const found = new Map<string, Uint8Array | undefined>();
  const turns = new Turns();
  for (let start = 0; start < history.size; start += AT_ONCE) {
    const fresh = new Set<string>();
    for (let index = start; index < Math.min(history.size, start + AT_ONCE); index++) {
      const { key } = readEnvelope(history.event(index));
      if (key !== undefined && !found.has(key)) fresh.add(key);
    }
    await turns.pause();
    const ids = [...fresh];
    const secrets = await Promise.all(ids.map((id) => findKey(tenant, id)));
    for (const [at, id] of ids.entries()) found.set(id, secrets[at]);
  }
  return (_, event) => {
    const { key } = readEnvelope(event);
    const dataKey = key === undefined ? undefined : found.get(key);
    return dataKey === undefined ? undefined : eventKey(dataKey, event.id);
  };
}
