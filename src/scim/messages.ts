// The messages of the protocol (RFC 7644 §3.4.2, §3.4.3, §3.7, §3.12).
import { invalidSyntax, invalidValue, type ScimError } from "./errors.ts";
import { isObject, type Json, type JsonObject, own } from "./json.ts";
import { lowerAscii } from "./schema/lookup.ts";

const message = (name: string): string => `urn:ietf:params:scim:api:messages:2.0:${name}`;

const errorUrn = message("Error");
export const listResponseUrn = message("ListResponse");
export const searchRequestUrn = message("SearchRequest");
export const patchOpUrn = message("PatchOp");
export const bulkRequestUrn = message("BulkRequest");
export const bulkResponseUrn = message("BulkResponse");

/** Whether a message's `schemas` names exactly the message expected; URNs compare without case (RFC 8141 §3.1). */
export const declares = (body: JsonObject, urn: string): boolean => {
  const schemas = own(body, "schemas");
  return (
    Array.isArray(schemas) &&
    schemas.some((one) => typeof one === "string" && lowerAscii(one) === urn.toLowerCase()) &&
    schemas.every((one) => typeof one === "string")
  );
};

/** The body of an error answer; `status` is a string there (RFC 7644 §3.12). */
export const errorBody = (error: ScimError): JsonObject => ({
  schemas: [errorUrn],
  ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
  detail: error.message,
  status: String(error.status),
});

export interface ListPage {
  /** All that match, not only this page. */
  readonly totalResults: number;
  /** 1-based index of the page's first resource. */
  readonly startIndex: number;
  readonly itemsPerPage: number;
  readonly resources: readonly Json[];
}

/** A ListResponse. `Resources` is there even if it is empty: clients read it without looking. */
export const listResponse = ({ totalResults, startIndex, itemsPerPage, resources }: ListPage): JsonObject => ({
  schemas: [listResponseUrn],
  totalResults,
  startIndex,
  itemsPerPage,
  Resources: resources as Json[],
});

/** The query of a POST to `/.search`, with the same fields as the parameters of a GET. */
export interface SearchRequest {
  readonly attributes?: readonly string[];
  readonly excludedAttributes?: readonly string[];
  readonly filter?: string;
  readonly sortBy?: string;
  readonly sortOrder?: string;
  readonly startIndex?: number;
  readonly count?: number;
  /** RFC 9865 §2.1; empty for the first page. */
  readonly cursor?: string;
}

const isText = (value: Json): boolean => typeof value === "string";
const isTexts = (value: Json): boolean => Array.isArray(value) && value.every(isText);
const isInteger = (value: Json): boolean => Number.isSafeInteger(value);

const fields: Readonly<Record<keyof SearchRequest, readonly [check: (value: Json) => boolean, is: string]>> = {
  attributes: [isTexts, "an array of strings"],
  excludedAttributes: [isTexts, "an array of strings"],
  filter: [isText, "a string"],
  sortBy: [isText, "a string"],
  sortOrder: [isText, "a string"],
  startIndex: [isInteger, "an integer"],
  count: [isInteger, "an integer"],
  cursor: [isText, "a string"],
};

/**
 * Reads a SearchRequest (RFC 7644 §3.4.3). Unknown members are ignored as unknown parameters are (§3.4.2); null is
 * absent. 400 invalidSyntax if it is none, 400 invalidValue for a field of another type.
 */
export const parseSearchRequest = (body: unknown): SearchRequest => {
  if (!isObject(body) || !declares(body, searchRequestUrn))
    throw invalidSyntax(`The body must be a JSON object whose schemas hold “${searchRequestUrn}”.`);
  const request: JsonObject = {};
  for (const [name, [check, is]] of Object.entries(fields)) {
    const value = Object.hasOwn(body, name) ? (body[name] as Json) : null;
    if (value === null) continue;
    if (!check(value)) throw invalidValue(`${name} must be ${is}.`);
    request[name] = value;
  }
  return request as SearchRequest;
};
