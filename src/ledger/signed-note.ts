// Signed notes (C2SP signed-note): a text that ends in a newline, an empty line, and one line for each signature.
import { fromBase64, toBase64 } from "./base64.ts";
import { cosignedMessage, TIME_BYTES, timeOf } from "./cosignature.ts";
import { verifyWith } from "./ed25519.ts";
import { Malformed } from "./malformed.ts";
import { ED25519, isKeyName, type VerifierKey } from "./verifier-key.ts";

export interface NoteSignature {
  readonly name: string;
  /** 8 hex digits. */
  readonly id: string;
  /** What follows the key's id. */
  readonly bytes: Uint8Array;
}

export interface Note {
  /** With its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature of a known key that holds. */
export interface Signer {
  readonly key: VerifierKey;
  /** Seconds since 1970, for a cosignature. */
  readonly time?: number;
}

/** A known key's signature does not fit the text, or no known key has signed at all. */
export class NotSigned extends Error {
  override readonly name = "NotSigned";
  /** "altered": a known key's signature fails; "unknown": no known key has signed. */
  readonly because: "altered" | "unknown";
  constructor(because: "altered" | "unknown", message: string) {
    super(message);
    this.because = because;
  }
}

const KEY_ID_BYTES = 4;
/** The specification asks for 16; a note of tenants and witnesses has a handful. */
const MOST_SIGNATURES = 100;
const LONGEST_NOTE = 1_000_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the specification forbids exactly these.
const CONTROL = /[\u0000-\u0009\u000b-\u001f\ufffd]/u;

/** Throws Malformed. */
export function parseNote(note: string): Note {
  if (note.length > LONGEST_NOTE) throw new Malformed(`a note of ${note.length} characters is too long`);
  if (CONTROL.test(note)) throw new Malformed("a note with control characters, or not in UTF-8");
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw new Malformed("a note without an empty line before its signatures");
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > MOST_SIGNATURES) throw new Malformed(`a note with more than ${MOST_SIGNATURES} signatures`);
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

/** One signature line without its newline. Throws Malformed. */
function parseSignature(line: string): NoteSignature {
  const [dash, name = "", base64 = "", ...more] = line.split(" ");
  const bytes = fromBase64(base64);
  if (dash !== "—" || !isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES || more.length > 0)
    throw new Malformed(`“${line.slice(0, 100)}” is not a signature line of a note`);
  const id = Buffer.from(bytes.subarray(0, KEY_ID_BYTES)).toString("hex");
  return { name, id, bytes: bytes.subarray(KEY_ID_BYTES) };
}

export const formatSignature = ({ name, id, bytes }: NoteSignature): string =>
  `— ${name} ${toBase64(Buffer.concat([Buffer.from(id, "hex"), bytes]))}\n`;

export const formatNote = ({ text, signatures }: Note): string =>
  `${text}\n${signatures.map(formatSignature).join("")}`;

/**
 * The known keys that signed. Signatures of others are passed over. Throws NotSigned where a known key's signature fails, and
 * where no known key signed.
 */
export function verifyNote({ text, signatures }: Note, known: readonly VerifierKey[]): readonly Signer[] {
  const signers: Signer[] = [];
  for (const signature of signatures) {
    const key = known.find(({ name, id }) => name === signature.name && id === signature.id);
    if (key === undefined) continue;
    const signer = signerOf(text, signature.bytes, key);
    if (signer === undefined)
      throw new NotSigned("altered", `the signature of ${key.name}+${key.id} does not fit the note`);
    if (!signers.some((other) => other.key === key)) signers.push(signer);
  }
  if (signers.length === 0)
    throw new NotSigned("unknown", `no known key has signed the note (it names ${namesOf(signatures)})`);
  return signers;
}

function signerOf(text: string, bytes: Uint8Array, key: VerifierKey): Signer | undefined {
  if (key.type === ED25519) return verifyWith(key.publicKey, text, bytes) ? { key } : undefined;
  const time = timeOf(bytes);
  if (time === undefined) return undefined;
  const isValid = verifyWith(key.publicKey, cosignedMessage(text, time), bytes.subarray(TIME_BYTES));
  return isValid ? { key, time } : undefined;
}

const namesOf = (signatures: readonly NoteSignature[]): string =>
  signatures.map(({ name, id }) => `${name}+${id}`).join(", ");
