// Tenants, their credentials and their own definitions.
import { z } from "zod";
import { isObject } from "../scim/json.ts";
import type { Schema } from "../scim/schema/characteristics.ts";
import type { TypeDefinition } from "../scim/schema/read-resource-type.ts";
import { event } from "./event.ts";

const nothing = z.strictObject({});
const id = z.string().min(1);
const scope = z.enum(["scim:read", "scim:write", "audit:read", "audit:assert", "admin"]);
export const TenantCreated = event("TenantCreated", 1, z.strictObject({ name: z.string() }));
export const TenantSuspended = event("TenantSuspended", 1, nothing);
export const TenantResumed = event("TenantResumed", 1, nothing);
export const CredentialIssued = event(
  "CredentialIssued",
  1,
  z.strictObject({
    credential: id,
    name: z.string(),
    kind: z.enum(["provisioning", "auditor", "administrator"]),
    scopes: z.array(scope),
    /** How its requests are read: the name of a profile. One that a version does not know is read strictly. */
    profile: z.string(),
    secret: id,
    /** SHA-256 of the secret, hex. */
    hash: z.string(),
    /** Microseconds; absent: never. */
    expiresAt: z.int().optional(),
    requestsPerMinute: z.int().optional(),
    /** Id of the user that the credential is of: `/Me`. */
    me: id.optional(),
  }),
);
/** A second live secret, for rotation. */
export const CredentialSecretAdded = event(
  "CredentialSecretAdded",
  1,
  z.strictObject({ credential: id, secret: id, hash: z.string() }),
);
export const CredentialSecretRemoved = event(
  "CredentialSecretRemoved",
  1,
  z.strictObject({ credential: id, secret: id }),
);
export const CredentialRevoked = event("CredentialRevoked", 1, z.strictObject({ credential: id }));
/** At most one an hour and credential. */
export const CredentialUsed = event("CredentialUsed", 1, z.strictObject({ credential: id }));

/** A schema of the tenant's own, or another version of it: it was checked in full before. */
const schemaDefinition = z.custom<Schema>(isObject, "an object");
const typeDefinition = z.custom<TypeDefinition>(isObject, "an object");
export const SchemaDefined = event("SchemaDefined", 1, z.strictObject({ schema: schemaDefinition }));
export const SchemaRetired = event("SchemaRetired", 1, z.strictObject({ schema: id }));
/** Of a built-in type: with the tenant's own extensions. */
export const ResourceTypeDefined = event("ResourceTypeDefined", 1, z.strictObject({ resourceType: typeDefinition }));
export const ResourceTypeRetired = event("ResourceTypeRetired", 1, z.strictObject({ resourceType: id }));
