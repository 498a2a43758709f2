// Who may come in: bearer token → credential → scope → rate. On every request's path, so a token that was good is
// remembered under the header it came in, until any tenant or credential changes.
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Attempts } from "../access/attempts.ts";
import type { Credential, RefusalReason } from "../access/credential.ts";
import { networkOf, SourceLimit } from "../access/rate-limit.ts";
import { systemActor } from "../access/recorder.ts";
import type { TenantDirectory } from "../access/tenant-directory.ts";
import type { Tenants } from "../access/tenants.ts";
import type { Scope } from "../domain/tenant.ts";
import { USE_INTERVAL } from "../domain/tenant.ts";
import { forbidden, type Refusal, scopeMissing, tokenMissing, tokenRefused, tooManyRequests } from "./refusal.ts";

/** Who holds no live secret learns nothing of what there is. */
const UNKNOWN = "The bearer token is not one of this service, or not any more.";
const refusals: Readonly<Record<RefusalReason, () => Refusal>> = {
  malformed: () => tokenRefused(UNKNOWN),
  unknown: () => tokenRefused(UNKNOWN),
  revoked: () => tokenRefused(UNKNOWN),
  expired: () => tokenRefused("The bearer token has expired."),
  suspended: () => forbidden("The tenant of this credential is suspended."),
};

const SCHEME = "bearer ";
const MOST_REMEMBERED = 1_000;
/** A header may be padded with blanks up to the limit of all headers. */
const LONGEST_REMEMBERED = 256;

export interface GateOptions {
  readonly directory: TenantDirectory;
  readonly tenants: Tenants;
  readonly attempts: Attempts;
  readonly clientAddress: (request: IncomingMessage) => string;
  readonly failedAuthenticationsPerMinute: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Told why a use could not be noted. */
  readonly onFailure: (error: unknown) => void;
}

export class Gate {
  readonly #options: GateOptions;
  readonly #directory: TenantDirectory;
  readonly #clock: () => number;
  readonly #failures: SourceLimit;
  readonly #remembered = new Map<string, Credential>();
  #generation = -1;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#directory = options.directory;
    this.#clock = options.clock;
    this.#failures = new SourceLimit(options.failedAuthenticationsPerMinute);
  }

  /** The credential of a request. Throws 401, 403 and 429. */
  admit(request: IncomingMessage): Credential {
    const now = this.#clock();
    const header = request.headers.authorization;
    const credential = this.#recall(header, now) ?? this.#authenticate(header, request, now);
    if (now >= credential.useDueAt) this.#noteUse(credential, now);
    const wait = credential.bucket?.take(now) ?? 0;
    if (wait > 0) throw tooManyRequests("The credential is over its requests per minute.", wait);
    return credential;
  }

  #recall(header: string | undefined, now: number): Credential | undefined {
    if (this.#generation !== this.#directory.generation) {
      this.#remembered.clear();
      this.#generation = this.#directory.generation;
    }
    const credential = header === undefined ? undefined : this.#remembered.get(header);
    return credential !== undefined && now < credential.expiresAt ? credential : undefined;
  }

  #authenticate(header: string | undefined, request: IncomingMessage, now: number): Credential {
    if (header === undefined || header.slice(0, SCHEME.length).toLowerCase() !== SCHEME)
      throw this.#refuse(request, now, tokenMissing());
    const answer = this.#directory.authenticate(header.slice(SCHEME.length).trim(), now);
    if ("refused" in answer) throw this.#refuse(request, now, refusals[answer.refused]());
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    if (header.length <= LONGEST_REMEMBERED) this.#remembered.set(header, answer.credential);
    return answer.credential;
  }

  #refuse(request: IncomingMessage, now: number, refusal: Refusal): Refusal {
    const source = this.#options.clientAddress(request);
    this.#options.attempts.noteFailedAuthentication(source);
    const wait = this.#failures.take(networkOf(source), now);
    return wait === 0
      ? refusal
      : tooManyRequests("Too many failed authentications from this address or its network.", wait);
  }

  /** Once an hour and credential, behind the request's back. */
  #noteUse(credential: Credential, now: number): void {
    const interval = USE_INTERVAL / 1_000;
    credential.useDueAt = now + interval;
    const { tenant, actor } = credential;
    const context = { actor: systemActor, requestId: randomUUID(), commandId: randomUUID() };
    setImmediate(() => {
      this.#options.tenants.noteUse(tenant, actor.credential, now * 1_000, context).catch((error: unknown) => {
        this.#options.onFailure(error);
      });
    });
  }
}

/**
 * For a request that goes on for long: throws 401 or 403 if whoever sent it would not be let in any more. Counts nothing.
 * `now`: milliseconds since 1970.
 */
export function requireStillAdmitted(directory: TenantDirectory, request: IncomingMessage, scope: Scope, now: number) {
  const answer = directory.authenticate((request.headers.authorization ?? "").slice(SCHEME.length).trim(), now);
  if ("refused" in answer) throw refusals[answer.refused]();
  requireScope(answer.credential, scope);
}

/** 403 unless the credential has the scope. */
export function requireScope(credential: Credential, scope: Scope): void {
  if (!credential.scopes.has(scope)) throw scopeMissing(scope);
}
