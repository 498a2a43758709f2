// The BulkResponse (RFC 7644 §3.7.3).
import type { PlannedOperation } from "../../scim/bulk/plan.ts";
import type { JsonObject } from "../../scim/json.ts";
import { bulkResponseUrn, errorBody } from "../../scim/messages.ts";
import { etagOf } from "../etag.ts";
import type { Refusal } from "../refusal.ts";

/** How an operation is answered. */
export type Answered = { readonly status: number; readonly version?: number } | { readonly refusal: Refusal };

/** One operation's part of the answer; `location` where the operation names a resource that there may be. */
export function answerOf(
  { method, bulkId }: PlannedOperation,
  location: string | undefined,
  end: Answered,
): JsonObject {
  const isRefused = "refusal" in end;
  return {
    ...(location === undefined || (isRefused && method === "POST") ? {} : { location }),
    method,
    ...(bulkId === undefined ? {} : { bulkId }),
    ...(isRefused || end.version === undefined ? {} : { version: etagOf(end.version) }),
    status: String(isRefused ? end.refusal.status : end.status),
    ...(isRefused ? { response: errorBody(end.refusal) } : {}),
  };
}

export const bulkResponse = (operations: readonly JsonObject[]): JsonObject => ({
  schemas: [bulkResponseUrn],
  Operations: [...operations],
});
