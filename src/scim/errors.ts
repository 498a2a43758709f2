// The errors of RFC 7644 §3.12 and RFC 9865 §2.1: which `scimType` goes with which status is said here and nowhere else.

/** RFC 7644 §3.12, table 9; RFC 9865 §2.1, table 3. */
export type ScimType =
  | "invalidFilter"
  | "tooMany"
  | "uniqueness"
  | "mutability"
  | "invalidSyntax"
  | "invalidPath"
  | "noTarget"
  | "invalidValue"
  | "invalidVers"
  | "sensitive"
  | "invalidCursor"
  | "expiredCursor"
  | "invalidCount";

/**
 * A refusal that a SCIM client can act on. `detail` says what was wrong, with which value, and what to do; it never
 * carries a secret. `status` is the HTTP status of RFC 7644 §3.12.
 */
export class ScimError extends Error {
  readonly status: number;
  readonly scimType: ScimType | undefined;
  /** Ids of the normalisation rules by which the request was read before it was refused. */
  rules: readonly string[] = [];
  constructor(status: number, scimType: ScimType | undefined, detail: string) {
    super(detail);
    this.name = "ScimError";
    this.status = status;
    this.scimType = scimType;
  }
}

const badRequest = (scimType: ScimType) => (detail: string) => new ScimError(400, scimType, detail);

export const invalidFilter = badRequest("invalidFilter");
export const invalidSyntax = badRequest("invalidSyntax");
export const invalidPath = badRequest("invalidPath");
export const invalidValue = badRequest("invalidValue");
export const noTarget = badRequest("noTarget");
export const mutability = badRequest("mutability");
export const tooMany = badRequest("tooMany");
export const invalidCursor = badRequest("invalidCursor");
export const expiredCursor = badRequest("expiredCursor");
export const invalidCount = badRequest("invalidCount");
export const uniqueness = (detail: string) => new ScimError(409, "uniqueness", detail);

/** A status that table 9 gives no `scimType`. */
const without = (status: number) => (detail: string) => new ScimError(status, undefined, detail);

export const notFound = without(404);
export const conflict = without(409);
export const preconditionFailed = without(412);
export const tooLarge = without(413);
