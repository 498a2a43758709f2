// The event catalogue: facts in SCIM's words, past tense. Clear first, personal second.
import { z } from "zod";
import { isObject, type Json } from "../scim/json.ts";
import { ApprovalAsserted, DateAsserted } from "./assertion-events.ts";
import { type EventOf, event } from "./event.ts";
import { CheckpointSigned, RestoreAccepted } from "./ledger-events.ts";
import {
  GroupMarkedPrivileged,
  GroupsMarkedExclusive,
  GroupsUnmarkedExclusive,
  GroupUnmarkedPrivileged,
} from "./mark-events.ts";
import {
  AttemptRejected,
  AttemptsDropped,
  AuthenticationFailed,
  ClientSeen,
  InspectionBegun,
  InspectionEnded,
  KeysDestroyed,
  KeysDisclosed,
} from "./record-events.ts";
import {
  CredentialIssued,
  CredentialRevoked,
  CredentialSecretAdded,
  CredentialSecretRemoved,
  CredentialUsed,
  ResourceTypeDefined,
  ResourceTypeRetired,
  SchemaDefined,
  SchemaRetired,
  TenantCreated,
  TenantResumed,
  TenantSuspended,
} from "./tenant-events.ts";

const nothing = z.strictObject({});
const id = z.string().min(1);
const attributes = z.custom<Record<string, Json>>(isObject, "an object");
const json = z.custom<Json>((value) => value !== undefined, "JSON");
/** Canonical attribute paths without selectors: `emails`, `name.givenName`. */
const paths = z.array(z.string());
/** Those of `paths` that became unassigned. */
const cleared = paths;
/** Set while the event is a part of a change too large for one append. */
const change = z.string().optional();

/** A role or entitlement, the part of it that is an access fact and stays after erasure. */
const grantedValue = z.strictObject({
  attribute: z.enum(["roles", "entitlements"]),
  element: z.string(),
  value: z.string(),
  type: z.string().optional(),
});
export type GrantedValue = z.output<typeof grantedValue>;

/** One attribute, or one element of a multi-valued attribute: absent `before`: added; absent `after`: removed. */
export const attributeChange = z.strictObject({
  path: z.string(),
  element: z.string().optional(),
  before: json.optional(),
  after: json.optional(),
});
export type AttributeChange = z.output<typeof attributeChange>;

/** Attribute path of a unique value → the id of the claim that reserves it. */
const claims = z.record(z.string(), z.string());
/** Attribute path → ids of its elements, in order. */
const elements = z.record(z.string(), z.array(z.string()));

/** What of the request was not read as it stands, in the first event of its command that has room for it. */
const interpretations = z.array(z.strictObject({ raw: z.string(), interpreted: z.string() })).optional();
/** The personal part of an event that has no values of its own. */
const interpreted = z.strictObject({ interpretations }).optional();

export const UserCreated = event(
  "UserCreated",
  1,
  z.strictObject({ paths, active: z.boolean().optional(), granted: z.array(grantedValue), claims }),
  z.strictObject({ attributes, elements, interpretations }),
);
export const UserAttributesChanged = event(
  "UserAttributesChanged",
  1,
  z.strictObject({
    paths,
    cleared,
    granted: z.array(grantedValue),
    revoked: z.array(grantedValue),
    /** `active` became true from unassigned, or (null) unassigned from true: no change of access. */
    active: z.literal(true).nullable().optional(),
    claims: claims.optional(),
  }),
  z.strictObject({ changes: z.array(attributeChange), interpretations }),
);
export const UserDeactivated = event("UserDeactivated", 1, nothing, interpreted);
/** `active` is null where it became unassigned, which also means enabled. */
export const UserReactivated = event(
  "UserReactivated",
  1,
  z.strictObject({ active: z.literal(true).nullable() }),
  interpreted,
);
export const UserPasswordSet = event("UserPasswordSet", 1, nothing, interpreted);
/** Values of other attributes that are never returned, which extensions of the tenant have; never the values. */
export const UserSecretsSet = event("UserSecretsSet", 1, z.strictObject({ paths }), interpreted);
export const UserDeleted = event("UserDeleted", 1, nothing);
/** The person is erased from here on: these keys are destroyed. `reason` is kept in clear, for good. */
export const UserErased = event("UserErased", 1, z.strictObject({ keys: z.array(id), reason: z.string().optional() }));
/** The keys are destroyed: what nobody can read any more, and what stays of the person. */
export const UserErasureCompleted = event(
  "UserErasureCompleted",
  1,
  z.strictObject({
    erased: z.strictObject({
      /** Events of the person's stream whose values were sealed. */
      events: z.int(),
      /** Claims of unique values whose owner was sealed. */
      claims: z.int(),
    }),
    remains: z.strictObject({
      /** Events of the person's stream, without values. */
      events: z.int(),
      /** Intervals of accounts, groups, roles and entitlements. */
      accessIntervals: z.int(),
      /** Months whose refused requests and audit questions can be read, and may name the person. */
      recordMonths: z.array(z.string()),
    }),
  }),
);
/** Someone else took over a claim that this owner had not made good: the owner's pending command must fail. */
export const ClaimRevoked = event("ClaimRevoked", 1, z.strictObject({ attribute: z.string(), claim: id }));

