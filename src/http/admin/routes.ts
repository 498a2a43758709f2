// The admin API, `/admin/v1`. Administrators of the tenant `default` see every tenant, others only their own; what is not
// theirs does not exist for them.
import { type Clients, clientsOf } from "../../access/clients.ts";
import { DEFAULT_TENANT } from "../../access/tenant-name.ts";
import type { IssuedSecret, Tenants } from "../../access/tenants.ts";
import { formatInstant } from "../../audit/answers/instant.ts";
import type { CredentialState, TenantState } from "../../domain/tenant.ts";
import type { Erasing } from "../../processes/erasing.ts";
import type { KeyRetention } from "../../processes/key-retention.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import { invalidValue, notFound } from "../../scim/errors.ts";
import { quote } from "../../scim/quote.ts";
import { readJson } from "../body.ts";
import type { Exchange } from "../exchange.ts";
import { forbidden } from "../refusal.ts";
import { isResourceId } from "../resource-id.ts";
import type { Route } from "../route.ts";
import { type DefinitionRoutesOptions, definitionRoutes } from "./definition-routes.ts";
import { erasureJson } from "./erasure-json.ts";
import { checked, credentialBody, erasureBody, tenantBody } from "./fields.ts";
import { managedTenant, manages, adminRoute as route } from "./managing.ts";

export interface AdminOptions extends DefinitionRoutesOptions {
  readonly tenants: Tenants;
  readonly erasing: Pick<Erasing, "erase">;
  readonly keyRetention: Pick<KeyRetention, "destroyNamed">;
  readonly clients: Pick<Clients, "forget">;
  /** Finds the user that a credential is of. */
  readonly readStore: Pick<ReadStore, "get">;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const tenantJson = (id: string, { name, status, createdAt, credentials }: TenantState) => ({
  id,
  name,
  status,
  created: formatInstant(createdAt),
  credentials: credentials.size,
});

const optionalInstant = (microseconds: number | undefined) =>
  microseconds === undefined ? undefined : formatInstant(microseconds);

/** A credential without anything that would let someone in. */
const credentialJson = (tenant: string, credential: CredentialState, now: number) => ({
  id: credential.id,
  tenant,
  name: credential.name,
  kind: credential.kind,
  scopes: credential.scopes,
  profile: credential.profile,
  status: statusOf(credential, now),
  secrets: [...credential.secrets.keys()],
  requestsPerMinute: credential.requestsPerMinute,
  me: credential.me,
  issued: formatInstant(credential.issuedAt),
  expires: optionalInstant(credential.expiresAt),
  revoked: optionalInstant(credential.revokedAt),
  lastUsed: optionalInstant(credential.lastUsedAt),
});

function statusOf({ revokedAt, expiresAt }: CredentialState, now: number): "revoked" | "expired" | "live" {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt !== undefined && expiresAt <= now * 1_000 ? "expired" : "live";
}

class Administration {
  readonly #options: AdminOptions;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  listTenants(exchange: Exchange): void {
    requireDefault(exchange);
    const tenants = [...this.#options.directory.tenants()].map(([id, state]) => tenantJson(id, state));
    exchange.answer(200, JSON.stringify({ tenants }));
  }

