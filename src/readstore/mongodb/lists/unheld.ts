// Resources larger than a document may be. No change makes one any more, but a log may hold some. Of such a resource the read
// models hold nothing that could be taken for it, and whoever asks for it is told so; everything else goes on. The projector
// keeps the whole in parts, so that the resource is held again once it was made smaller, and an erasure finds what it takes.
import { Binary, BSON } from "mongodb";
import type { JsonObject } from "../../../scim/json.ts";
import { NotHeld } from "../../not-held.ts";
import { TOO_LARGE, type Views } from "../collections.ts";
import {
  OPEN,
  type PartDocument,
  type ResourceDocument,
  type StoredShadow,
  type VersionDocument,
} from "../documents.ts";

/** What stands for `side` where a reading is not held. */
const UNHELD = '{"unheld":true}';

/** Bytes of a document; MongoDB takes 16 MiB, and an operation that writes it is somewhat larger. */
const MOST_BYTES = 15 * 1_048_576;
/** UTF-16 units of its texts below which it cannot have as many. */
const SURELY_HELD = 1_048_576;
const PART_BYTES = 8 * 1_048_576;
/** By these, where they are short, a resource is still found that is not held: being told is better than not finding it. */
const FOUND_BY: readonly string[] = ["userName", "externalId", "displayName", "active"];
const SHORT = 1_000;
/** ms. */
const COUNT_WITHIN = 5_000;

/** All that makes a resource large. */
type Whole = Pick<ResourceDocument, "body" | "side" | "ix" | "keys">;

export const isUnheld = ({ side }: Pick<Whole, "side">): boolean => side === UNHELD;

/** Throws where it is not held. */
export function refuseUnheld({ type, id, side }: Pick<ResourceDocument, "type" | "id" | "side">): void {
  if (side !== UNHELD) return;
  throw new NotHeld(
    `${type} ${id} is larger than the read store can hold, 16 MiB with what it is found by. Nothing of it is lost: remove values with PATCH, less than 1 MB at a time, and it is read again.`,
  );
}

/** What is stored in the place of a document that is too large, and all of it in parts; else the document itself. */
export function storable<Stored extends ResourceDocument | VersionDocument>(
  document: Stored,
): { readonly stored: Stored; readonly parts: readonly PartDocument[] } {
  if (isSmall(document)) return { stored: document, parts: [] };
  const { _id, body, side, ix, keys } = document;
  const parts = partsOf(_id, { body, side, ix, keys });
  const left = { body: emptyBody(body), side: UNHELD, ...shortOf(ix, keys) };
  return { stored: { ...document, ...left, parts: parts.length }, parts };
}

/** How many live resources are not held. */
export const countUnheld = ({ resources }: Pick<Views, "resources">): Promise<number> =>
  resources.countDocuments({ parts: { $exists: true }, until: OPEN }, { hint: TOO_LARGE, maxTimeMS: COUNT_WITHIN });

/** Some of them, by what they are called. */
export const someUnheld = (
  { resources }: Pick<Views, "resources">,
  limit: number,
): Promise<readonly Pick<ResourceDocument, "tenant" | "type" | "id">[]> =>
  resources
    .find(
      { parts: { $exists: true }, until: OPEN },
      { hint: TOO_LARGE, maxTimeMS: COUNT_WITHIN, limit, projection: { tenant: 1, type: 1, id: 1 } },
    )
    .toArray();

/** The `_id`s of a document's parts from one on. */
export const partsFrom = (of: number, n: number) => ({ $gte: { of, n }, $lte: { of, n: Number.MAX_SAFE_INTEGER } });

/** A document that is not held, from its parts in order. */
export function wholeFrom<Stored extends ResourceDocument | VersionDocument>(
  document: Stored,
  parts: readonly PartDocument[],
): Stored {
  const text = Buffer.concat(parts.map(({ bytes }) => bytes.value() as Uint8Array)).toString();
  return { ...document, ...(JSON.parse(text) as Whole) };
}

function partsOf(of: number, whole: Whole): readonly PartDocument[] {
  const bytes = Buffer.from(JSON.stringify(whole));
  return Array.from({ length: Math.ceil(bytes.length / PART_BYTES) }, (_, n) => ({
    _id: { of, n },
    bytes: new Binary(bytes.subarray(n * PART_BYTES, (n + 1) * PART_BYTES)),
  }));
}

/** Lists of what is short take several times more bytes than units in JSON; counting is for those alone that may be too large. */
const isSmall = (document: Whole): boolean =>
  document.body.length + document.side.length < SURELY_HELD || BSON.calculateObjectSize(document) <= MOST_BYTES;

/** What others call it by stays, where it is short. */
function emptyBody(body: string): string {
  const { schemas = [], id = "", userName, displayName } = JSON.parse(`${body}}`) as JsonObject;
  const names = Object.entries({ userName, displayName }).filter(
    ([, name]) => typeof name === "string" && name.length <= SHORT,
  );
  return JSON.stringify({ schemas, id, ...Object.fromEntries(names) }).slice(0, -1);
}

function shortOf(ix: StoredShadow, keys: readonly string[]): Pick<Whole, "ix" | "keys"> {
  const values = FOUND_BY.flatMap((name) => {
    const value = ix[name];
    const isHeld = typeof value === "boolean" || (typeof value === "string" && value.length <= SHORT);
    return isHeld ? [[name, value] as const] : [];
  });
  return { ix: Object.fromEntries(values), keys: keys.filter(isShort) };
}

const isShort = (key: string): boolean =>
  key.length <= SHORT && FOUND_BY.some((name) => key.startsWith(`${name}\u0000`));
