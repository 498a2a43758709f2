// The tenant: its life, its credentials and its definitions, which commands change them, into which events.
import { match, P } from "ts-pattern";
import { conflict, invalidValue, notFound, uniqueness } from "../scim/errors.ts";
import { type Definitions, noDefinitions } from "../scim/schema/definitions.ts";
import { type DefinitionCommand, decideDefinition, evolveDefinitions } from "./definition-commands.ts";
import type { DomainEvent, Fact } from "./event.ts";
import type { TenantEvent } from "./events.ts";
import { decideMark, evolveMarks, type MarkCommand, type Marks, noMarks } from "./marks.ts";
import {
  CredentialIssued,
  CredentialRevoked,
  CredentialSecretAdded,
  CredentialSecretRemoved,
  CredentialUsed,
  TenantCreated,
  TenantResumed,
  TenantSuspended,
} from "./tenant-events.ts";

/** What `CredentialIssued` says of a credential; `secret` and `hash` are those of its first secret. */
export type IssuedCredential = Extract<TenantEvent, DomainEvent<"CredentialIssued">>["data"];
export type Scope = IssuedCredential["scopes"][number];
export type CredentialKind = IssuedCredential["kind"];

export interface CredentialState {
  readonly id: string;
  readonly name: string;
  readonly kind: CredentialKind;
  readonly scopes: readonly Scope[];
  readonly profile: string;
  /** Id of each live secret → SHA-256 of it, hex. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Microseconds, as the other times here; absent: never. */
  readonly expiresAt?: number | undefined;
  readonly requestsPerMinute?: number | undefined;
  /** Id of the user that it is of: `/Me`. */
  readonly me?: string | undefined;
  readonly issuedAt: number;
  readonly revokedAt?: number;
  /** To the hour. */
  readonly lastUsedAt?: number;
}

export interface TenantState {
  readonly status: "absent" | "live" | "suspended";
  readonly name: string;
  /** The stream's last revision; -1: none. */
  readonly revision: number;
  readonly createdAt: number;
  readonly credentials: ReadonlyMap<string, CredentialState>;
  /** Its own schemas and resource types. */
  readonly definitions: Definitions;
  readonly marks: Marks;
}

export const absentTenant: TenantState = {
  status: "absent",
  name: "",
  revision: -1,
  createdAt: 0,
  credentials: new Map(),
  definitions: noDefinitions,
  marks: noMarks,
};

export type TenantCommand =
  | MarkCommand
  | { readonly type: "CreateTenant"; readonly tenant: string; readonly name: string }
  | { readonly type: "SuspendTenant"; readonly tenant: string }
  | { readonly type: "ResumeTenant"; readonly tenant: string }
  | { readonly type: "IssueCredential"; readonly tenant: string; readonly credential: IssuedCredential }
  | {
      readonly type: "AddSecret";
      readonly tenant: string;
      readonly credential: string;
      readonly secret: string;
      readonly hash: string;
    }
  | { readonly type: "RemoveSecret"; readonly tenant: string; readonly credential: string; readonly secret: string }
  | { readonly type: "RevokeCredential"; readonly tenant: string; readonly credential: string }
  | DefinitionCommand
  /** A request was authenticated by it; `at` in microseconds. */
  | { readonly type: "NoteUse"; readonly tenant: string; readonly credential: string; readonly at: number };

/** Two, so that a client can be moved from the old to the new without a gap. */
const MOST_SECRETS = 2;
/** How coarse `lastUsedAt` is, microseconds. */
export const USE_INTERVAL = 3_600_000_000;

/** The events of a command; none where it changes nothing. Throws ScimError. */
export const decide = (command: TenantCommand, tenant: TenantState): readonly TenantEvent[] =>
  match([tenant.status, command] as const)
    .with(["absent", { type: "CreateTenant" }], ([, { name }]) => [TenantCreated({ name })])
    .with([P.union("live", "suspended"), { type: "CreateTenant" }], ([, { tenant: id }]) => {
      throw uniqueness(`there is a tenant “${id}” already`);
    })
    .with(["absent", P._], ([, { tenant: id }]) => {
      throw notFound(`there is no tenant “${id}”`);
    })
    .with(["live", { type: "SuspendTenant" }], () => [TenantSuspended({})])
    .with(["suspended", { type: "ResumeTenant" }], () => [TenantResumed({})])
    .with(["suspended", { type: "SuspendTenant" }], ["live", { type: "ResumeTenant" }], () => [])
    .with(
      [P._, { type: P.union("MarkPrivileged", "UnmarkPrivileged", "MarkExclusive", "UnmarkExclusive") }],
      ([, mark]) => decideMark(mark, tenant.marks),
    )
    .with([P._, { type: "IssueCredential" }], ([, { credential }]) => issued(credential, tenant))
    .with([P._, { type: "AddSecret" }], ([, add]) => secretAdded(add, usable(tenant, add.credential)))
    .with([P._, { type: "RemoveSecret" }], ([, remove]) => secretRemoved(remove, usable(tenant, remove.credential)))
    .with([P._, { type: "RevokeCredential" }], ([, { credential }]) =>
      known(tenant, credential).revokedAt === undefined ? [CredentialRevoked({ credential })] : [],
    )
    .with(
      [P._, { type: P.union("DefineSchema", "RetireSchema", "DefineResourceType", "RetireResourceType") }],
      ([, definition]) => decideDefinition(definition, tenant.definitions),
    )
    .with([P._, { type: "NoteUse" }], ([, { credential, at }]) =>
      isUseNews(tenant.credentials.get(credential), at) ? [CredentialUsed({ credential })] : [],
    )
    .exhaustive();