  async createTenant(exchange: Exchange): Promise<void> {
    requireDefault(exchange);
    const { id, name } = checked(tenantBody, await readJson(exchange.request, this.#options.bodies));
    await this.#options.tenants.create(id, name ?? id, exchange.context());
    this.#answerTenant(exchange, 201, id);
  }

  async suspend(exchange: Exchange): Promise<void> {
    requireDefault(exchange);
    const tenant = managedTenant(exchange, this.#options.directory);
    await this.#options.tenants.suspend(tenant, exchange.context());
    this.#answerTenant(exchange, 200, tenant);
  }

  async resume(exchange: Exchange): Promise<void> {
    requireDefault(exchange);
    const tenant = managedTenant(exchange, this.#options.directory);
    await this.#options.tenants.resume(tenant, exchange.context());
    this.#answerTenant(exchange, 200, tenant);
  }

  listCredentials(exchange: Exchange): void {
    const asked = exchange.parameter("tenant");
    const now = this.#options.clock();
    const credentials = [...this.#options.directory.tenants()]
      .filter(([id]) => manages(exchange, id) && (asked === undefined || asked === id))
      .flatMap(([id, state]) => [...state.credentials.values()].map((one) => credentialJson(id, one, now)));
    exchange.answer(200, JSON.stringify({ credentials }));
  }

  async issue(exchange: Exchange): Promise<void> {
    const body = checked(credentialBody, await readJson(exchange.request, this.#options.bodies));
    const { tenant: asked = exchange.admitted.tenant, ...request } = body;
    const tenant = managedTenant(exchange, this.#options.directory, asked);
    if (request.expiresAt !== undefined && request.expiresAt <= this.#options.clock() * 1_000)
      throw invalidValue("expiresAt: must be in the future");
    const { name, kind, ...rest } = request;
    if (rest.me !== undefined && (await this.#options.readStore.get(tenant, "User", rest.me)) === undefined)
      throw invalidValue(`me: there is no User with id ${quote(rest.me)} in the tenant`);
    const issued = await this.#options.tenants.issue(tenant, { name, kind, ...defined(rest) }, exchange.context());
    this.#answerSecret(exchange, tenant, issued);
  }

  async rotate(exchange: Exchange): Promise<void> {
    const tenant = this.#tenantOf(exchange);
    const issued = await this.#options.tenants.rotate(tenant, exchange.param("id"), exchange.context());
    this.#answerSecret(exchange, tenant, issued);
  }

  async removeSecret(exchange: Exchange): Promise<void> {
    const [tenant, secret] = [this.#tenantOf(exchange), exchange.param("secret")];
    await this.#options.tenants.removeSecret(tenant, exchange.param("id"), secret, exchange.context());
    exchange.answerEmpty(204);
  }

  /** Whoever holds the log can no longer tell from where the credential was used. */
  async forgetClients(exchange: Exchange): Promise<void> {
    const [tenant, credential] = [this.#tenantOf(exchange), exchange.param("id")];
    const { actor, requestId, client } = exchange.context();
    const by = { actor, requestId, ...defined({ client }) };
    await this.#options.keyRetention.destroyNamed(tenant, clientsOf(credential), by);
    this.#options.clients.forget(credential);
    exchange.answerEmpty(204);
  }

  async revoke(exchange: Exchange): Promise<void> {
    await this.#options.tenants.revoke(this.#tenantOf(exchange), exchange.param("id"), exchange.context());
    exchange.answerEmpty(204);
  }

  /** Who is erased already is answered as the first time. */
  async erase(exchange: Exchange): Promise<void> {
    const id = exchange.param("id");
    const tenant = managedTenant(exchange, this.#options.directory);
    const { confirm, reason } = checked(erasureBody, await readJson(exchange.request, this.#options.bodies));
    if (!isResourceId(id)) throw notFound(`there is no User with id ${quote(id)}`);
    if (confirm !== id) throw invalidValue("confirm: must be the id in the path: this cannot be taken back");
    const context = { ...exchange.context(), tenant };
    if (reason === undefined && context.approval === undefined)
      throw invalidValue("reason: give one, or an approval reference in the header SCIM-Ledger-Approval");
    const erased = await this.#options.erasing.erase({ id, ...defined({ reason }) }, context);
    exchange.answer(200, JSON.stringify(erasureJson(erased)));
  }

  #answerTenant(exchange: Exchange, status: number, id: string): void {
    const state = this.#options.directory.tenant(id);
    exchange.answer(status, JSON.stringify(state === undefined ? { id } : tenantJson(id, state)));
  }

  /** The only time that the token is shown. */
  #answerSecret(exchange: Exchange, tenant: string, { credential, secret, token }: IssuedSecret): void {
    const state = this.#options.directory.tenant(tenant)?.credentials.get(credential);
    const known =
      state === undefined ? { id: credential, tenant } : credentialJson(tenant, state, this.#options.clock());
    exchange.answer(201, JSON.stringify({ ...known, secret, token }));
  }

  /** The tenant of the credential in the path. 404 for one that the asking administrator does not manage. */
  #tenantOf(exchange: Exchange): string {
    const id = exchange.param("id");
    const tenant = this.#options.directory.tenantOf(id);
    if (tenant === undefined || !manages(exchange, tenant))
      throw notFound(`there is no credential with id ${quote(id)}`);
    return tenant;
  }
}

function requireDefault({ admitted }: Exchange): void {
  if (admitted.tenant !== DEFAULT_TENANT)
    throw forbidden(`Only administrators of the tenant “${DEFAULT_TENANT}” manage tenants.`);
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };
const defined = <T extends object>(values: T): Defined<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;

/** Tenants, credentials and what else an administrator does, each under the scope `admin`. */
export function adminRoutes(options: AdminOptions): readonly Route[] {
  const administration = new Administration(options);
  return [
    route("GET", "/tenants", (exchange) => administration.listTenants(exchange)),
    route("POST", "/tenants", (exchange) => administration.createTenant(exchange)),
    route("POST", "/tenants/:tenant/suspend", (exchange) => administration.suspend(exchange)),
    route("POST", "/tenants/:tenant/resume", (exchange) => administration.resume(exchange)),
    route("POST", "/tenants/:tenant/users/:id/erase", (exchange) => administration.erase(exchange)),
    ...definitionRoutes(options),
    route("GET", "/credentials", (exchange) => administration.listCredentials(exchange)),
    route("POST", "/credentials", (exchange) => administration.issue(exchange)),
    route("POST", "/credentials/:id/rotate", (exchange) => administration.rotate(exchange)),
    route("DELETE", "/credentials/:id/secrets/:secret", (exchange) => administration.removeSecret(exchange)),
    route("DELETE", "/credentials/:id/clients", (exchange) => administration.forgetClients(exchange)),
    route("DELETE", "/credentials/:id", (exchange) => administration.revoke(exchange)),
  ];
}
