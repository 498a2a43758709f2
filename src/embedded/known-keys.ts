// Whether a vault is the one of a log: then it knows every key that events of the log name. Keys are durable before an event
// names them, and a destroyed one leaves its row, so no crash and no erasure makes a key unknown.
import type { DatabaseSync } from "node:sqlite";
import { readEnvelope } from "../eventlog/envelope.ts";
import { ordinalOf, type Position, positionOf, type RecordedEvent } from "../eventlog/event-log.ts";
import { logFile } from "../eventlog/sqlite/log-file.ts";
import { SqliteLogReader } from "../eventlog/sqlite/reader.ts";
import { namingDamage } from "../sqlite/damaged-file.ts";
import { keyIdBytes } from "../vault/key-id.ts";
import { DESTROYED } from "../vault/sqlite/vault-file.ts";
import { destructionsIn } from "./destructions.ts";

/** Events whose keys are looked for: the last ones, and stretches spread over the rest of the log. */
const LAST_EVENTS = 500;
const STRETCHES = 20;
const STRETCH = 50;

export function sampleOf(folder: string): readonly RecordedEvent[] {
  const log = new SqliteLogReader(folder);
  try {
    const head = ordinalOf(log.head());
    const sample = new Map<Position, RecordedEvent>();
    const take = (after: number, limit: number): void => {
      for (const event of log.readAll(positionOf(after), limit)) sample.set(event.position, event);
    };
    for (let stretch = 0; stretch < STRETCHES; stretch++) take(Math.floor((head * stretch) / STRETCHES), STRETCH);
    take(Math.max(0, head - LAST_EVENTS), LAST_EVENTS);
    return [...sample.values()];
  } finally {
    log.close();
  }
}

/** What a vault has of a key: its secret, the place of a secret that was destroyed, or nothing. */
export type KeyState = "kept" | "destroyed" | "unknown";

/** The keys that these events of a folder's log name, each as `<tenant>/<id>`, and what this vault has of them. */
export function keyStates(
  folder: string,
  vault: DatabaseSync,
  events: readonly RecordedEvent[],
): ReadonlyMap<string, KeyState> {
  const find = vault.prepare(
    `SELECT wrapped = ${DESTROYED} AS destroyed FROM keys JOIN tenants ON tenants.id = keys.tenant ` +
      "WHERE keys.name = ? AND tenants.name = ?",
  );
  const states = new Map<string, KeyState>();
  for (const event of events) {
    const { tenant, key } = readEnvelope(event);
    if (key === undefined) continue;
    const row = find.get(keyIdBytes(key) ?? null, tenant);
    states.set(`${tenant}/${key}`, row === undefined ? "unknown" : row["destroyed"] === 1 ? "destroyed" : "kept");
  }
  forgiveDestroyed(folder, states);
  return states;
}

/** A vault that was handed back from MongoDB has nothing of keys that were destroyed there: the log says which. */
function forgiveDestroyed(folder: string, states: Map<string, KeyState>): void {
  if (![...states.values()].includes("unknown")) return;
  const { keysOf } = namingDamage(logFile(folder), () => destructionsIn(folder));
  for (const [tenant, keys] of keysOf)
    for (const key of keys) if (states.has(`${tenant}/${key}`)) states.set(`${tenant}/${key}`, "destroyed");
}
