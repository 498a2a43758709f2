// The bodies of the admin API: plain JSON objects, checked by a zod schema each; what is wrong is a SCIM error.
import { z } from "zod";
import { KINDS, SCOPES } from "../../access/scopes.ts";
import { isTenantId } from "../../access/tenant-name.ts";
import type { CredentialKind, Scope } from "../../domain/tenant.ts";
import { parseDateTime } from "../../scim/date-time.ts";
import { invalidValue } from "../../scim/errors.ts";
import { profileNames } from "../../scim/normalise/profile.ts";
import { eventInstant } from "../event-instant.ts";
import { isResourceId } from "../resource-id.ts";

const LONGEST_NAME = 200;
const MOST_REQUESTS_PER_MINUTE = 10_000_000;

const name = z
  .string()
  .trim()
  .min(1)
  .max(LONGEST_NAME)
  .refine((text) => text.isWellFormed(), "must be Unicode text");
const tenantId = z.string().refine(isTenantId, "must be 1 to 40 of the characters a-z and 0-9");

export const tenantBody = z.strictObject({ id: tenantId, name: name.optional() });

export const credentialBody = z.strictObject({
  /** Absent: the tenant of whoever asks. */
  tenant: tenantId.optional(),
  name,
  kind: z.enum(Object.keys(KINDS) as [CredentialKind, ...CredentialKind[]]),
  scopes: z
    .array(z.enum(Object.keys(SCOPES) as [Scope, ...Scope[]]))
    .min(1)
    .refine((scopes) => new Set(scopes).size === scopes.length, "must name each scope once")
    .optional(),
  profile: z.enum(profileNames).optional(),
  expiresAt: eventInstant(parseDateTime, {
    otherwise: "must be an RFC 3339 date and time",
    without: "leave it out for never",
  }).optional(),
  requestsPerMinute: z.int().min(1).max(MOST_REQUESTS_PER_MINUTE).optional(),
  /** Id of the user that the credential is of. */
  me: z.string().refine(isResourceId, "must be the id of a user").optional(),
});

const LONGEST_REASON = 200;
const reason = z
  .string()
  .trim()
  .min(1)
  .max(LONGEST_REASON)
  .refine((text) => text.isWellFormed(), "must be Unicode text");

export const restoreBody = z.strictObject({ reason });

/** The id again, so that no path alone erases anybody. */
export const erasureBody = z.strictObject({
  confirm: z.string(),
  reason: reason.optional(),
});

const MOST_ISSUES = 10;
const LONGEST_MESSAGE = 300;

/** A message repeats the names that it does not know. */
const cut = (message: string): string =>
  message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…`.toWellFormed() : message;

/** 400 invalidValue names the members that are not as they must be. */
export function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const says = result.error.issues
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => `${path.length === 0 ? "the body" : path.join(".")}: ${cut(message)}`);
  throw invalidValue(says.join("; "));
}
