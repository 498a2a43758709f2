// Reading a log in EventStoreDB from its beginning, a child process: through the port or by the bare client's readAll.
import { randomBytes } from "node:crypto";
import { EventStoreDBClient } from "@eventstore/db-client";
import { START } from "../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../src/eventlog/eventstoredb/event-store-log.ts";
import { sealedEvents } from "../log/sealed-events.ts";

export type CatchUpRequest =
  | { readonly kind: "fill"; readonly address: string; readonly events: number }
  | { readonly kind: "read"; readonly address: string; readonly log: FilledLog; readonly isRaw: boolean };

/** A log that was written for this alone, without others' events in it. */
export interface FilledLog {
  readonly namespace: string;
  /** Where it begins and ends in the server's log. */
  readonly first: string;
  readonly last: string;
  readonly events: number;
}

export interface CatchUpResult {
  readonly seconds: number;
}

const APPEND = 100;

process.on("disconnect", () => process.exit());
process.once("message", async (request: CatchUpRequest) => {
  process.send!(request.kind === "fill" ? await fill(request.address, request.events) : await read(request));
});

async function fill(address: string, events: number): Promise<FilledLog> {
  const namespace = `b${randomBytes(8).toString("hex")}`;
  const log = await EventStoreEventLog.open(address, { namespace, beginBeside: true });
  const sealed = sealedEvents(APPEND);
  for (let at = 0; at < events; at += APPEND) {
    const stream = `${namespace}.tenant-s${at / APPEND}`;
    await log.append({ stream, expected: "none", events: sealed });
  }
  const first = (await log.readAll(START, 1))[0]!.position;
  const last = await log.head();
  await log.close();
  return { namespace, first, last, events };
}

async function read({ address, log, isRaw }: Extract<CatchUpRequest, { kind: "read" }>): Promise<CatchUpResult> {
  const began = performance.now();
  const seen = isRaw ? await readRaw(address, log) : await readThroughPort(address, log);
  if (seen !== log.events) throw new Error(`${seen} of ${log.events} events were read`);
  return { seconds: (performance.now() - began) / 1_000 };
}

async function readThroughPort(address: string, { namespace, last }: FilledLog): Promise<number> {
  const log = await EventStoreEventLog.open(address, { namespace });
  const stop = new AbortController();
  let seen = 0;
  for await (const events of log.subscribe(START, stop.signal)) {
    seen += events.length;
    if (events.at(-1)!.position === last) break;
  }
  await log.close();
  return seen;
}

async function readRaw(address: string, { namespace, first, last }: FilledLog): Promise<number> {
  const client = EventStoreDBClient.connectionString(address);
  let seen = 0;
  for await (const { event } of client.readAll({ fromPosition: { commit: BigInt(first), prepare: BigInt(first) } })) {
    if (event?.streamId.startsWith(`${namespace}.`)) seen += 1;
    if (event?.position?.commit === BigInt(last)) break;
  }
  await client.dispose();
  return seen;
}
