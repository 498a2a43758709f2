// Durable appends in EventStoreDB, a child process: through the port or by the bare client, the same events to the same
// streams at the same revisions, by so many writers, each of which waits for its own.
import { randomBytes } from "node:crypto";
import { binaryEvent, EventStoreDBClient } from "@eventstore/db-client";
import type { SealedEvent } from "../../src/eventlog/event-log.ts";
import { EventStoreEventLog } from "../../src/eventlog/eventstoredb/event-store-log.ts";
import { sealedEvents } from "../log/sealed-events.ts";

export interface EngineAppendsRequest {
  readonly address: string;
  readonly writers: number;
  readonly seconds: number;
  /** The bare client instead of the port. */
  readonly isRaw: boolean;
}

export interface EngineAppendsResult {
  readonly appends: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

/** Streams that one writer appends to in turn. */
const STREAMS = 100;
const WARM_UP = 200;

interface Appender {
  append(stream: string, revision: number, event: SealedEvent): Promise<unknown>;
  close(): Promise<void>;
}

process.on("disconnect", () => process.exit());
process.once("message", async ({ address, writers, seconds, isRaw }: EngineAppendsRequest) => {
  const namespace = `b${randomBytes(8).toString("hex")}`;
  const appender = isRaw ? rawAppender(address) : await portAppender(address, namespace);
  const events = sealedEvents(writers * STREAMS);
  for (let i = 0; i < WARM_UP; i++) await appender.append(`${namespace}.tenant-warm${i}`, -1, events[i % STREAMS]!);
  const latencies: number[] = [];
  const began = performance.now();
  const end = began + seconds * 1_000;
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const own = events.slice(writer * STREAMS, (writer + 1) * STREAMS);
      for (let revision = -1; ; revision++)
        for (const [index, event] of own.entries()) {
          const asked = performance.now();
          if (asked >= end) return;
          await appender.append(`${namespace}.tenant-w${writer}x${index}`, revision, event);
          latencies.push(performance.now() - asked);
        }
    }),
  );
  const taken = (performance.now() - began) / 1_000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))]!;
  await appender.close();
  process.send!({
    appends: latencies.length,
    seconds: taken,
    p50: at(0.5),
    p99: at(0.99),
  } satisfies EngineAppendsResult);
});

async function portAppender(address: string, namespace: string): Promise<Appender> {
  const log = await EventStoreEventLog.open(address, { namespace, beginBeside: true });
  return {
    append: (stream, revision, event) =>
      log.append({ stream, expected: revision < 0 ? "none" : revision, events: [event] }),
    close: () => log.close(),
  };
}

function rawAppender(address: string): Appender {
  const client = EventStoreDBClient.connectionString(address);
  return {
    append: (stream, revision, { id, type, envelope, ciphertext }) => {
      const data = new Uint8Array(Buffer.concat([Buffer.from(envelope), ciphertext ?? Buffer.alloc(0)]));
      const expectedRevision = revision < 0 ? "no_stream" : BigInt(revision);
      return client.appendToStream(stream, binaryEvent({ id, type, data }), { expectedRevision });
    },
    close: () => client.dispose(),
  };
}
