// The policy in an evidence folder: the log's own keys under the head, and no witness. Whom to trust is for whoever verifies.
import type { Note } from "../../ledger/signed-note.ts";
import { formatVerifierKey, type VerifierKey } from "../../ledger/verifier-key.ts";

/** Those of a log's keys whose signatures a note bears. */
export const keysUnder = ({ signatures }: Note, keys: readonly VerifierKey[]): readonly VerifierKey[] =>
  keys.filter((key) => signatures.some(({ name, id }) => name === key.name && id === key.id));

export const policyText = (keys: readonly VerifierKey[]): string =>
  [...keys.map((key) => `log ${formatVerifierKey(key)}`), "quorum none", ""].join("\n");
