import { hash } from "node:crypto";

/** Namespace of the ids that derive from a command (RFC 9562 §5.5): a UUID of our own whose sixteen bytes are this text. */
const NAMESPACE = "scim-ledger\x00ids\x01";

/** UUID v5 of a command's id and a name within it: a repeated command makes the same ids again. */
export function derivedId(commandId: string, name: string): string {
  const digest = hash("sha1", `${NAMESPACE}${commandId}:${name}`, "hex");
  const variant = "89ab"[Number.parseInt(digest[16]!, 16) & 0x3]!;
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
