// What a witness signs (C2SP tlog-cosignature, Ed25519): the time and the checkpoint's text.

/** Seconds since 1970 stand before the signature, 64 bits, big-endian. */
export const TIME_BYTES = 8;

export const cosignedMessage = (text: string, time: number): string => `cosignature/v1\ntime ${time}\n${text}`;

/** The last second that a date can name: what is beyond has been seen by nobody. */
const LATEST = 8_640_000_000_000n;

/** The time in a cosignature; undefined where it is too short for one, or the time is none. */
export function timeOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < TIME_BYTES) return undefined;
  const time = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  return time <= LATEST ? Number(time) : undefined;
}

/** Time and signature as they stand in a note. */
export function timed(time: number, signature: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(TIME_BYTES + signature.length);
  bytes.writeBigUInt64BE(BigInt(time));
  bytes.set(signature, TIME_BYTES);
  return bytes;
}