function issued(credential: IssuedCredential, tenant: TenantState): TenantEvent[] {
  if (tenant.credentials.has(credential.credential))
    throw new Error(`credential ${credential.credential} exists already: ids are never issued twice`);
  if (credential.scopes.length === 0) throw invalidValue("scopes: a credential needs at least one scope");
  return [CredentialIssued(credential)];
}

function known(tenant: TenantState, id: string): CredentialState {
  const credential = tenant.credentials.get(id);
  if (credential === undefined) throw notFound(`there is no credential with id “${id}”`);
  return credential;
}

function usable(tenant: TenantState, id: string): CredentialState {
  const credential = known(tenant, id);
  if (credential.revokedAt !== undefined) throw conflict(`the credential “${id}” is revoked; issue a new one`);
  return credential;
}

type CommandOf<Type> = Extract<TenantCommand, { type: Type }>;

function secretAdded(
  { credential, secret, hash }: CommandOf<"AddSecret">,
  { secrets }: CredentialState,
): TenantEvent[] {
  if (secrets.size >= MOST_SECRETS)
    throw conflict(`the credential “${credential}” has ${secrets.size} live secrets already; remove one first`);
  return [CredentialSecretAdded({ credential, secret, hash })];
}

function secretRemoved({ credential, secret }: CommandOf<"RemoveSecret">, { secrets }: CredentialState): TenantEvent[] {
  if (!secrets.has(secret)) throw notFound(`the credential “${credential}” has no secret with id “${secret}”`);
  if (secrets.size === 1) throw conflict("this is the credential's only secret; revoke the credential instead");
  return [CredentialSecretRemoved({ credential, secret })];
}

const isUseNews = (credential: CredentialState | undefined, at: number): boolean =>
  credential !== undefined &&
  credential.revokedAt === undefined &&
  (credential.lastUsedAt === undefined || at - credential.lastUsedAt >= USE_INTERVAL);

/** The tenant after one more fact. */
export function evolve(tenant: TenantState, fact: Fact<TenantEvent>): TenantState {
  const { event, revision, at } = fact;
  switch (event.type) {
    case "TenantCreated":
      return { ...tenant, revision, status: "live", name: event.data.name, createdAt: at };
    case "TenantSuspended":
      return { ...tenant, revision, status: "suspended" };
    case "TenantResumed":
      return { ...tenant, revision, status: "live" };
    case "CredentialIssued": {
      const { credential: id, secret, hash, ...rest } = event.data;
      return withCredential(tenant, revision, { ...rest, id, secrets: new Map([[secret, hash]]), issuedAt: at });
    }
    case "CredentialSecretAdded":
      return changed(tenant, fact, event.data.credential, (credential) => ({
        ...credential,
        secrets: new Map(credential.secrets).set(event.data.secret, event.data.hash),
      }));
    case "CredentialSecretRemoved":
      return changed(tenant, fact, event.data.credential, (credential) => ({
        ...credential,
        secrets: new Map([...credential.secrets].filter(([secret]) => secret !== event.data.secret)),
      }));
    case "CredentialRevoked":
      return changed(tenant, fact, event.data.credential, (credential) => ({
        ...credential,
        secrets: new Map(),
        revokedAt: at,
      }));
    case "CredentialUsed":
      return changed(tenant, fact, event.data.credential, (credential) => ({ ...credential, lastUsedAt: at }));
    case "SchemaDefined":
    case "SchemaRetired":
    case "ResourceTypeDefined":
    case "ResourceTypeRetired":
      return { ...tenant, revision, definitions: evolveDefinitions(tenant.definitions, event) };
    case "GroupMarkedPrivileged":
    case "GroupUnmarkedPrivileged":
    case "GroupsMarkedExclusive":
    case "GroupsUnmarkedExclusive":
      return { ...tenant, revision, marks: evolveMarks(tenant.marks, event) };
    default:
      throw new Error(`unknown tenant event ${(event satisfies never as DomainEvent).type}`);
  }
}

const withCredential = (tenant: TenantState, revision: number, credential: CredentialState): TenantState => ({
  ...tenant,
  revision,
  credentials: new Map(tenant.credentials).set(credential.id, credential),
});

function changed(
  tenant: TenantState,
  { revision }: Fact,
  id: string,
  change: (credential: CredentialState) => CredentialState,
): TenantState {
  const credential = tenant.credentials.get(id);
  return credential === undefined ? { ...tenant, revision } : withCredential(tenant, revision, change(credential));
}
