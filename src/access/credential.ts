// A credential that may be used now, ready for the path of a request.
import type { Scope } from "../domain/tenant.ts";
import type { Actor } from "../eventlog/provisioning.ts";
import type { TokenBucket } from "./rate-limit.ts";

export interface Credential {
  readonly tenant: string;
  readonly actor: Actor;
  readonly scopes: ReadonlySet<Scope>;
  /** How its requests are read: the name of a profile, as its event has it. */
  readonly profile: string;
  /** Id of the user that `/Me` is; absent: nobody. */
  readonly me?: string;
  /** Milliseconds since 1970; Infinity: never. */
  readonly expiresAt: number;
  /** Present where a rate is set. Lives as long as the rate stays the same. */
  readonly bucket: TokenBucket | undefined;
  /** From when on (milliseconds) a use is worth an event; Infinity: never. */
  useDueAt: number;
}

/** Why a token was not accepted. */
export type RefusalReason = "malformed" | "unknown" | "revoked" | "expired" | "suspended";

export type Authentication = { readonly credential: Credential } | { readonly refused: RefusalReason };
