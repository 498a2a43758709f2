// What must hold of every answer, whatever was asked.
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import type { Request } from "./request.ts";
import { type Answer, PATIENCE } from "./wire.ts";
import type { World } from "./world.ts";

const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";

/** RFC 7644 §3.12, table 9, and RFC 9865 §2.1, table 3: there is no other. */
const KEYWORDS: ReadonlySet<unknown> = new Set([
  ...[
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
  ],
  ...["invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount"],
]);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is wrong with the body of an error; undefined if nothing is. */
const wrongWithError = (body: Json | undefined, status: string): string | undefined => {
  if (!isObject(body)) return "the error is no object";
  if (JSON.stringify(body["schemas"]) !== JSON.stringify([ERROR])) return "the error has other schemas";
  if (body["status"] !== status) return "the error's status is not that of the answer";
  if (typeof body["detail"] !== "string" || body["detail"].length > 4_000)
    return "the error has no detail, or too much";
  if (body["scimType"] !== undefined && !KEYWORDS.has(body["scimType"])) return "the error has a scimType of its own";
  return Object.keys(body).some((name) => !["schemas", "status", "detail", "scimType"].includes(name))
    ? "the error says what no error says"
    : undefined;
};

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

const wrongWithBulk = (body: JsonObject): string | undefined => {
  for (const operation of (body["Operations"] ?? []) as JsonObject[]) {
    const { status, response } = operation;
    if (typeof status !== "string") return "an operation's status is no string";
    if (status >= "500" && status !== "501" && !isRedefined(JSON.stringify(response)))
      return `an operation is a ${status}`;
    const wrong = status >= "400" ? wrongWithError(response, status) : undefined;
    if (wrong !== undefined) return `of an operation, ${wrong}`;
  }
  return undefined;
};

/** A definition came into effect between the reading of a creation and its decision: the client tries again. */
const isRedefined = (text: string): boolean =>
  /"Nothing was changed: the definition of \w+ changed meanwhile\./u.test(text);

/** `/Me` for a credential without a user of its own (RFC 7644 §3.11), and what the profile of interoperability leaves out. */
const isNotImplemented = ({ method, target, asker }: Request): boolean =>
  target.toLowerCase().startsWith("/scim/v2/me") || (method === "PUT" && asker.name === "interop-strict");

/**
 * Of one tenant four Bulk requests are carried out at a time, and a head of its ledger is signed from time to time; the answer
 * says when to come back.
 */
const isTooEarly = ({ target }: Request, { headers, body }: Answer): boolean =>
  headers.has("retry-after") &&
  (isRedefined(body) ||
    (target.startsWith("/scim/v2/Bulk") ? body.includes("too many Bulk requests") : target.startsWith("/ledger/v1/")));

/** What is wrong with an answer; undefined if nothing is. */
export const wrongWith = (request: Request, answer: Answer): string | undefined => {
  const { method, target } = request;
  const { status, headers, body, milliseconds } = answer;
  if (milliseconds > PATIENCE) return "it took too long";
  const isSaid = (status === 501 && isNotImplemented(request)) || (status === 503 && isTooEarly(request, answer));
  if (status >= 500 && !isSaid) return "the service failed";
  if (status < 200 || (status >= 300 && status < 400 && status !== 304)) return "it is no answer of this service";
  if (method === "HEAD" || status === 204 || status === 304) return body === "" ? undefined : "it has a body";
  const type = headers.get("content-type") ?? "";
  if (status >= 400) {
    if (!/^application\/(scim\+json|json; charset=utf-8)$/.test(type)) return `the error is ${type}`;
    return wrongWithError(parsed(body), String(status));
  }
  if (!type.includes("json") || type.includes("ndjson")) return undefined;
  const json = parsed(body);
  if (!isObject(json)) return "it is no JSON object";
  return target.startsWith("/scim/v2/Bulk") ? wrongWithBulk(json) : undefined;
};

/** Whether a request may have changed something, by its answer: one that reads has not, nor one that was refused. */
export const mayChange = ({ method, target }: Request, { status, body }: Answer): boolean => {
  if (status >= 300 || ["GET", "HEAD", "OPTIONS"].includes(method) || target.includes("/.search")) return false;
  const bulk = target.startsWith("/scim/v2/Bulk") ? parsed(body) : undefined;
  if (!isObject(bulk)) return true;
  return ((bulk["Operations"] ?? []) as JsonObject[]).some((operation) => String(operation["status"]) < "300");
};

/** Remembers the ids, versions and cursors that an answer gives out. */
export const learn = (
  world: World,
  types: readonly ResourceType[],
  { method, target, endpoint, asker }: Request,
  answer: Answer,
): void => {
  const body = answer.status < 300 ? parsed(answer.body) : undefined;
  if (!isObject(body)) return;
  world.cursors.add(body["nextCursor"]);
  world.cursors.add(body["next"]);
  if (method === "GET") world.walk(target, asker, body["nextCursor"] ?? body["next"]);
  if (target.startsWith("/admin/v1/credentials")) world.idsOf("credentials").add(body["id"]);
  const one = (resource: Json) => {
    if (!isObject(resource) || !isObject(resource["meta"])) return;
    const { resourceType, version } = resource["meta"];
    const of = types.find(({ name }) => name === resourceType)?.endpoint ?? endpoint;
    if (of !== undefined) world.idsOf(of).add(resource["id"]);
    world.versions.add(version);
  };
  for (const resource of Array.isArray(body["Resources"]) ? body["Resources"] : [body]) one(resource);
  for (const operation of Array.isArray(body["Operations"]) ? body["Operations"] : []) {
    const parts =
      isObject(operation) && typeof operation["location"] === "string" ? operation["location"].split("/") : [];
    if (parts.length > 2) world.idsOf(`/${parts.at(-2)}`).add(parts.at(-1));
  }
};
