// What one event changed, told from the event itself: before → after, per attribute, and per element of a multi-valued one.
import { changesBetween } from "../../domain/attribute-changes.ts";
import { noAttributes } from "../../domain/attributes.ts";
import { type DomainEvent, ERASED } from "../../domain/event.ts";
import type { AttributeChange, GrantedValue, GroupEvent, ResourceEvent, UserEvent } from "../../domain/events.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";

/** What an event of a resource's own stream says. */
export interface Told {
  readonly changes: readonly AttributeChange[];
  readonly members?: { readonly added: readonly string[]; readonly removed: readonly string[] };
  /** Why members were removed, where it was not asked for. */
  readonly cause?: string;
  /** Why a person was erased. */
  readonly reason?: string;
  /** The change too large for one append that the event begins, belongs to, completes or abandons. */
  readonly change?: string;
}

const NOTHING: Told = { changes: [] };

/** `type`: of the resource, as the tenant has it. */
export function tell(event: UserEvent | GroupEvent | ResourceEvent, type: ResourceType): Told {
  switch (event.type) {
    case "UserCreated":
      return {
        changes: isOpen(event.personal) ? created(type, event.personal.attributes) : createdErased(event.data),
      };
    case "UserAttributesChanged":
      return {
        changes: [
          ...(isOpen(event.personal) ? event.personal.changes : changedErased(event.data)),
          ...quiet(event.data.active),
        ],
      };
    case "UserDeactivated":
      return { changes: [{ path: "active", before: true, after: false }] };
    case "UserReactivated":
      return { changes: [{ path: "active", before: false, ...(event.data.active === null ? {} : { after: true }) }] };
    case "ResourceCreated": {
      const { personal, data } = event;
      const erased = () => createdErased({ ...data, granted: [] });
      return { changes: isOpen(personal) ? created(type, personal.attributes) : erased() };
    }
    case "ResourceAttributesChanged": {
      const { personal, data } = event;
      const erased = () => changedErased({ ...data, granted: [], revoked: [] });
      return { changes: isOpen(personal) ? personal.changes : erased() };
    }
    case "GroupCreated": {
      const { personal, data } = event;
      const changes = isOpen(personal) ? created(type, personal.attributes) : createdErased({ ...data, granted: [] });
      return { changes, ...partOf(data) };
    }
    case "GroupAttributesChanged": {
      const { personal, data } = event;
      const changes = isOpen(personal) ? personal.changes : changedErased({ ...data, granted: [], revoked: [] });
      return { changes, ...partOf(data) };
    }
    case "GroupMembersAdded":
      return { changes: [], members: { added: event.data.members, removed: [] }, ...partOf(event.data) };
    case "GroupMembersRemoved": {
      const { members, cause } = event.data;
      return {
        changes: [],
        members: { added: [], removed: members },
        ...(cause === undefined ? {} : { cause }),
        ...partOf(event.data),
      };
    }
    case "GroupSecretsSet":
    case "GroupChangeBegun":
    case "GroupChangeCompleted":
    case "GroupChangeAbandoned":
      return { changes: [], ...partOf(event.data) };
    case "UserErased":
      return { ...NOTHING, ...(event.data.reason === undefined ? {} : { reason: event.data.reason }) };
    case "UserPasswordSet":
    case "UserSecretsSet":
    case "ResourceSecretsSet":
    case "ResourceDeleted":
    case "UserDeleted":
    case "UserErasureCompleted":
    case "ClaimRevoked":
    case "GroupDeleted":
      return NOTHING;
    default:
      throw new Error(`unknown event ${(event satisfies never as DomainEvent).type}`);
  }
}

const partOf = ({ change }: { readonly change?: string | undefined }): { change?: string } =>
  change === undefined ? {} : { change };

const isOpen = <Personal>(personal: Personal | "erased" | undefined): personal is Personal =>
  personal !== undefined && personal !== "erased";

/** Every attribute as added. */
const created = (type: ResourceType, attributes: JsonObject): readonly AttributeChange[] =>
  changesBetween(type, noAttributes, attributes);

interface Facts {
  readonly paths: readonly string[];
  readonly granted: readonly GrantedValue[];
}

/** Roles and entitlements are access facts: they outlast the person's values. */
const GRANTING: readonly string[] = ["roles", "entitlements"];
const isErased = (path: string): boolean => path !== "active" && !GRANTING.includes(path);

const createdErased = ({
  paths,
  granted,
  active,
}: Facts & { readonly active?: boolean | undefined }): readonly AttributeChange[] => [
  ...(active === undefined ? [] : [{ path: "active", after: active }]),
  ...paths.filter(isErased).map((path) => ({ path, after: ERASED })),
  ...granted.map((held) => ({ path: held.attribute, element: held.element, after: grantOf(held) })),
];

/** Whether there was a value before is erased with it. */
const changedErased = ({
  paths,
  cleared,
  granted,
  revoked,
}: Facts & {
  readonly cleared: readonly string[];
  readonly revoked: readonly GrantedValue[];
}): readonly AttributeChange[] => [
  ...paths
    .filter(isErased)
    .map((path) => ({ path, before: ERASED, ...(cleared.includes(path) ? {} : { after: ERASED }) })),
  ...revoked.map((held) => ({ path: held.attribute, element: held.element, before: grantOf(held) })),
  ...granted.map((held) => ({ path: held.attribute, element: held.element, after: grantOf(held) })),
];

const grantOf = ({ value, type }: GrantedValue): JsonObject => ({ value, ...(type === undefined ? {} : { type }) });

/** `active` was assigned or unassigned, and the account stayed enabled. */
const quiet = (active: true | null | undefined): readonly AttributeChange[] =>
  active === undefined ? [] : [{ path: "active", ...(active === null ? { before: true } : { after: true }) }];
