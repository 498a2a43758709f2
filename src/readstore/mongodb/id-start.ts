// What an event is found by among the leaves: the first four bytes of its id, as a number.

export const ID_BYTES = 4;

/** Undefined for a text that is no id. */
export function idStart(eventId: string): number | undefined {
  const bytes = Buffer.from(eventId.slice(0, 2 * ID_BYTES), "hex");
  return bytes.length === ID_BYTES ? bytes.readUInt32BE(0) : undefined;
}

/** Of ids that stand one after the other. */
export function idStartsIn(ids: Uint8Array): number[] {
  const bytes = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength);
  return Array.from({ length: bytes.length / ID_BYTES }, (_, at) => bytes.readUInt32BE(at * ID_BYTES));
}
