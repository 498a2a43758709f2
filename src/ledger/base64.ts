// Standard base 64 (RFC 4648 §4), with padding and in one spelling alone: what is read can be written back byte for byte.

export const toBase64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/** Undefined for whatever `toBase64` would not have written. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
