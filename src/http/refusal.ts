// Refusals that HTTP itself knows, in the shape of SCIM errors (RFC 7644 §3.12); the headers go with the status.
import type { Scope } from "../domain/tenant.ts";
import { ScimError, type ScimType } from "../scim/errors.ts";

/** A SCIM error with header fields of its own: name, value, name, value … */
export class Refusal extends ScimError {
  readonly headers: readonly string[];
  constructor(status: number, detail: string, headers: readonly string[] = [], scimType?: ScimType) {
    super(status, scimType, detail);
    this.name = "Refusal";
    this.headers = headers;
  }
}

const CHALLENGE = 'Bearer realm="scim-ledger"';

/** RFC 6750 §3: no error code where there was no token at all. */
export const tokenMissing = () =>
  new Refusal(401, "The request has no bearer token; send “Authorization: Bearer …”.", ["WWW-Authenticate", CHALLENGE]);
export const tokenRefused = (detail: string) =>
  new Refusal(401, detail, ["WWW-Authenticate", `${CHALLENGE}, error="invalid_token"`]);
export const scopeMissing = (scope: Scope) =>
  new Refusal(403, `The credential lacks the scope “${scope}”.`, [
    "WWW-Authenticate",
    `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`,
  ]);
export const forbidden = (detail: string) => new Refusal(403, detail);
export const tooManyRequests = (detail: string, seconds: number) =>
  new Refusal(429, detail, ["Retry-After", String(seconds)]);
export const methodNotAllowed = (method: string, allow: string) =>
  new Refusal(405, `${method} is not a method of this resource; it has ${allow}.`, ["Allow", allow]);
export const noSuchPath = () => new Refusal(404, "There is nothing at this path; the page at / says what is where.");
export const notImplemented = (what: string) => new Refusal(501, `${what} is not supported.`);
export const notAcceptable = () =>
  new Refusal(406, "Accept refuses application/scim+json and application/json: there is no answer of another type.");
export const unsupportedMediaType = (detail: string) =>
  new Refusal(415, detail, ["Accept", "application/scim+json, application/json"]);
/** What was not read of the body cannot be told from a next request: the connection ends. */
export const bodyTooLarge = (limit: number) =>
  new Refusal(413, `The request body is over the limit of ${limit} bytes.`, ["Connection", "close"]);
/** RFC 7644 §3.7.4: the body says which limit was exceeded. */
export const bulkTooLarge = (limit: number, sent: number | undefined) =>
  new Refusal(
    413,
    sent === undefined
      ? `The Bulk request is larger than maxPayloadSize, which is ${limit} bytes.`
      : `The Bulk request has ${sent} bytes; maxPayloadSize is ${limit}.`,
    ["Connection", "close"],
  );
export const tooManyBodies = () =>
  new Refusal(503, "Too many request bodies are under way.", ["Retry-After", "5", "Connection", "close"]);
export const retryLater = (detail: string, seconds: number) =>
  new Refusal(503, detail, ["Retry-After", String(seconds)]);
