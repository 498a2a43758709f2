// The cursors of RFC 9865: sealed, so that nobody can read, alter or invent one, bound to their tenant and to what was asked,
// and complete in themselves: nothing is kept for them, and any node of the service opens them.
import { createCipheriv, createDecipheriv, randomFillSync } from "node:crypto";
import { ordinalOf, type Position, positionOf } from "../../eventlog/event-log.ts";
import type { WalkPlace } from "../../readstore/read-store.ts";
import { expiredCursor, invalidCursor } from "../../scim/errors.ts";

/** What the next page needs to know. */
export interface CursorContents {
  /** What all pages answer as of. */
  readonly position: Position;
  readonly place: WalkPlace;
  /** The page size of the walk, which must stay the same (RFC 9865 §2.1). */
  readonly count: number;
  /** Matches of the walk, where they were counted. */
  readonly total?: number;
}

export interface CursorOptions {
  /** The key of a tenant's cursors, 32 bytes, the same on all nodes and after a restart. */
  readonly keyOf: (tenant: string) => Promise<Uint8Array>;
  /** How long a cursor may be used, seconds. */
  readonly seconds: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Longer than any cursor of this service. */
const LONGEST = 256;
const NOT_COUNTED = 2 ** 48 - 1;

export class Cursors {
  readonly #options: CursorOptions;

  constructor(options: CursorOptions) {
    this.#options = options;
  }

  /** `asked`: everything that must be the same on the next page. Unreserved characters of RFC 3986 alone. */
  async seal(tenant: string, asked: string, contents: CursorContents): Promise<string> {
    const nonce = randomFillSync(Buffer.allocUnsafe(NONCE_BYTES));
    const cipher = createCipheriv("aes-256-gcm", await this.#options.keyOf(tenant), nonce);
    cipher.setAAD(Buffer.from(asked));
    const plain = encode(contents, Math.ceil(this.#options.clock() / 1_000));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64url");
  }

  /** 400 invalidCursor, in the same words whatever is wrong; 400 expiredCursor. */
  async open(tenant: string, asked: string, cursor: string): Promise<CursorContents> {
    const plain = cursor.length > LONGEST ? undefined : await this.#decipher(tenant, asked, cursor);
    const read = plain === undefined ? undefined : decode(plain);
    if (read === undefined)
      throw invalidCursor(
        "The cursor is not one of this query. Send the nextCursor of the page before, with every other parameter as it was, or an empty cursor for the first page.",
      );
    const { seconds, clock } = this.#options;
    if (clock() > (read.issuedAt + seconds) * 1_000)
      throw expiredCursor(`The cursor was made more than ${seconds} seconds ago. Start again with an empty cursor.`);
    return read.contents;
  }

  async #decipher(tenant: string, asked: string, cursor: string): Promise<Buffer | undefined> {
    const sealed = Buffer.from(cursor, "base64url");
    // Node's decoder skips what is no base64url, so that many texts have these bytes: only the canonical one is a cursor.
    if (sealed.length <= NONCE_BYTES + TAG_BYTES || sealed.toString("base64url") !== cursor) return undefined;
    const tagAt = sealed.length - TAG_BYTES;
    const key = await this.#options.keyOf(tenant);
    const cipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(Buffer.from(asked)).setAuthTag(sealed.subarray(tagAt));
    try {
      return Buffer.concat([cipher.update(sealed.subarray(NONCE_BYTES, tagAt)), cipher.final()]);
    } catch {
      return undefined;
    }
  }
}

/** version · issued at, seconds (6 bytes) · count (4) · total (6) · position, began, then each that was passed (7 each). */
function encode({ position, place, count, total = NOT_COUNTED }: CursorContents, issuedAt: number): Buffer {
  const positions = [position, place.began, ...place.passed];
  const bytes = Buffer.alloc(POSITIONS_AT + POSITION_BYTES * positions.length);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUIntBE(issuedAt, 1, 6);
  bytes.writeUInt32BE(count, 7);
  bytes.writeUIntBE(total, 11, 6);
  for (const [index, each] of positions.entries()) writePosition(bytes, each, POSITIONS_AT + POSITION_BYTES * index);
  return bytes;
}

const POSITIONS_AT = 17;
const POSITION_BYTES = 7;

function writePosition(bytes: Buffer, position: Position, at: number): void {
  const ordinal = ordinalOf(position);
  bytes.writeUInt8(Math.floor(ordinal / 2 ** 48), at);
  bytes.writeUIntBE(ordinal % 2 ** 48, at + 1, 6);
}

/** Undefined for a cursor of another version. */
function decode(bytes: Buffer): { readonly issuedAt: number; readonly contents: CursorContents } | undefined {
  if (bytes.readUInt8(0) !== VERSION) return undefined;
  const positions: Position[] = [];
  for (let at = POSITIONS_AT; at < bytes.length; at += POSITION_BYTES)
    positions.push(positionOf(bytes.readUInt8(at) * 2 ** 48 + bytes.readUIntBE(at + 1, 6)));
  const [position, began, ...passed] = positions as [Position, Position, ...Position[]];
  const total = bytes.readUIntBE(11, 6);
  const contents: CursorContents = {
    position,
    place: { began, passed },
    count: bytes.readUInt32BE(7),
    ...(total === NOT_COUNTED ? {} : { total }),
  };
  return { issuedAt: bytes.readUIntBE(1, 6), contents };
}
