import { hash } from "node:crypto";

/** Namespace of the ids that derive from a command (RFC 9562 §6.5: a UUID of our own choosing). */
const NAMESPACE = Buffer.from("5c1a1ed6e7b0400c9d0a7d9e3b6f2a41", "hex");

/** UUID v5 of a command's id and a name within it: a repeated command makes the same ids again. */
export function derivedId(commandId: string, name: string): string {
  const digest = hash("sha1", Buffer.concat([NAMESPACE, Buffer.from(`${commandId}:${name}`)]), "hex");
  const variant = ((Number.parseInt(digest[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
