// An independent witness (C2SP tlog-witness): cosigns a log's head once it has seen that it continues the last one it cosigned.
import { parseCheckpoint, parseSize } from "./checkpoint.ts";
import { EMPTY_ROOT, type Hash, sameBytes } from "./hash.ts";
import { Malformed } from "./malformed.ts";
import { formatNote, formatSignature, type Note, NotSigned, parseNote, verifyNote } from "./signed-note.ts";
import type { NoteSigner } from "./signing.ts";
import { hashes } from "./tlog-proof.ts";
import type { VerifierKey } from "./verifier-key.ts";
import { verifyConsistency } from "./verify.ts";

/** What a witness has cosigned last, by origin. */
export interface WitnessMemory {
  last(origin: string): string | undefined;
  /** Durable once it returns. */
  keep(origin: string, note: string): void;
}

export interface WitnessOptions {
  /** The logs that it knows. */
  readonly logs: readonly VerifierKey[];
  readonly signer: NoteSigner;
  readonly memory: WitnessMemory;
}

export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
}

interface Request {
  readonly old: number;
  readonly path: readonly Hash[];
  readonly note: Note;
}

const answer = (status: WitnessAnswer["status"], says: string): WitnessAnswer => ({ status, body: `${says}\n` });

/** Consistency lines that a request may have. */
const LONGEST_PATH = 63;

/**
 * Answers `add-checkpoint`. It runs without a pause from reading the last head to keeping the new one: two requests at once
 * cannot roll it back.
 */
export function addCheckpoint(body: string, { logs, signer, memory }: WitnessOptions): WitnessAnswer {
  let request: Request;
  try {
    request = parseRequest(body);
  } catch (error) {
    if (error instanceof Malformed) return answer(400, error.message);
    throw error;
  }
  const { old, path, note } = request;
  const { origin, size, root } = parseCheckpoint(note.text);
  const keys = logs.filter(({ name }) => name === origin);
  if (keys.length === 0) return answer(404, "the origin is unknown");
  try {
    verifyNote(note, keys);
  } catch (error) {
    if (error instanceof NotSigned) return answer(403, error.message);
    throw error;
  }
  if (old > size) return answer(400, "the old size is beyond the checkpoint's");
  const kept = memory.last(origin);
  const last = kept === undefined ? { size: 0, root: EMPTY_ROOT } : parseCheckpoint(parseNote(kept).text);
  if (old !== last.size) return answer(409, String(last.size));
  if (size === 0 && !sameBytes(root, EMPTY_ROOT)) return answer(422, "the root is not the empty tree's");
  if (old > 0 && old === size && !sameBytes(root, last.root)) return answer(409, String(last.size));
  if (!verifyConsistency({ from: old, to: size, fromRoot: last.root, toRoot: root, path }))
    return answer(422, "the checkpoint does not continue the last one");
  const cosignature = signer.sign(note.text);
  const ofLog = note.signatures.filter(({ name, id }) => keys.some((key) => key.name === name && key.id === id));
  memory.keep(origin, formatNote({ text: note.text, signatures: [...ofLog, cosignature] }));
  return { status: 200, body: formatSignature(cosignature) };
}

/** The body of `add-checkpoint`. */
export const formatRequest = (old: number, path: readonly string[], checkpoint: string): string =>
  [`old ${old}`, ...path, "", checkpoint].join("\n");

/** Throws Malformed. */
function parseRequest(body: string): Request {
  const end = body.indexOf("\n\n");
  const [first = "", ...lines] = body.slice(0, Math.max(0, end)).split("\n");
  const old = first.startsWith("old ") ? parseSize(first.slice("old ".length)) : undefined;
  if (old === undefined) throw new Malformed("the request does not begin with an old size");
  if (lines.length > LONGEST_PATH) throw new Malformed(`the request has more than ${LONGEST_PATH} consistency lines`);
  const note = parseNote(body.slice(end + 2));
  parseCheckpoint(note.text);
  return { old, path: hashes(lines), note };
}
