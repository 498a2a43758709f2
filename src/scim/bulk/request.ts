// The body of a Bulk request (RFC 7644 §3.7). What is wrong with the message refuses the message; what is wrong with one
// operation alone is left to that operation, since the others are to be carried out all the same.
import { invalidSyntax, invalidValue, tooLarge } from "../errors.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { bulkRequestUrn, declares } from "../messages.ts";
import { quote } from "../quote.ts";
import { lowerAscii } from "../schema/lookup.ts";

const METHODS = ["POST", "PUT", "PATCH", "DELETE"] as const;
export type BulkMethod = (typeof METHODS)[number];

/** One operation as it was sent; null is absent. */
export interface BulkOperation {
  readonly method: BulkMethod;
  readonly bulkId?: string;
  readonly path?: Json;
  readonly version?: Json;
  readonly data?: Json;
}

export interface BulkRequest {
  /** After how many errors no further operation is begun. */
  readonly failOnErrors?: number;
  readonly operations: readonly BulkOperation[];
}

export interface BulkLimits {
  readonly maxOperations: number;
}

/**
 * 400 invalidSyntax: not a BulkRequest, an operation without one of the four methods, a bulkId that is no text or that two
 * operations bear. 400 invalidValue: failOnErrors. 413 for too many operations, saying how many there were.
 */
export function parseBulkRequest(body: unknown, { maxOperations }: BulkLimits): BulkRequest {
  if (!isObject(body) || !declares(body, bulkRequestUrn))
    throw invalidSyntax(`The body must be a JSON object whose schemas hold “${bulkRequestUrn}”.`);
  const operations = member(body, "Operations");
  if (!Array.isArray(operations) || operations.length === 0)
    throw invalidSyntax("Operations must be an array of at least one operation.");
  if (operations.length > maxOperations) throw tooManyOperations(operations.length, maxOperations);
  const failOnErrors = errorsOf(member(body, "failOnErrors") ?? null);
  const parsed = operations.map(parseOperation);
  refuseTwins(parsed);
  return { operations: parsed, ...(failOnErrors === undefined ? {} : { failOnErrors }) };
}

const tooManyOperations = (sent: number, limit: number) =>
  tooLarge(`The Bulk request has ${sent} operations; maxOperations is ${limit}.`);

function errorsOf(value: Json): number | undefined {
  if (value === null) return undefined;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw invalidValue("failOnErrors must be an integer of at least 1; leave it out to carry out every operation.");
}

function parseOperation(operation: Json, index: number): BulkOperation {
  const name = `Operations[${index}]`;
  if (!isObject(operation)) throw invalidSyntax(`${name} must be a JSON object.`);
  const bulkId = member(operation, "bulkId") ?? null;
  if (bulkId !== null && typeof bulkId !== "string") throw invalidSyntax(`${name}: bulkId must be a string.`);
  return {
    method: methodOf(member(operation, "method"), name),
    ...(bulkId === null || bulkId === "" ? {} : { bulkId }),
    ...present(operation, "path"),
    ...present(operation, "version"),
    ...present(operation, "data"),
  };
}

function methodOf(value: Json | undefined, name: string): BulkMethod {
  const sent = typeof value === "string" ? lowerAscii(value)?.toUpperCase() : undefined;
  const method = METHODS.find((one) => one === sent);
  if (method === undefined)
    throw invalidSyntax(
      `${name}: method must be one of ${METHODS.join(", ")}${typeof value === "string" ? `, not ${quote(value)}` : ""}.`,
    );
  return method;
}

function present(operation: JsonObject, name: "path" | "version" | "data"): { readonly [Name in typeof name]?: Json } {
  const value = member(operation, name) ?? null;
  return value === null ? {} : { [name]: value };
}

/** A member of the message by its name in any case, as for every attribute (RFC 7643 §2.1). */
function member(object: JsonObject, name: string): Json | undefined {
  const lower = name.toLowerCase();
  const [key, ...more] = Object.keys(object).filter((one) => lowerAscii(one) === lower);
  if (more.length > 0) throw invalidSyntax(`${quote(key as string)} and ${quote(more[0] as string)} name the same.`);
  return key === undefined ? undefined : object[key];
}

/** “unique within a bulk request”: a reference to a bulkId that two operations bear has no meaning. */
function refuseTwins(operations: readonly BulkOperation[]): void {
  const seen = new Set<string>();
  for (const { bulkId } of operations) {
    if (bulkId === undefined) continue;
    if (seen.has(bulkId)) throw invalidSyntax(`Two operations have the bulkId ${quote(bulkId)}; each must be unique.`);
    seen.add(bulkId);
  }
}
