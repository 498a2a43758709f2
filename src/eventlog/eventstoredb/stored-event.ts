// How an event of ours lies in EventStoreDB, and where: as binary data, because the client parses and rewrites JSON, and the
// ledger hashes the envelope's very bytes. Data is the envelope; a zero byte, which no JSON text holds, parts it from the
// ciphertext where there is one. Type and id are the envelope's, so that the server knows a repeated append.
import type { AllStreamRecordedEvent, BinaryEventData, RecordedEvent as ServerEvent } from "@eventstore/db-client";
import { Fatal, type Position, positionOf, type RecordedEvent, type SealedEvent } from "../event-log.ts";

/** A place in $all as the client has it. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

type Stored = ServerEvent | AllStreamRecordedEvent;

/** What the client appends: as its `binaryEvent` would make it, which copies the data once more. */
export const storedEvent = ({ id, type, envelope, ciphertext }: SealedEvent): StoredEvent => ({
  id,
  type,
  contentType: "application/octet-stream",
  data: dataOf(envelope, ciphertext),
  metadata: undefined,
});

type StoredEvent = BinaryEventData & { readonly data: Uint8Array };

const utf8 = new TextEncoder();

function dataOf(envelope: string, ciphertext: Uint8Array | null): Uint8Array {
  const clear = Buffer.byteLength(envelope);
  // A bare Uint8Array: of a Buffer the client would make something else.
  const data = new Uint8Array(clear + (ciphertext === null ? 0 : 1 + ciphertext.length));
  utf8.encodeInto(envelope, data);
  if (ciphertext !== null) data.set(ciphertext, clear + 1);
  return data;
}

/** An event of ours as it was appended. Throws Fatal where something else stands in our stream. */
export function recordedEvent(stored: Stored): RecordedEvent {
  const { data, id, type, streamId: stream } = stored;
  if (!(data instanceof Uint8Array)) throw new Fatal(`event ${id} of stream ${stream} was not written by this service`);
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const end = bytes.indexOf(0);
  return {
    id,
    type,
    stream,
    envelope: bytes.toString("utf8", 0, end < 0 ? bytes.length : end),
    ciphertext: end < 0 ? null : data.subarray(end + 1),
    revision: Number(stored.revision),
    position: placeOf(stored.position, id),
  };
}

/** Bytes that the server counts for an event: its data, and its type in UTF-16 with a byte of flags. */
export const sizeOnServer = ({ data, type }: StoredEvent): number => data.length + 2 * type.length + 1;

/** Throws Fatal for a place that the port's numbers cannot hold. */
export function placeOf(position: LogPosition | undefined, id: string): Position {
  if (position === undefined || position.commit !== position.prepare || position.commit > MOST)
    throw new Fatal(`event ${id} lies at ${said(position)}, which is no place below 2^53`);
  return positionOf(Number(position.commit));
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER);

const said = (position: LogPosition | undefined) =>
  position === undefined ? "no position" : `C:${position.commit}/P:${position.prepare}`;

/** The place in $all of a position of ours. */
export function logPositionOf(position: Position): LogPosition {
  const commit = BigInt(position);
  return { commit, prepare: commit };
}
