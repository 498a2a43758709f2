// The user: which commands change them, into which events.
import { match, P } from "ts-pattern";
import { invalidValue, notFound } from "../scim/errors.ts";
import type { JsonObject } from "../scim/json.ts";
import { applyPatch } from "../scim/patch/apply.ts";
import type { PatchOperation } from "../scim/patch/operation.ts";
import { replacement } from "../scim/resource/parse.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import { userType } from "../scim/schema/resource-types.ts";
import { changesToWrite } from "./attribute-changes.ts";
import { assignedPaths, isAssigned } from "./attribute-places.ts";
import { refuseTooLarge } from "./attribute-size.ts";
import { type AttributeSet, applyChanges, nextElementOf, noAttributes, withElements } from "./attributes.ts";
import { erasedChange, removal } from "./erased-attributes.ts";
import type { DomainEvent, Fact } from "./event.ts";
import {
  type GrantedValue,
  UserAttributesChanged,
  UserCreated,
  UserDeactivated,
  UserDeleted,
  UserErased,
  UserErasureCompleted,
  type UserEvent,
  UserPasswordSet,
  UserReactivated,
  UserSecretsSet,
} from "./events.ts";
import { GRANTING, grantedIn, grantedValue, isPersonal } from "./granted.ts";
import { valueNaming } from "./person-named.ts";
import { absentResource, bornBy, type ClaimingState, claimsAfter, createdWith, movedBy } from "./resource-state.ts";
import { type ClaimIds, claimsOf, newlyBorne, uniqueValues } from "./unique-values.ts";

export type UserState = ClaimingState;

export const absentUser: UserState = { ...absentResource, claims: {}, revoked: [] };

export type UserCommand =
  | {
      readonly type: "CreateUser";
      readonly id: string;
      readonly attributes: JsonObject;
      readonly password: boolean;
      readonly secrets?: readonly string[];
    }
  | { readonly type: "ReplaceUser"; readonly id: string; readonly attributes: JsonObject }
  | {
      readonly type: "PatchUser";
      readonly id: string;
      readonly operations: readonly PatchOperation[];
      /** The request named a password; its value went no further than its check. */
      readonly password: boolean;
      /** Paths of the other secrets that it named: they belong to extensions of the tenant. */
      readonly secrets?: readonly string[];
    }
  | { readonly type: "DeleteUser"; readonly id: string }
  /** Deletes the user too, if they live. The caller makes sure that there was no erasure yet. */
  | { readonly type: "EraseUser"; readonly id: string; readonly reason?: string }
  | { readonly type: "CompleteErasure"; readonly id: string; readonly outcome: ErasureOutcome };

/** What an erasure took, and what stays. */
export type ErasureOutcome = Extract<UserEvent, DomainEvent<"UserErasureCompleted">>["data"];

/** The events of a command; none where it changes nothing. `type`: the tenant's, with its extensions. Throws ScimError. */
export const decide = (
  command: UserCommand,
  user: UserState,
  claimId: ClaimIds,
  type: ResourceType = userType,
): readonly UserEvent[] =>
  match([user.status, command] as const)
    .with(["absent", { type: "CreateUser" }], ([, create]) => [
      created(create.attributes, claimId, type),
      ...secretsSet(create),
    ])
    .with(["live", { type: "ReplaceUser" }], ([, replace]) =>
      changed(user, replacement(type, replace.attributes, user.attributes), claimId, type),
    )
    .with(["live", { type: "PatchUser" }], ([, patch]) => [
      ...changed(user, applyPatch(type, user.attributes, patch.operations), claimId, type),
      ...secretsSet(patch),
    ])
    .with(["live", { type: "DeleteUser" }], () => [UserDeleted({})])
    .with(["live", { type: "EraseUser" }], ([, erase]) => [UserDeleted({}), erased(user, erase.reason)])
    .with(["deleted", { type: "EraseUser" }], ([, erase]) => [erased(user, erase.reason)])
    .with(["deleted", { type: "CompleteErasure" }], ([, { outcome }]) => [UserErasureCompleted(outcome)])
    .with(["live", { type: "CompleteErasure" }], ([, { id }]) => {
      throw new Error(`user ${id} lives: no erasure of theirs is under way`);
    })
    .with([P._, { type: "CreateUser" }], ([, { id }]) => {
      throw new Error(`user ${id} exists already: ids are never issued twice`);
    })
    .with([P.union("absent", "deleted"), P._], ([, { id }]) => {
      throw notFound(`there is no User with id “${id}”`);
    })
    .exhaustive();

