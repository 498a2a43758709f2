// A resource of a type that a tenant defined: which commands change it, into which events.
import { match, P } from "ts-pattern";
import { notFound } from "../scim/errors.ts";
import type { JsonObject } from "../scim/json.ts";
import { applyPatch } from "../scim/patch/apply.ts";
import type { PatchOperation } from "../scim/patch/operation.ts";
import { replacement, requireAttributes } from "../scim/resource/parse.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import { changesToWrite } from "./attribute-changes.ts";
import { assignedPaths, isAssigned } from "./attribute-places.ts";
import { refuseTooLarge } from "./attribute-size.ts";
import { applyChanges, withElements } from "./attributes.ts";
import { erasedAttributes, erasedChange } from "./erased-attributes.ts";
import type { Fact } from "./event.ts";
import {
  ResourceAttributesChanged,
  ResourceCreated,
  ResourceDeleted,
  type ResourceEvent,
  ResourceSecretsSet,
} from "./events.ts";
import { absentResource, bornBy, type ClaimingState, claimsAfter, createdWith, movedBy } from "./resource-state.ts";
import { type ClaimIds, claimsOf, newlyBorne, uniqueValues } from "./unique-values.ts";

export type CustomState = ClaimingState;

export const absentCustom: CustomState = { ...absentResource, claims: {}, revoked: [] };

export type ResourceCommand =
  | {
      readonly type: "CreateResource";
      readonly id: string;
      readonly attributes: JsonObject;
      /** Paths of secrets that the request named; their values went no further than their check. */
      readonly secrets: readonly string[];
    }
  | { readonly type: "ReplaceResource"; readonly id: string; readonly attributes: JsonObject }
  | {
      readonly type: "PatchResource";
      readonly id: string;
      readonly operations: readonly PatchOperation[];
      readonly secrets: readonly string[];
    }
  | { readonly type: "DeleteResource"; readonly id: string };

/** The events of a command on a resource of `type`; none where it changes nothing. Throws ScimError. */
export const decide = (
  command: ResourceCommand,
  resource: CustomState,
  claimId: ClaimIds,
  type: ResourceType,
): readonly ResourceEvent[] =>
  match([resource.status, command] as const)
    .with(["absent", { type: "CreateResource" }], ([, { attributes, secrets }]) => [
      created(complete(type, attributes), claimId, type),
      ...secretsSet(secrets),
    ])
    .with(["live", { type: "ReplaceResource" }], ([, { attributes }]) =>
      changed(resource, complete(type, replacement(type, attributes, resource.attributes)), claimId, type),
    )
    .with(["live", { type: "PatchResource" }], ([, { operations, secrets }]) => [
      ...changed(resource, applyPatch(type, resource.attributes, operations), claimId, type),
      ...secretsSet(secrets),
    ])
    .with(["live", { type: "DeleteResource" }], () => [ResourceDeleted({})])
    .with([P._, { type: "CreateResource" }], ([, { id }]) => {
      throw new Error(`${type.name} ${id} exists already: ids are never issued twice`);
    })
    .with([P.union("absent", "deleted"), P._], ([, { id }]) => {
      throw notFound(`there is no ${type.name} with id “${id}”`);
    })
    .exhaustive();

/** The type may have got a required attribute since the request was read. */
function complete(type: ResourceType, attributes: JsonObject): JsonObject {
  requireAttributes(type, attributes);
  return attributes;
}

const secretsSet = (paths: readonly string[]): ResourceEvent[] =>
  paths.length === 0 ? [] : [ResourceSecretsSet({ paths: [...paths] })];

function created(attributes: JsonObject, claimId: ClaimIds, type: ResourceType): ResourceEvent {
  const { elements } = withElements(type, attributes);
  const claims = claimsOf(uniqueValues(type, attributes), claimId);
  return ResourceCreated(
    { claims, paths: assignedPaths(type, attributes) },
    { attributes, elements: elements as Record<string, string[]> },
  );
}

function changed(resource: CustomState, next: JsonObject, claimId: ClaimIds, type: ResourceType): ResourceEvent[] {
  if (next === resource.attributes) return [];
  refuseTooLarge(next, resource.attributes);
  const changes = changesToWrite(type, resource, next);
  if (changes.length === 0) return [];
  const paths = [...new Set(changes.map(({ path }) => path))];
  const claims = newlyBorne(type, resource.attributes, next);
  return [
    ResourceAttributesChanged(
      {
        ...(claims.length > 0 ? { claims: claimsOf(claims, claimId) } : {}),
        cleared: paths.filter((path) => !isAssigned(type, next, path)),
        paths,
      },
      { changes },
    ),
  ];
}

/** The resource after one more fact. Only what was erased needs the type: the shape of values that are gone. */
export function evolve(resource: CustomState, fact: Fact<ResourceEvent>, type: ResourceType): CustomState {
  const { event } = fact;
  switch (event.type) {
    case "ResourceCreated": {
      const { data, personal } = event;
      const fresh = { ...resource, ...bornBy(fact), claims: data.claims };
      if (personal === "erased" || personal === undefined)
        return { ...fresh, ...erasedAttributes(type, resource, data.paths), erased: true };
      return { ...fresh, ...createdWith(personal) };
    }
    case "ResourceAttributesChanged": {
      const { data, personal } = event;
      const claims = claimsAfter(resource.claims, data);
      const moved = { ...resource, ...movedBy(fact), claims };
      if (personal === "erased" || personal === undefined)
        return { ...moved, ...erasedChange(type, resource, data), erased: true };
      return { ...moved, ...applyChanges(resource, personal.changes) };
    }
    case "ResourceDeleted":
      return { ...resource, ...movedBy(fact), status: "deleted" };
    case "ClaimRevoked":
      return { ...resource, revision: fact.revision, revoked: [...resource.revoked, event.data.claim] };
    case "ResourceSecretsSet":
      return { ...resource, revision: fact.revision };
    default:
      throw new Error(`unknown event of a resource ${(event satisfies never as Fact["event"]).type}`);
  }
}
