// Who may come in, and which types of resources there are: tenants, credentials and definitions as their events left them,
// in memory, looked up by every request.
import type { Fact } from "../domain/event.ts";
import type { TenantEvent } from "../domain/events.ts";
import { absentTenant, type CredentialState, evolve, type TenantState, USE_INTERVAL } from "../domain/tenant.ts";
import { DEFAULT_PROFILE } from "../scim/normalise/profile.ts";
import { noDefinitions, typesOf } from "../scim/schema/definitions.ts";
import type { TypeSet, TypesOfTenants } from "../scim/schema/type-set.ts";
import type { Authentication, Credential, RefusalReason } from "./credential.ts";
import { TokenBucket } from "./rate-limit.ts";
import { everyScope } from "./scopes.ts";
import { DEFAULT_TENANT } from "./tenant-name.ts";
import { hashOf, isHash, parseToken } from "./token.ts";

interface Entry {
  readonly tenant: string;
  readonly state: CredentialState;
  /** Made at the first use, made anew after a change. */
  credential?: Credential;
}

/** An administrator by configuration, with every scope on `default`; it has no events. */
const configuredAdministrator = (): Credential => ({
  tenant: DEFAULT_TENANT,
  actor: { credential: "configured-administrator", name: "SCIM_LEDGER_ADMIN_TOKEN", kind: "administrator" },
  scopes: new Set(everyScope),
  profile: DEFAULT_PROFILE,
  expiresAt: Number.POSITIVE_INFINITY,
  bucket: undefined,
  useDueAt: Number.POSITIVE_INFINITY,
});

export class TenantDirectory implements TypesOfTenants {
  readonly #tenants = new Map<string, TenantState>();
  readonly #credentials = new Map<string, Entry>();
  readonly #administrator: { readonly hash: string; readonly credential: Credential } | undefined;
  #generation = 0;

  /** `adminToken`: the token of the configured administrator, if there is one. */
  constructor(adminToken?: string) {
    if (adminToken !== undefined)
      this.#administrator = { hash: hashOf(adminToken), credential: configuredAdministrator() };
  }

  /** Grows with every event: what was remembered of an older generation may be wrong. */
  get generation(): number {
    return this.#generation;
  }

  /** Folds one fact of the tenant's stream. A fact that was folded already does nothing. */
  apply(tenant: string, fact: Fact<TenantEvent>): void {
    const before = this.#tenants.get(tenant) ?? absentTenant;
    if (fact.revision <= before.revision) return;
    const after = evolve(before, fact);
    this.#tenants.set(tenant, after);
    this.#generation += 1;
    if (!("credential" in fact.event.data)) return;
    const { credential: id } = fact.event.data;
    const state = after.credentials.get(id);
    if (state !== undefined) this.#credentials.set(id, this.#entry(tenant, state));
  }

  #entry(tenant: string, state: CredentialState): Entry {
    const bucket = this.#credentials.get(state.id)?.credential?.bucket;
    const entry: Entry = { tenant, state };
    if (bucket !== undefined && bucket.perMinute === state.requestsPerMinute)
      entry.credential = credentialOf(tenant, state, bucket);
    return entry;
  }

  /** Whom a token stands for at this moment (milliseconds), or why nobody. */
  authenticate(token: string, now: number): Authentication {
    const parsed = parseToken(token);
    const entry = parsed && this.#credentials.get(parsed.credential);
    if (parsed === undefined || entry === undefined)
      return this.#authenticateAdministrator(token, parsed === undefined ? "malformed" : "unknown");
    const hash = hashOf(parsed.secret);
    const { state, tenant } = entry;
    if (state.revokedAt !== undefined) return { refused: "revoked" };
    let known = false;
    for (const secret of state.secrets.values()) known = isHash(hash, secret) || known;
    if (!known) return { refused: "unknown" };
    if (state.expiresAt !== undefined && state.expiresAt <= now * 1_000) return { refused: "expired" };
    if (this.#tenants.get(tenant)?.status !== "live") return { refused: "suspended" };
    entry.credential ??= credentialOf(tenant, state, newBucket(state, now));
    return { credential: entry.credential };
  }

  #authenticateAdministrator(token: string, otherwise: RefusalReason): Authentication {
    const administrator = this.#administrator;
    if (administrator === undefined || !isHash(hashOf(token), administrator.hash)) return { refused: otherwise };
    return this.#tenants.get(DEFAULT_TENANT)?.status === "suspended"
      ? { refused: "suspended" }
      : { credential: administrator.credential };
  }

  /** Tenants by id. */
  tenants(): ReadonlyMap<string, TenantState> {
    return this.#tenants;
  }

  tenant(id: string): TenantState | undefined {
    return this.#tenants.get(id);
  }

  typesOf(tenant: string): TypeSet {
    return typesOf(this.#tenants.get(tenant)?.definitions ?? noDefinitions);
  }

  /** The tenant of a credential, whatever its state. */
  tenantOf(credential: string): string | undefined {
    return this.#credentials.get(credential)?.tenant;
  }
}

const newBucket = ({ requestsPerMinute }: CredentialState, now: number): TokenBucket | undefined =>
  requestsPerMinute === undefined ? undefined : new TokenBucket(requestsPerMinute, now);

const credentialOf = (tenant: string, state: CredentialState, bucket: TokenBucket | undefined): Credential => ({
  tenant,
  actor: { credential: state.id, name: state.name, kind: state.kind },
  scopes: new Set(state.scopes),
  profile: state.profile,
  ...(state.me === undefined ? {} : { me: state.me }),
  expiresAt: state.expiresAt === undefined ? Number.POSITIVE_INFINITY : state.expiresAt / 1_000,
  bucket,
  useDueAt: state.lastUsedAt === undefined ? 0 : (state.lastUsedAt + USE_INTERVAL) / 1_000,
});
