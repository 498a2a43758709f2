// What a credential may do. Which route needs which scope stands in the route's own row (`src/http/route.ts`).
import type { CredentialKind, Scope } from "../domain/tenant.ts";

/** Every scope, and what it opens. No scope includes another. */
export const SCOPES: Readonly<Record<Scope, string>> = {
  "scim:read": "read users, groups, other resources and schemas",
  "scim:write": "create, change and delete users, groups and other resources",
  "audit:read": "ask audit questions, and read SCIM resources as of an instant",
  "audit:assert": "hand in what others assert: dates of joining and leaving, approvals",
  admin: "manage credentials, schemas and resource types, and (in the tenant default) tenants",
};

/** The scopes a credential gets if none are asked for. */
export const KINDS: Readonly<Record<CredentialKind, readonly Scope[]>> = {
  provisioning: ["scim:read", "scim:write"],
  auditor: ["scim:read", "audit:read"],
  administrator: ["admin"],
};

export const everyScope = Object.keys(SCOPES) as readonly Scope[];