export const GroupCreated = event(
  "GroupCreated",
  1,
  z.strictObject({ paths, change }),
  z.strictObject({ attributes, elements, interpretations }),
);
export const GroupAttributesChanged = event(
  "GroupAttributesChanged",
  1,
  z.strictObject({ paths, cleared, change }),
  z.strictObject({ changes: z.array(attributeChange), interpretations }),
);
/** The most member ids in one event. */
export const MEMBERS_PER_EVENT = 500;
const memberIds = z.array(id).min(1).max(MEMBERS_PER_EVENT);
export const GroupMembersAdded = event(
  "GroupMembersAdded",
  1,
  z.strictObject({ members: memberIds, change }),
  interpreted,
);
export const GroupMembersRemoved = event(
  "GroupMembersRemoved",
  1,
  z.strictObject({ members: memberIds, change, cause: z.enum(["userDeleted", "groupDeleted"]).optional() }),
  interpreted,
);
/** Values of attributes that are never returned, which extensions of the tenant have; never the values. */
export const GroupSecretsSet = event("GroupSecretsSet", 1, z.strictObject({ paths, change }), interpreted);
export const GroupDeleted = event("GroupDeleted", 1, nothing);
/** Opens a change too large for one append; its parts carry the same `change`. */
export const GroupChangeBegun = event("GroupChangeBegun", 1, z.strictObject({ change: id }));
export const GroupChangeCompleted = event("GroupChangeCompleted", 1, z.strictObject({ change: id }));
export const GroupChangeAbandoned = event("GroupChangeAbandoned", 1, z.strictObject({ change: id }));

/** A resource of a type that the tenant defined. */
export const ResourceCreated = event(
  "ResourceCreated",
  1,
  z.strictObject({ paths, claims }),
  z.strictObject({ attributes, elements, interpretations }),
);
export const ResourceAttributesChanged = event(
  "ResourceAttributesChanged",
  1,
  z.strictObject({ paths, cleared, claims: claims.optional() }),
  z.strictObject({ changes: z.array(attributeChange), interpretations }),
);
/** Values of attributes that are never returned were sent; never the values. */
export const ResourceSecretsSet = event("ResourceSecretsSet", 1, z.strictObject({ paths }), interpreted);
export const ResourceDeleted = event("ResourceDeleted", 1, nothing);

/** Owner and claim id are personal, so that erasure cuts the name from the person. */
export const IdentifierClaimed = event(
  "IdentifierClaimed",
  1,
  z.strictObject({ attribute: z.string() }),
  z.strictObject({ owner: id, claim: id }),
);
export const IdentifierReleased = event("IdentifierReleased", 1, nothing);

/** Every declared event, by stream kind. */
export const catalogue = {
  user: [
    UserCreated,
    UserAttributesChanged,
    UserDeactivated,
    UserReactivated,
    UserPasswordSet,
    UserSecretsSet,
    UserDeleted,
    UserErased,
    UserErasureCompleted,
    ClaimRevoked,
  ],
  group: [
    GroupCreated,
    GroupAttributesChanged,
    GroupMembersAdded,
    GroupMembersRemoved,
    GroupSecretsSet,
    GroupDeleted,
    GroupChangeBegun,
    GroupChangeCompleted,
    GroupChangeAbandoned,
  ],
  resource: [ResourceCreated, ResourceAttributesChanged, ResourceSecretsSet, ResourceDeleted, ClaimRevoked],
  claim: [IdentifierClaimed, IdentifierReleased],
  tenant: [
    TenantCreated,
    TenantSuspended,
    TenantResumed,
    CredentialIssued,
    CredentialSecretAdded,
    CredentialSecretRemoved,
    CredentialRevoked,
    CredentialUsed,
    SchemaDefined,
    SchemaRetired,
    ResourceTypeDefined,
    ResourceTypeRetired,
    GroupMarkedPrivileged,
    GroupUnmarkedPrivileged,
    GroupsMarkedExclusive,
    GroupsUnmarkedExclusive,
  ],
  attempt: [AttemptRejected, AttemptsDropped, AuthenticationFailed, KeysDestroyed],
  inspection: [InspectionBegun, KeysDisclosed, InspectionEnded],
  assertion: [DateAsserted, ApprovalAsserted],
  client: [ClientSeen],
  ledger: [CheckpointSigned, RestoreAccepted],
} as const;

/** The events of a kind of stream. */
type EventsOf<Kind extends keyof typeof catalogue> = EventOf<(typeof catalogue)[Kind][number]>;
export type UserEvent = EventsOf<"user">;
export type GroupEvent = EventsOf<"group">;
export type ResourceEvent = EventsOf<"resource">;
export type ClaimEvent = EventsOf<"claim">;
export type TenantEvent = EventsOf<"tenant">;
export type AssertionEvent = EventsOf<"assertion">;
export type InspectionEvent = EventsOf<"inspection">;
/** Those of requests that were refused, without what becomes of their months' keys. */
export type AttemptEvent = EventOf<typeof AttemptRejected | typeof AttemptsDropped | typeof AuthenticationFailed>;
/** Those by which a tenant's schemas and resource types change. */
export type DefinitionEvent = EventOf<
  typeof SchemaDefined | typeof SchemaRetired | typeof ResourceTypeDefined | typeof ResourceTypeRetired
>;
