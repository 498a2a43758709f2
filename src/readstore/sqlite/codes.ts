// How kinds and causes stand in rows.
import type { EndCause, Grant } from "../read-store.ts";

const causes = [
  "removed",
  "userDeactivated",
  "userDeleted",
  "groupDeleted",
  "revoked",
] as const satisfies readonly EndCause[];
export const causeCode = (cause: EndCause): number => causes.indexOf(cause);
export const causeOf = (code: number): EndCause => causes[code]!;

type Held = Exclude<Grant["kind"], "group">;
const held = ["account", "role", "entitlement"] as const satisfies readonly Held[];
export const heldCode = (kind: Held): number => held.indexOf(kind);
export const heldOf = (code: number): Held => held[code]!;
