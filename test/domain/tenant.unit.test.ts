import { describe, expect, it } from "@jest/globals";
import type { TenantEvent } from "../../src/domain/events.ts";
import {
  absentTenant,
  decide,
  evolve,
  type TenantCommand,
  type TenantState,
  USE_INTERVAL,
} from "../../src/domain/tenant.ts";

const fold = (events: readonly TenantEvent[], state: TenantState = absentTenant): TenantState =>
  events.reduce((tenant, event) => evolve(tenant, { event, revision: tenant.revision + 1, at: 1_000 }), state);

const tenant = "acme";
const credential = {
  credential: "c1",
  name: "Entra",
  kind: "provisioning" as const,
  scopes: ["scim:read" as const],
  profile: "lenient",
  secret: "s1",
  hash: "h1",
};
const create = { type: "CreateTenant", tenant, name: "Acme" } as const;
const issue = { type: "IssueCredential", tenant, credential } as const;
const add = { type: "AddSecret", tenant, credential: "c1", secret: "s2", hash: "h2" } as const;
const revoke = { type: "RevokeCredential", tenant, credential: "c1" } as const;
const use = (at: number) => ({ type: "NoteUse", tenant, credential: "c1", at }) as const;

const given = (...commands: TenantCommand[]) => {
  const state = commands.reduce((before, command) => fold(decide(command, before), before), absentTenant);
  return {
    when: (command: TenantCommand) => ({
      thenEvents: (...types: string[]) => expect(decide(command, state).map(({ type }) => type)).toEqual(types),
      thenStatus: (status: number) => expect(() => decide(command, state)).toThrow(expect.objectContaining({ status })),
    }),
    state,
  };
};

describe("a tenant", () => {
  it("is created once", () => {
    given().when(create).thenEvents("TenantCreated");
    given(create).when(create).thenStatus(409);
  });

  it("that is absent has nothing to change", () => {
    for (const command of [issue, add, revoke, use(1), { type: "SuspendTenant", tenant } as const])
      given().when(command).thenStatus(404);
  });

  it("is suspended and resumed; to say it twice changes nothing", () => {
    const suspend = { type: "SuspendTenant", tenant } as const;
    const resume = { type: "ResumeTenant", tenant } as const;
    given(create).when(suspend).thenEvents("TenantSuspended");
    given(create, suspend).when(suspend).thenEvents();
    given(create, suspend).when(resume).thenEvents("TenantResumed");
    given(create).when(resume).thenEvents();
    given(create, suspend).when(issue).thenEvents("CredentialIssued");
  });
});

describe("a credential", () => {
  it("has one or two live secrets", () => {
    given(create, issue).when(add).thenEvents("CredentialSecretAdded");
    given(create, issue, add)
      .when({ ...add, secret: "s3" })
      .thenStatus(409);
    given(create, issue, add)
      .when({ type: "RemoveSecret", tenant, credential: "c1", secret: "s1" })
      .thenEvents("CredentialSecretRemoved");
    given(create, issue).when({ type: "RemoveSecret", tenant, credential: "c1", secret: "s1" }).thenStatus(409);
    given(create, issue, add).when({ type: "RemoveSecret", tenant, credential: "c1", secret: "s9" }).thenStatus(404);
  });

  it("is revoked for good, and its secrets are forgotten", () => {
    given(create, issue).when(revoke).thenEvents("CredentialRevoked");
    given(create, issue, revoke).when(revoke).thenEvents();
    given(create, issue, revoke).when(add).thenStatus(409);
    given(create, issue, revoke).when(use(1)).thenEvents();
    expect(given(create, issue, revoke).state.credentials.get("c1")?.secrets.size).toBe(0);
  });

  it("is used at most once an hour", () => {
    given(create, issue).when(use(1_000)).thenEvents("CredentialUsed");
    given(create, issue, use(1_000)).when(use(USE_INTERVAL)).thenEvents();
    given(create, issue, use(1_000))
      .when(use(1_000 + USE_INTERVAL))
      .thenEvents("CredentialUsed");
    given(create).when(use(1)).thenEvents();
  });

  it("that is unknown is not found, by whatever name", () => {
    for (const id of ["c2", "__proto__", "constructor"])
      given(create, issue)
        .when({ ...revoke, credential: id })
        .thenStatus(404);
  });
});
