// Seals the personal values of an event under a key of its own, derived from the data key of whom it speaks: who holds the
// event's key reads this event and no other, and who destroys the data key erases them all.
//
// Ciphertext: format (1 byte) ‖ key commitment (32) ‖ nonce (12) ‖ AES-256-GCM ciphertext ‖ tag (16). The AAD is the envelope.
import { createCipheriv, createDecipheriv, hash, hkdfSync, randomFillSync } from "node:crypto";
import type { Json, JsonObject } from "../scim/json.ts";
import type { DataKey, Opened } from "../vault/key-vault.ts";
import { type Envelope, readEnvelope, writeEnvelope } from "./envelope.ts";
import { Fatal, type RecordedEvent, type SealedEvent } from "./event-log.ts";

/** The values that are sealed; an object or a list, so that "erased" cannot be one of them. */
export type Personal = JsonObject | Json[];

export interface ClearEvent extends Omit<Envelope, "key"> {
  readonly personal?: Personal;
  /** Named in the envelope also when this event has nothing personal. */
  readonly key?: DataKey;
}

export interface OpenedEvent {
  readonly envelope: Envelope;
  /** "erased" once the key is destroyed; undefined where the event has none. */
  readonly personal: Personal | "erased" | undefined;
}

export interface OpenKey {
  /** Looks up a data key: undefined once destroyed. */
  (tenant: string, keyId: string): Opened;
  /** Looks up the key of a single event instead: evidence discloses those, and no data keys. */
  readonly ofEvent?: (event: RecordedEvent) => Opened;
}

export interface FindKey extends Pick<OpenKey, "ofEvent"> {
  /** The same where the vault may have to be asked over a network: keys that are looked up together are one request. */
  (tenant: string, keyId: string): Opened | Promise<Opened>;
}

const FORMAT = 1;
const COMMITMENT = 1;
const NONCE = COMMITMENT + 32;
const SEALED = NONCE + 12;
const TAG_BYTES = 16;
const NO_SALT = new Uint8Array(0);
const COMMITMENT_PREFIX = Buffer.from("scim-ledger/event-key-commitment/v1\0");

/** Makes the envelope's bytes and the ciphertext. Throws NotCanonical for clear data that RFC 8785 cannot write. */
export function sealEvent(event: ClearEvent): SealedEvent {
  const { personal, key } = event;
  const envelope = writeEnvelope(event, key?.id);
  if (personal === undefined) return { id: event.id, type: event.type, envelope, ciphertext: null };
  if (key === undefined) throw new TypeError(`${event.type} has personal values and no key to seal them`);
  const text = JSON.stringify(personal);
  const ciphertext = seal(eventKey(key.secret, event.id), envelope, text);
  return { id: event.id, type: event.type, envelope, ciphertext, personal: text };
}

/** Parses an event and opens its personal part. Throws Fatal where either was tampered with. */
export function openEvent(recorded: RecordedEvent, openKey: OpenKey): OpenedEvent {
  const envelope = readEnvelope(recorded);
  return { envelope, personal: openPersonal(recorded, envelope, openKey) };
}

/** Opens events in one go. Throws what `openEvent` does, and what the vault does where it cannot be asked. */
export async function openEvents(
  recorded: readonly RecordedEvent[],
  findKey: FindKey,
): Promise<readonly OpenedEvent[]> {
  const openKey = await keysFor(recorded, findKey);
  return recorded.map((event) => openEvent(event, openKey));
}

/** Looks for the keys of events in one go; what it resolves with opens these events alone. */
export async function keysFor(recorded: readonly RecordedEvent[], findKey: FindKey): Promise<OpenKey> {
  const { ofEvent } = findKey;
  if (ofEvent !== undefined) return Object.assign(() => undefined, { ofEvent });
  const found = new Map<string, Opened | Promise<Opened>>();
  for (const event of recorded) {
    if (!isSealed(event)) continue;
    const { tenant, key } = readEnvelope(event);
    if (key === undefined) continue;
    const name = `${tenant}/${key}`;
    if (!found.has(name)) found.set(name, findKey(tenant, key));
  }
  const secrets = await Promise.all(found.values());
  const opened = new Map([...found.keys()].map((name, index) => [name, secrets[index]]));
  return (tenant, keyId) => opened.get(`${tenant}/${keyId}`);
}

/** Whether a key is needed to read the event. */
const isSealed = ({ personal, ciphertext }: RecordedEvent): boolean => personal === undefined && ciphertext !== null;

