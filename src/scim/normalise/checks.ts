// What the profile `interop-strict` refuses beyond the RFC (draft-zollner-scim-interop-profile): one check, one sentence.
// What the draft asks of attributes, schemas and types that are unknown, the engine refuses in every strict profile.
import { invalidFilter, invalidPath, invalidSyntax, ScimError } from "../errors.ts";
import type { Filter } from "../filter/filter.ts";
import { isObject, type Json, type JsonObject, own } from "../json.ts";
import type { PatchOperation } from "../patch/operation.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { resolveExtension, resolvePath } from "../schema/lookup.ts";
import type { Profile } from "./profile.ts";

/** What is known of a request before its body is read. */
export interface RequestLine {
  readonly method: string;
  /** The conditional header that it has, if any. */
  readonly precondition: string | undefined;
}

export interface Check<Subject> {
  readonly id: string;
  readonly says: string;
  /** The refusal; undefined where there is nothing to refuse. */
  readonly refuse: (subject: Subject) => ScimError | undefined;
}

const check = <Subject>(id: string, says: string, refuse: Check<Subject>["refuse"]): Check<Subject> =>
  Object.freeze({ id, says, refuse });

const requestChecks: readonly Check<RequestLine>[] = [
  check("no-put", "a resource is changed by PATCH: PUT is 501", ({ method }) =>
    method === "PUT"
      ? new ScimError(501, undefined, "PUT is not of the interoperability profile; use PATCH.")
      : undefined,
  ),
  check("no-preconditions", "If-Match and If-None-Match are refused: 400", ({ precondition }) =>
    precondition === undefined
      ? undefined
      : new ScimError(400, undefined, `${precondition} is not of the interoperability profile.`),
  ),
];

interface RawOperation {
  readonly type: ResourceType;
  readonly operation: JsonObject;
}

const rawOperationChecks: readonly Check<RawOperation>[] = [
  check("path-required", "every operation has a path: 400 invalidPath", ({ operation }) =>
    (own(operation, "path") ?? null) === null
      ? invalidPath("Each operation must have a path in the interoperability profile.")
      : undefined,
  ),
  check("known-attribute", "a path to an unknown attribute: 400 invalidSyntax", ({ type, operation }) => {
    const path = own(operation, "path");
    if (typeof path !== "string") return undefined;
    const opening = path.indexOf("[");
    const name = opening < 0 ? path : path.slice(0, opening);
    return resolvePath(type, name) === undefined && resolveExtension(type, name) === undefined
      ? invalidSyntax(`A ${type.name} has no such attribute as the path names.`)
      : undefined;
  }),
];

const operationChecks: readonly Check<PatchOperation>[] = [
  check(
    "sub-attribute-required",
    "an add or replace by a filter names a sub-attribute: 400 invalidPath",
    ({ op, path, filter }) =>
      filter !== undefined && path.sub === undefined && op !== "remove"
        ? invalidPath(`The path to ${path.text}[…] must name a sub-attribute in the interoperability profile.`)
        : undefined,
  ),
  check("path-filter", "a path's filter has eq and and alone: 400 invalidFilter", ({ filter }) =>
    filter === undefined ? undefined : beyondEq(filter),
  ),
];

const filterChecks: readonly Check<Filter>[] = [
  check("filter-eq-and", "a filter has eq and and alone: 400 invalidFilter", (filter) => beyondEq(filter)),
];

const beyondEq = (filter: Filter): ScimError | undefined => {
  switch (filter.kind) {
    case "and":
      return filter.terms.map(beyondEq).find((refusal) => refusal !== undefined);
    case "element":
      return beyondEq(filter.filter);
    case "compare":
      return filter.operator === "eq" ? undefined : refusedOperator(filter.operator);
    case "present":
      return refusedOperator("pr");
    default:
      return refusedOperator(filter.kind);
  }
};

const refusedOperator = (operator: string): ScimError =>
  invalidFilter(`“${operator}” is not of the interoperability profile, whose filters have eq and and alone.`);

/** The whole table, for the documentation. */
export const checks: readonly Pick<Check<never>, "id" | "says">[] = [
  ...requestChecks,
  ...rawOperationChecks,
  ...operationChecks,
  ...filterChecks,
];

const PROFILE: Profile = "interop-strict";

const enforce = <Subject>(profile: Profile, all: readonly Check<Subject>[], subject: Subject): void => {
  if (profile !== PROFILE) return;
  for (const { refuse } of all) {
    const refusal = refuse(subject);
    if (refusal !== undefined) throw refusal;
  }
};

/** Throws what the profile refuses before the body is read. */
export const checkRequest = (profile: Profile, line: RequestLine): void => enforce(profile, requestChecks, line);

export const checkFilter = (profile: Profile, filter: Filter): void => enforce(profile, filterChecks, filter);

/** Throws what the profile refuses of operations as they were sent. */
export const checkSentOperations = (profile: Profile, type: ResourceType, body: unknown): void => {
  if (profile !== PROFILE || !isObject(body)) return;
  const operations = own(body, "Operations");
  for (const operation of Array.isArray(operations) ? operations : ([] as Json[]))
    if (isObject(operation)) enforce(profile, rawOperationChecks, { type, operation });
};

export const checkOperations = (profile: Profile, operations: readonly PatchOperation[]): void => {
  if (profile === PROFILE) for (const operation of operations) enforce(profile, operationChecks, operation);
};
