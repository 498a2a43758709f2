// Asks a witness for its cosignature (C2SP tlog-witness).
import type { Anchor } from "../anchor.ts";
import { toBase64 } from "../base64.ts";
import { parseCheckpoint, parseSize } from "../checkpoint.ts";
import type { Hash } from "../hash.ts";
import { Malformed } from "../malformed.ts";
import { formatNote, type NoteSignature, parseNote, verifyNote } from "../signed-note.ts";
import { COSIGNATURE, parseVerifierKey, type VerifierKey } from "../verifier-key.ts";
import { formatRequest } from "../witness.ts";

export interface WitnessAddress {
  readonly key: VerifierKey;
  /** The submission prefix, without a slash at its end. */
  readonly url: string;
}

export interface WitnessAnchorOptions {
  readonly prove: (tenant: string, from: number, to: number) => Promise<readonly Hash[]>;
  /** Told of each cosignature, which is verified. */
  readonly onCosigned: (tenant: string, text: string, cosignature: NoteSignature) => void;
}

/** Reads an address as settings have it. Throws an Error that says what is wrong with its key. */
export function witnessAddress({ vkey, url }: { readonly vkey: string; readonly url: string }): WitnessAddress {
  let key: VerifierKey | undefined;
  try {
    key = parseVerifierKey(vkey);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  if (key?.type !== COSIGNATURE) throw new Error(`“${vkey}” is not the verifier key of a witness`);
  return { key, url };
}

/** Milliseconds. */
const ANSWER_WITHIN = 5_000;
const LONGEST_ANSWER = 65_536;
/** The witness tells its size at the first try, another request may come between, and then there is a fault. */
const TRIES = 3;

/** Asks a witness to cosign each head (C2SP tlog-witness, `add-checkpoint`). */
export function witnessAnchor({ key, url }: WitnessAddress, { prove, onCosigned }: WitnessAnchorOptions): Anchor {
  /** What the witness has cosigned, by origin, as far as is known. */
  const sizes = new Map<string, number>();

  async function ask(tenant: string, old: number, size: number, checkpoint: string) {
    const path = old > size ? [] : await prove(tenant, old, size);
    const response = await fetch(`${url}/add-checkpoint`, {
      method: "POST",
      headers: { "Content-Type": "text/plain; charset=utf-8" },
      body: formatRequest(old, path.map(toBase64), checkpoint),
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    return { status: response.status, text: await limited(response) };
  }

  /** A witness that knows of more leaves than the log has is the one who can tell that the log was set back. */
  async function checkGrown(tenant: string, size: number, known: number): Promise<void> {
    await prove(tenant, size, known).catch((error: unknown) => {
      throw new Error(`it has cosigned a head over ${known} leaves, and this log has fewer: it was set back`, {
        cause: error,
      });
    });
  }

  return {
    name: `witness ${key.name}`,
    async hand(tenant, checkpoint) {
      const note = parseNote(checkpoint);
      const { origin, size } = parseCheckpoint(note.text);
      for (let tries = 1; ; tries++) {
        const old = sizes.get(origin) ?? 0;
        const { status, text } = await ask(tenant, old, size, checkpoint);
        if (status === 200) {
          const cosigned = parseNote(formatNote({ text: note.text, signatures: [] }) + text);
          const [signer] = verifyNote(cosigned, [key]);
          const cosignature = cosigned.signatures.find(({ name, id }) => name === key.name && id === signer!.key.id);
          sizes.set(origin, size);
          onCosigned(tenant, note.text, cosignature!);
          return;
        }
        const known = status === 409 ? parseSize(text.trimEnd()) : undefined;
        if (known === undefined || tries === TRIES)
          throw new Error(`it answered ${status}: ${text.slice(0, 200).trimEnd()}`);
        if (known === old)
          throw new Error(`it has cosigned another head over ${known} leaves: the log has two histories`);
        // It has cosigned a later head already: there is nothing to be had for this one.
        if (known > size) return checkGrown(tenant, size, known);
        sizes.set(origin, known);
      }
    },
  };
}

/** The answer's text; an Error where it is longer than any. */
async function limited(response: Response): Promise<string> {
  let text = "";
  for await (const piece of response.body ?? []) {
    text += Buffer.from(piece).toString();
    if (text.length > LONGEST_ANSWER) throw new Error("its answer is too long");
  }
  return text;
}