/** That secrets were sent, never which: their values went no further than their check. */
const secretsSet = ({ password, secrets = [] }: { password: boolean; secrets?: readonly string[] }): UserEvent[] => [
  ...(password ? [UserPasswordSet({})] : []),
  ...(secrets.length > 0 ? [UserSecretsSet({ paths: [...secrets] })] : []),
];

function created(attributes: JsonObject, claimId: ClaimIds, type: ResourceType): UserEvent {
  const { elements } = withElements(type, attributes);
  const active = attributes["active"];
  return UserCreated(
    {
      ...(typeof active === "boolean" ? { active } : {}),
      claims: claimsOf(uniqueValues(type, attributes), claimId),
      granted: grantedIn(attributes, elements),
      paths: assignedPaths(type, attributes),
    },
    { attributes, elements: elements as Record<string, string[]> },
  );
}

function erased({ attributes, key }: UserState, reason: string | undefined): UserEvent {
  const named = reason === undefined ? undefined : valueNaming(attributes, reason);
  if (named !== undefined)
    throw invalidValue(`reason: it holds the person's ${named}, and would keep it for good; name a case instead`);
  return UserErased({ keys: key === undefined ? [] : [key], ...(reason === undefined ? {} : { reason }) });
}

function changed(user: UserState, next: JsonObject, claimId: ClaimIds, type: ResourceType): UserEvent[] {
  if (next === user.attributes) return [];
  refuseTooLarge(next, user.attributes);
  const all = changesToWrite(type, user, next);
  const changes = all.filter(({ path }) => path !== "active");
  const activity = all.find(({ path }) => path === "active");
  const mask =
    activity === undefined ? undefined : { before: activity.before !== false, after: activity.after !== false };
  const active = activity?.after === true ? (true as const) : null;
  const quiet = mask !== undefined && mask.before === mask.after;
  const paths = [...new Set([...changes.map(({ path }) => path), ...(quiet ? ["active"] : [])])];
  const events: UserEvent[] = [];
  if (changes.length > 0 || quiet) {
    const claims = newlyBorne(type, user.attributes, next);
    events.push(
      UserAttributesChanged(
        {
          ...(quiet ? { active } : {}),
          ...(claims.length > 0 ? { claims: claimsOf(claims, claimId) } : {}),
          cleared: paths.filter((path) => !isAssigned(type, next, path)),
          granted: changes.flatMap((step) => grantedValue(step, step.after)),
          paths,
          revoked: changes.flatMap((step) => grantedValue(step, step.before)),
        },
        { changes },
      ),
    );
  }
  if (mask?.before === true && !mask.after) events.push(UserDeactivated({}));
  if (mask?.before === false && mask.after) events.push(UserReactivated({ active }));
  return events;
}

