// Signs notes, as a log and as a witness.
import { cosignedMessage, timed } from "./cosignature.ts";
import { publicKeyOf, signWith } from "./ed25519.ts";
import type { NoteSignature } from "./signed-note.ts";
import { COSIGNATURE, ED25519, type VerifierKey, verifierKey } from "./verifier-key.ts";

export interface NoteSigner {
  readonly key: VerifierKey;
  sign(text: string): NoteSignature;
}

/** Signs as a log does. */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  const key = verifierKey(name, ED25519, publicKeyOf(seed));
  return { key, sign: (text) => ({ name, id: key.id, bytes: signWith(seed, text) }) };
}

/** Signs as a witness does; `clock` tells seconds since 1970. */
export function cosigner(name: string, seed: Uint8Array, clock: () => number): NoteSigner {
  const key = verifierKey(name, COSIGNATURE, publicKeyOf(seed));
  return {
    key,
    sign: (text) => {
      const time = clock();
      return { name, id: key.id, bytes: timed(time, signWith(seed, cosignedMessage(text, time))) };
    },
  };
}
