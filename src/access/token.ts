// Bearer tokens: `scl_<credential id>_<secret><checksum>`. The prefix lets a scanner find a leaked one, the checksum lets
// anyone (and this service, before it looks anything up) tell a token from noise, the id finds the credential.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

const PREFIX = "scl_";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 12;
/** 30 characters of 62 are 178 random bits. */
const SECRET_LENGTH = 30;
/** 62^6 is above 2^32. */
const CHECKSUM_LENGTH = 6;
const SECRET_START = PREFIX.length + ID_LENGTH + 1;
const CHECKSUM_START = SECRET_START + SECRET_LENGTH;
/** Of every token. */
export const TOKEN_LENGTH = CHECKSUM_START + CHECKSUM_LENGTH;

/** Bytes at or above this would make the first characters of the alphabet likelier than the others. */
const UNBIASED = 256 - (256 % ALPHABET.length);

function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(2 * length)) {
      if (byte < UNBIASED && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}

/** A new public id of a credential or of one of its secrets. */
export const newId = (): string => randomText(ID_LENGTH);

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = ALPHABET[rest % ALPHABET.length] + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}

/** SHA-256, hex. A secret of 178 random bits needs no slow hash. */
export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** Compares without telling by its time how much agrees. */
export const isHash = (hash: string, expected: string): boolean =>
  hash.length === expected.length && timingSafeEqual(Buffer.from(hash), Buffer.from(expected));

/** A token with a new secret. It is shown once; only the hash is kept. */
export function issueToken(credential: string): { readonly token: string; readonly hash: string } {
  const secret = randomText(SECRET_LENGTH);
  const text = `${PREFIX}${credential}_${secret}`;
  return { token: text + checksum(text), hash: hashOf(secret) };
}

/** The parts of a token; undefined for whatever this service never issued. */
export function parseToken(text: string): { readonly credential: string; readonly secret: string } | undefined {
  if (text.length !== TOKEN_LENGTH || !text.startsWith(PREFIX) || text[SECRET_START - 1] !== "_") return undefined;
  if (checksum(text.slice(0, CHECKSUM_START)) !== text.slice(CHECKSUM_START)) return undefined;
  return {
    credential: text.slice(PREFIX.length, SECRET_START - 1),
    secret: text.slice(SECRET_START, CHECKSUM_START),
  };
}
