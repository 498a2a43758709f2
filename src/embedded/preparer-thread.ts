// A thread beside the writer's while that catches up: reads the log ahead of it and prepares the events.
import { parentPort, workerData } from "node:worker_threads";
import type { Position } from "../eventlog/event-log.ts";
import { SqliteLogReader } from "../eventlog/sqlite/reader.ts";
import { prepareEvent } from "../projections/preparing.ts";
import { openVaultReadOnly } from "../vault/sqlite/vault.ts";
import { packEvents } from "./prepared-messages.ts";

export interface PreparerData {
  readonly folder: string;
  readonly after: Position;
  /** Events of one slice. */
  readonly slice: number;
}

/** "more": the next events are wanted; none where the log has no more. */
export type PreparerRequest = "more" | "end";

const { folder, after, slice } = workerData as PreparerData;
const log = new SqliteLogReader(folder);
const vault = openVaultReadOnly(folder);
let position = after;

function next(): void {
  const events = log.readAll(position, slice);
  position = events.at(-1)?.position ?? position;
  const openKey = (tenant: string, keyId: string) => vault.open(tenant, keyId);
  const packed = packEvents(events.map((event) => prepareEvent(event, log.namespace, openKey)));
  parentPort!.postMessage(packed, [packed.bytes.buffer]);
}

function end(): void {
  log.close();
  vault.close();
  parentPort!.close();
}

parentPort!.on("message", (request: PreparerRequest) => (request === "more" ? next() : end()));