/** The personal part of an event whose envelope is parsed already. */
export function openPersonal(recorded: RecordedEvent, envelope: Envelope, openKey: OpenKey): OpenedEvent["personal"] {
  if (recorded.personal === undefined && recorded.ciphertext === null) return undefined;
  const text = personalText(recorded, envelope, openKey);
  return text === undefined ? "erased" : JSON.parse(text);
}

/** The JSON of a personal part, which the event must have; undefined once its key is destroyed. */
export function personalText(recorded: RecordedEvent, envelope: Envelope, openKey: OpenKey): string | undefined {
  if (recorded.personal !== undefined) return recorded.personal;
  if (envelope.key === undefined) throw new Fatal(`the event at position ${recorded.position} names no key`);
  const key = keyOfEvent(recorded, envelope.tenant, envelope.key, openKey);
  return key === undefined ? undefined : decrypt(recorded, key);
}

function keyOfEvent(event: RecordedEvent, tenant: string, keyId: string, openKey: OpenKey): Uint8Array | undefined {
  if (openKey.ofEvent !== undefined) return openKey.ofEvent(event);
  const dataKey = openKey(tenant, keyId);
  return dataKey === undefined ? undefined : eventKey(dataKey, event.id);
}

/** The key of one event: HKDF-SHA-256 (RFC 5869), no salt, the event's id as info. Disclosing it opens this event alone. */
export function eventKey(dataKey: Uint8Array, eventId: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", dataKey, NO_SALT, eventId, 32));
}

/** What the ledger's leaf holds an event's key to: AES-GCM alone would let a second key open other text. */
export function keyCommitment(key: Uint8Array): Uint8Array {
  const input = new Uint8Array(COMMITMENT_PREFIX.length + key.length);
  input.set(COMMITMENT_PREFIX);
  input.set(key, COMMITMENT_PREFIX.length);
  return hash("sha256", input, "buffer");
}

/** The key commitment that a ciphertext carries. */
export const commitmentOf = (ciphertext: Uint8Array): Uint8Array => ciphertext.subarray(COMMITMENT, NONCE);

/** Opens one event with its own key, as a verifier does to whom it was disclosed. Throws Fatal where anything was altered. */
export function decrypt(recorded: RecordedEvent, key: Uint8Array): string {
  const { ciphertext, position } = recorded;
  if (ciphertext === null) throw new Fatal(`the event at position ${position} has no ciphertext`);
  if (ciphertext[0] !== FORMAT || ciphertext.length < SEALED + TAG_BYTES)
    throw new Fatal(`the ciphertext at position ${position} is not of a format this version knows`);
  if (Buffer.compare(keyCommitment(key), commitmentOf(ciphertext)) !== 0)
    throw new Fatal(`the ciphertext at position ${position} was not made with this key`);
  const tagAt = ciphertext.length - TAG_BYTES;
  const cipher = createDecipheriv("aes-256-gcm", key, ciphertext.subarray(NONCE, SEALED), { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(recorded.envelope)).setAuthTag(ciphertext.subarray(tagAt));
  const text = cipher.update(ciphertext.subarray(SEALED, tagAt));
  try {
    cipher.final();
  } catch (cause) {
    throw new Fatal(`the event at position ${position} was altered after it was sealed`, { cause });
  }
  return text.toString();
}

function seal(key: Uint8Array, envelope: string, text: string): Uint8Array {
  const nonce = freshNonce();
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(envelope));
  const sealed = cipher.update(text, "utf8");
  cipher.final();
  // Memory of its own, not a slice of Buffer's pool: a message to another thread copies the whole of what it is a slice of.
  const ciphertext = new Uint8Array(SEALED + sealed.length + TAG_BYTES);
  ciphertext[0] = FORMAT;
  ciphertext.set(keyCommitment(key), COMMITMENT);
  ciphertext.set(nonce, NONCE);
  ciphertext.set(sealed, SEALED);
  ciphertext.set(cipher.getAuthTag(), SEALED + sealed.length);
  return ciphertext;
}

const NONCE_BYTES = SEALED - NONCE;
const noncePool = new Uint8Array(NONCE_BYTES * 256);
let nextNonce = noncePool.length;

/** 12 random bytes, drawn from the system 256 at a time; valid until the next call. */
function freshNonce(): Uint8Array {
  if (nextNonce === noncePool.length) {
    randomFillSync(noncePool);
    nextNonce = 0;
  }
  nextNonce += NONCE_BYTES;
  return noncePool.subarray(nextNonce - NONCE_BYTES, nextNonce);
}
