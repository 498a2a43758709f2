// The first start: the tenants that every service has, and the three tokens that open it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TenantDirectory } from "./access/tenant-directory.ts";
import { DEFAULT_TENANT, SYSTEM_TENANT } from "./access/tenant-name.ts";
import { type CredentialRequest, serviceContext, type Tenants } from "./access/tenants.ts";
import type { KeyVault } from "./vault/key-vault.ts";

export interface FirstToken {
  readonly name: string;
  readonly forWhom: string;
  readonly token: string;
}

const FIRST: readonly (CredentialRequest & { readonly forWhom: string })[] = [
  { name: "first provisioning", kind: "provisioning", forWhom: "identity providers (SCIM)" },
  { name: "first auditor", kind: "auditor", forWhom: "auditors (audit API, reading SCIM as of an instant)" },
  { name: "first administrator", kind: "administrator", forWhom: "administrators (tenants and credentials)" },
];

/** Makes what is missing of the two built-in tenants; returns tokens where `default` was just created. */
export async function prepareTenants(
  tenants: Tenants,
  directory: TenantDirectory,
  vault: KeyVault,
): Promise<readonly FirstToken[]> {
  await vault.prepareTenant(SYSTEM_TENANT);
  await vault.prepareTenant(DEFAULT_TENANT);
  if (directory.tenant(DEFAULT_TENANT) === undefined) {
    await tenants.create(DEFAULT_TENANT, "Default", serviceContext());
  }
  if ((directory.tenant(DEFAULT_TENANT)?.credentials.size ?? 0) > 0) return [];
  const tokens: FirstToken[] = [];
  for (const { forWhom, ...request } of FIRST) {
    const { token } = await tenants.issue(DEFAULT_TENANT, request, serviceContext());
    tokens.push({ name: request.name, forWhom, token });
  }
  return tokens;
}

/** Keeps the tokens in the data folder, for their owner alone; returns the path. */
export function keepTokens(folder: string, tokens: readonly FirstToken[]): string {
  const path = join(folder, "first-tokens.txt");
  const lines = tokens.map(({ name, forWhom, token }) => `# ${name}: for ${forWhom}\n${token}\n`);
  writeFileSync(path, lines.join("\n"), { mode: 0o600 });
  return path;
}
