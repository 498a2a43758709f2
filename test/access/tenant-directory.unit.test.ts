import { describe, expect, it } from "@jest/globals";
import { everyScope } from "../../src/access/scopes.ts";
import { TenantDirectory } from "../../src/access/tenant-directory.ts";
import { Tenants } from "../../src/access/tenants.ts";
import { issueToken, newId } from "../../src/access/token.ts";
import { FakeTenantCommands, systemContext } from "../http/fakes.ts";

const NOW = 1_700_000_000_000;

async function directoryWith(adminToken?: string) {
  let now = NOW;
  const directory = new TenantDirectory(adminToken);
  const commands = new FakeTenantCommands(directory, () => now);
  const tenants = new Tenants(commands);
  await tenants.create("default", "Default", systemContext);
  await tenants.create("acme", "Acme", systemContext);
  return { directory, tenants, commands, setNow: (at: number) => (now = at) };
}

const provisioning = { name: "Entra", kind: "provisioning" } as const;

describe("the tenant directory", () => {
  it("knows whom a token stands for", async () => {
    const { directory, tenants } = await directoryWith();
    const { token, credential } = await tenants.issue("acme", provisioning, systemContext);
    const answer = directory.authenticate(token, NOW);
    expect(answer).toMatchObject({
      credential: { tenant: "acme", actor: { credential, name: "Entra", kind: "provisioning" }, profile: "lenient" },
    });
    expect("credential" in answer && [...answer.credential.scopes]).toEqual(["scim:read", "scim:write"]);
  });

  it("refuses noise, strangers, and a known credential with another's secret", async () => {
    const { directory, tenants } = await directoryWith();
    const { credential } = await tenants.issue("acme", provisioning, systemContext);
    expect(directory.authenticate("noise", NOW)).toEqual({ refused: "malformed" });
    expect(directory.authenticate(issueToken(newId()).token, NOW)).toEqual({ refused: "unknown" });
    expect(directory.authenticate(issueToken(credential).token, NOW)).toEqual({ refused: "unknown" });
  });

  it("refuses what has expired, to the moment", async () => {
    const { directory, tenants } = await directoryWith();
    const expiresAt = (NOW + 1_000) * 1_000;
    const { token } = await tenants.issue("acme", { ...provisioning, expiresAt }, systemContext);
    expect(directory.authenticate(token, NOW + 999)).toHaveProperty("credential");
    expect(directory.authenticate(token, NOW + 1_000)).toEqual({ refused: "expired" });
  });

  it("takes both secrets of a rotation, then only the one that is left", async () => {
    const { directory, tenants } = await directoryWith();
    const old = await tenants.issue("acme", provisioning, systemContext);
    const fresh = await tenants.rotate("acme", old.credential, systemContext);
    for (const { token } of [old, fresh]) expect(directory.authenticate(token, NOW)).toHaveProperty("credential");
    await expect(tenants.rotate("acme", old.credential, systemContext)).rejects.toMatchObject({ status: 409 });
    await tenants.removeSecret("acme", old.credential, old.secret, systemContext);
    expect(directory.authenticate(old.token, NOW)).toEqual({ refused: "unknown" });
    expect(directory.authenticate(fresh.token, NOW)).toHaveProperty("credential");
    await expect(tenants.removeSecret("acme", old.credential, fresh.secret, systemContext)).rejects.toMatchObject({
      status: 409,
    });
  });

  it("refuses the revoked, and the credentials of a suspended tenant until it is resumed", async () => {
    const { directory, tenants } = await directoryWith();
    const one = await tenants.issue("acme", provisioning, systemContext);
    const two = await tenants.issue("acme", provisioning, systemContext);
    await tenants.revoke("acme", one.credential, systemContext);
    expect(directory.authenticate(one.token, NOW)).toEqual({ refused: "revoked" });
    await tenants.suspend("acme", systemContext);
    expect(directory.authenticate(two.token, NOW)).toEqual({ refused: "suspended" });
    await tenants.resume("acme", systemContext);
    expect(directory.authenticate(two.token, NOW)).toHaveProperty("credential");
    await expect(tenants.suspend("default", systemContext)).rejects.toMatchObject({ status: 409 });
  });

  it("has the configured administrator, with every scope on default", async () => {
    const token = "a-configured-administrator-token-0123456789";
    const { directory } = await directoryWith(token);
    const answer = directory.authenticate(token, NOW);
    expect("credential" in answer && answer.credential.tenant).toBe("default");
    expect("credential" in answer && answer.credential.scopes.size).toBe(everyScope.length);
    expect(directory.authenticate(`${token}x`, NOW)).toEqual({ refused: "malformed" });
  });

  it("notes a use at most once an hour", async () => {
    const { directory, tenants, commands, setNow } = await directoryWith();
    const { token, credential } = await tenants.issue("acme", provisioning, systemContext);
    for (const minute of [0, 1, 59, 60, 61]) {
      setNow(NOW + minute * 60_000);
      await tenants.noteUse("acme", credential, (NOW + minute * 60_000) * 1_000, systemContext);
    }
    expect(commands.events.filter(({ type }) => type === "CredentialUsed")).toHaveLength(2);
    const answer = directory.authenticate(token, NOW);
    expect("credential" in answer && answer.credential.useDueAt).toBe(NOW + 120 * 60_000);
  });

  it("keeps the rate of a credential across its other events, and takes a fact twice as once", async () => {
    const { directory, tenants } = await directoryWith();
    const issued = await tenants.issue("acme", { ...provisioning, requestsPerMinute: 1 }, systemContext);
    const bucketOf = () => {
      const answer = directory.authenticate(issued.token, NOW);
      return "credential" in answer ? answer.credential.bucket : undefined;
    };
    const before = bucketOf();
    expect(before?.take(NOW)).toBe(0);
    await tenants.rotate("acme", issued.credential, systemContext);
    expect(bucketOf()).toBe(before);
    const { generation } = directory;
    directory.apply("acme", { event: { type: "TenantSuspended", version: 1, data: {} }, revision: 0, at: 0 });
    expect(directory.generation).toBe(generation);
  });

  it("refuses names that are no tenant's", async () => {
    const { tenants } = await directoryWith();
    for (const name of ["", "Acme", "_system", "a-b", "x".repeat(41), "__proto__", "a\n"])
      await expect(tenants.create(name, name, systemContext)).rejects.toMatchObject({ status: 400 });
    await expect(tenants.create("acme", "again", systemContext)).rejects.toMatchObject({ status: 409 });
    await expect(tenants.issue("nobody", provisioning, systemContext)).rejects.toMatchObject({ status: 404 });
  });
});