/** The user after one more fact. Only what was erased needs the type: the shape of values that are gone. */
export function evolve(user: UserState, fact: Fact<UserEvent>, type: ResourceType = userType): UserState {
  const { event } = fact;
  switch (event.type) {
    case "UserCreated": {
      const { data, personal } = event;
      const fresh = { ...user, ...bornBy(fact), claims: data.claims };
      if (personal !== "erased" && personal !== undefined) return { ...fresh, ...createdWith(personal) };
      const active = data.active === undefined ? {} : { active: data.active };
      const blank = { ...noAttributes, attributes: active };
      return { ...fresh, ...erasedStep(blank, { ...data, cleared: [], revoked: [] }, type), erased: true };
    }
    case "UserAttributesChanged": {
      const { data, personal } = event;
      const claims = claimsAfter(user.claims, data);
      const erased = personal === "erased" || personal === undefined;
      const kept = erased ? erasedStep(user, data, type) : applyChanges(user, personal.changes);
      const set = data.active === undefined ? kept : { ...kept, attributes: withActive(kept.attributes, data.active) };
      return { ...user, ...movedBy(fact), claims, ...set, erased: user.erased || erased };
    }
    case "UserDeactivated":
      return { ...user, ...movedBy(fact), attributes: withActive(user.attributes, false) };
    case "UserReactivated":
      return { ...user, ...movedBy(fact), attributes: withActive(user.attributes, event.data.active) };
    case "UserDeleted":
      return { ...user, ...movedBy(fact), status: "deleted" };
    case "ClaimRevoked":
      return { ...user, revision: fact.revision, revoked: [...user.revoked, event.data.claim] };
    case "UserErased":
      return { ...user, revision: fact.revision, ...erasedWhole(user, type), erased: true };
    case "UserErasureCompleted":
    case "UserPasswordSet":
    case "UserSecretsSet":
      return { ...user, revision: fact.revision };
    default:
      throw new Error(`unknown user event ${(event satisfies never as Fact["event"]).type}`);
  }
}

function withActive(attributes: JsonObject, active: boolean | null): JsonObject {
  if (active !== null) return { ...attributes, active };
  const { active: _, ...rest } = attributes;
  return rest;
}

interface AccessFacts {
  readonly paths: readonly string[];
  readonly cleared: readonly string[];
  readonly granted: readonly GrantedValue[];
  readonly revoked: readonly GrantedValue[];
}

/** A change whose values are erased: they read as `[erased]`; the access facts beside them stay. */
function erasedStep(
  user: AttributeSet,
  { paths, cleared, granted, revoked }: AccessFacts,
  type: ResourceType,
): AttributeSet {
  const personal = { paths: paths.filter(isPersonal), cleared: cleared.filter(isPersonal) };
  const facts = [
    ...revoked.map(({ attribute, element }) => removal(attribute, element)),
    ...granted.map(({ attribute, element, value, type: kind }) => ({
      path: attribute,
      element,
      after: { value, ...(kind === undefined ? {} : { type: kind }) },
    })),
  ];
  const set = inOrderOfElements(applyChanges(erasedChange(type, user, personal), facts));
  return { ...set, nextElement: nextElementOf(set.elements) };
}

/** Access facts by the numbers of their elements: which of them stood where others were put in is erased. */
function inOrderOfElements(set: AttributeSet): AttributeSet {
  const attributes = { ...set.attributes };
  const elements = { ...set.elements };
  for (const path of GRANTING) {
    const [ids, list] = [elements[path], attributes[path]];
    if (ids === undefined || !Array.isArray(list)) continue;
    const order = [...ids.keys()].sort((a, b) => Number(ids[a]) - Number(ids[b]));
    elements[path] = order.map((index) => ids[index]!);
    attributes[path] = order.map((index) => list[index]!);
  }
  return { ...set, attributes, elements };
}

/** Everything personal that is assigned now, erased; the same as folding the history without its key. */
function erasedWhole(user: UserState, type: ResourceType): AttributeSet {
  const { roles: _, entitlements: __, ...rest } = user.attributes;
  const { roles: ___, entitlements: ____, ...elements } = user.elements;
  const paths = assignedPaths(type, rest);
  const granted = grantedIn(user.attributes, user.elements);
  return erasedStep({ ...user, attributes: rest, elements }, { paths, cleared: [], granted, revoked: [] }, type);
}
