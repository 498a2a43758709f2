// Keys as C2SP signed-note names them: `<name>+<key id>+<type and public key>`, a vkey for short.
import { fromBase64, toBase64 } from "./base64.ts";
import { PUBLIC_KEY_BYTES } from "./ed25519.ts";
import { sha256 } from "./hash.ts";
import { Malformed } from "./malformed.ts";

/** Signature types of the specification that are read here: a log's own, and a witness's with a time. */
export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;
export type SignatureType = typeof ED25519 | typeof COSIGNATURE;

export interface VerifierKey {
  readonly name: string;
  /** 8 hex digits. */
  readonly id: string;
  readonly type: SignatureType;
  readonly publicKey: Uint8Array;
}

const SPACE_OR_PLUS = /[\s\u0085+]/u;

/** Whether a text can name a key. */
export const isKeyName = (name: string): boolean => name !== "" && !SPACE_OR_PLUS.test(name);

/** The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), in hex. */
export function verifierKey(name: string, type: SignatureType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw new Malformed(`“${name}” cannot name a key: it is empty, or has a blank or a plus`);
  const id = Buffer.from(sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), publicKey])).subarray(0, 4));
  return { name, id: id.toString("hex"), type, publicKey };
}

export const formatVerifierKey = ({ name, id, type, publicKey }: VerifierKey): string =>
  `${name}+${id}+${toBase64(Buffer.concat([Buffer.of(type), publicKey]))}`;

/** Throws Malformed, also where the id is not the key's own. */
export function parseVerifierKey(text: string): VerifierKey {
  const [name = "", id = "", ...rest] = text.split("+");
  const bytes = fromBase64(rest.join("+"));
  const type = bytes?.[0];
  if (bytes === undefined || (type !== ED25519 && type !== COSIGNATURE) || bytes.length !== 1 + PUBLIC_KEY_BYTES)
    throw new Malformed(`“${text}” is not a vkey of an Ed25519 key: <name>+<8 hex digits>+<base 64>`);
  const key = verifierKey(name, type, bytes.subarray(1));
  if (key.id !== id) throw new Malformed(`the vkey of “${name}” says the id ${id}, and its key has the id ${key.id}`);
  return key;
}
