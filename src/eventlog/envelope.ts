// The envelope: everything of an event but its ciphertext and its place in the log. Its bytes are made once, before the
// append; they are hashed by the ledger and authenticated by the ciphertext.
import type { Json } from "../scim/json.ts";
import { canonicalJson, NotCanonical } from "./canonical-json.ts";
import { Fatal, type RecordedEvent } from "./event-log.ts";

/** The parsed envelope. */
export interface Envelope {
  /** Microseconds since 1970 UTC. */
  readonly at: number;
  /** The clear part of the event's data. */
  readonly data: Json;
  readonly id: string;
  /** Id of the data key that seals the personal part, and of the person or resource the event speaks of. */
  readonly key?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly revision: number;
  readonly stream: string;
  readonly tenant: string;
  readonly type: string;
  readonly version: number;
}

/** RFC 8785 JSON of an envelope that names this key. Throws NotCanonical. */
export function writeEnvelope(envelope: Omit<Envelope, "key">, key: string | undefined): string {
  const { at, data, id, metadata, revision, stream, tenant, type, version } = envelope;
  for (const name of Object.keys(metadata))
    if (typeof metadata[name] !== "string") throw new NotCanonical(`metadata ${name} is not a string`);
  // In sorted order, so that writing it is one call; a `key` of undefined is left out.
  return canonicalJson({ at, data, id, key, metadata, revision, stream, tenant, type, version } as Json);
}

/** Parses a stored envelope and holds it to its place. Throws Fatal where it is damaged or was moved. */
export function readEnvelope(recorded: RecordedEvent): Envelope {
  let envelope: Envelope;
  try {
    envelope = JSON.parse(recorded.envelope);
  } catch (cause) {
    throw new Fatal(`the event at position ${recorded.position} is not JSON`, { cause });
  }
  if (envelope?.stream !== recorded.stream || envelope.revision !== recorded.revision || envelope.id !== recorded.id)
    throw new Fatal(`the event at position ${recorded.position} does not belong to ${recorded.stream} there`);
  return envelope;
}

const ID = ',"id":"';
const METADATA = ',"metadata":{';
const STREAM = ',"stream":"';
const TYPE = ',"type":"';

/** What a scan of the log needs of an envelope. */
export type Identity = Pick<Envelope, "id" | "stream" | "type">;

/**
 * Reads an event's id, stream and type without parsing its envelope. They are found from the end, where client text cannot
 * stand: metadata is flat, and what follows it is scalar. Throws Fatal where the text is no envelope.
 */
export function identify(envelope: string): Identity {
  const type = textAfter(envelope, TYPE, envelope.length);
  const stream = textAfter(envelope, STREAM, envelope.length);
  const id = textAfter(envelope, ID, envelope.lastIndexOf(METADATA));
  return id === undefined || stream === undefined || type === undefined ? parsed(envelope) : { id, stream, type };
}

/** The text of the last member so named before an offset; undefined where it is not there or not plain. */
function textAfter(envelope: string, mark: string, before: number): string | undefined {
  const at = before < 0 ? -1 : envelope.lastIndexOf(mark, before);
  const end = at < 0 ? -1 : envelope.indexOf('"', at + mark.length);
  const text = envelope.slice(at + mark.length, end);
  return end < 0 || text.includes("\\") ? undefined : text;
}

function parsed(envelope: string): Identity {
  try {
    const { id, stream, type } = JSON.parse(envelope);
    if (typeof id === "string" && typeof stream === "string" && typeof type === "string") return { id, stream, type };
  } catch {
    // Said below, in the log's words.
  }
  throw new Fatal("a stored event is not an envelope");
}
