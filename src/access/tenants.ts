// What administrators do: tenants created and suspended, credentials issued, rotated and revoked. Each is one command.
import { randomUUIDv7 } from "node:crypto";
import type { MarkCommand } from "../domain/marks.ts";
import type { CredentialKind, Scope, TenantCommand } from "../domain/tenant.ts";
import type { CommandContext } from "../eventlog/provisioning.ts";
import { conflict, invalidValue } from "../scim/errors.ts";
import { DEFAULT_PROFILE, type Profile } from "../scim/normalise/profile.ts";
import { systemActor } from "./recorder.ts";
import { KINDS } from "./scopes.ts";
import { DEFAULT_TENANT, isTenantId } from "./tenant-name.ts";
import { issueToken, newId } from "./token.ts";

export interface TenantCommands {
  /**
   * Decides the command on the tenant's stream; resolves once its events are durable and the directory has applied them.
   * Throws ScimError (400, 404, 409), Unavailable.
   */
  execute(tenant: string, command: TenantCommand, context: CommandContext): Promise<void>;
}

/** What is known of who asks; the tenant comes with each call. */
export type TenantContext = Omit<CommandContext, "tenant">;

/** A command of the service's own, behind which no request stands. */
export function serviceContext(): TenantContext {
  const commandId = randomUUIDv7();
  return { actor: systemActor, requestId: commandId, commandId };
}

export interface CredentialRequest {
  readonly name: string;
  readonly kind: CredentialKind;
  /** Absent: those of the kind. */
  readonly scopes?: readonly Scope[];
  /** Absent: the default. */
  readonly profile?: Profile;
  /** Microseconds since 1970; absent: never. */
  readonly expiresAt?: number;
  readonly requestsPerMinute?: number;
  /** Id of the user that it is of: `/Me`. */
  readonly me?: string;
}

/** A secret that was just made. The token is in no other place: it is shown once. */
export interface IssuedSecret {
  readonly credential: string;
  readonly secret: string;
  readonly token: string;
}

export class Tenants {
  readonly #commands: TenantCommands;

  constructor(commands: TenantCommands) {
    this.#commands = commands;
  }

  /** 400 for an id that is none, 409 for one that is taken. */
  async create(tenant: string, name: string, context: TenantContext): Promise<void> {
    if (!isTenantId(tenant)) throw invalidValue("id: a tenant's id is 1 to 40 of the characters a-z and 0-9");
    await this.#execute({ type: "CreateTenant", tenant, name }, context);
  }

  /** From the next request on, every credential of the tenant is refused. */
  async suspend(tenant: string, context: TenantContext): Promise<void> {
    if (tenant === DEFAULT_TENANT)
      throw conflict(`the tenant “${DEFAULT_TENANT}” holds the administrators; it cannot be suspended`);
    await this.#execute({ type: "SuspendTenant", tenant }, context);
  }

  async resume(tenant: string, context: TenantContext): Promise<void> {
    await this.#execute({ type: "ResumeTenant", tenant }, context);
  }

  async issue(tenant: string, request: CredentialRequest, context: TenantContext): Promise<IssuedSecret> {
    const { name, kind, scopes = KINDS[kind], profile = DEFAULT_PROFILE, ...limits } = request;
    const [credential, secret] = [newId(), newId()];
    const { token, hash } = issueToken(credential);
    const issued = { credential, name, kind, scopes: [...scopes], profile, secret, hash, ...limits };
    await this.#execute({ type: "IssueCredential", tenant, credential: issued }, context);
    return { credential, secret, token };
  }

  /** A second live secret; the first stays good until it is removed. */
  async rotate(tenant: string, credential: string, context: TenantContext): Promise<IssuedSecret> {
    const secret = newId();
    const { token, hash } = issueToken(credential);
    await this.#execute({ type: "AddSecret", tenant, credential, secret, hash }, context);
    return { credential, secret, token };
  }

  async removeSecret(tenant: string, credential: string, secret: string, context: TenantContext): Promise<void> {
    await this.#execute({ type: "RemoveSecret", tenant, credential, secret }, context);
  }

  async revoke(tenant: string, credential: string, context: TenantContext): Promise<void> {
    await this.#execute({ type: "RevokeCredential", tenant, credential }, context);
  }

  /** A mark that stands already, or is not there to take back, changes nothing. */
  async mark(command: MarkCommand, context: TenantContext): Promise<void> {
    await this.#execute(command, context);
  }

  /** Off a request's path: whoever calls does not wait, and a failure is only told. */
  async noteUse(tenant: string, credential: string, at: number, context: TenantContext): Promise<void> {
    await this.#execute({ type: "NoteUse", tenant, credential, at }, context);
  }

  #execute(command: TenantCommand, context: TenantContext): Promise<void> {
    return this.#commands.execute(command.tenant, command, { ...context, tenant: command.tenant });
  }
}
