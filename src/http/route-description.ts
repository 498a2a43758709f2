import type { Scope } from "../domain/tenant.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What is known of a route beside what it does. */
export interface RouteDescription {
  /** A GET answers HEAD too; "ALL": every method. */
  readonly method: Method | "ALL";
  /** As Express reads it: `/scim/v2/Users/:id`. */
  readonly path: string;
  /** "public": no credential is asked for. */
  readonly scope: Scope | "public";
  /** The type of the resources that it writes: refusals are kept as attempts on it. */
  readonly writes?: string;
  /** Tried after all other paths, and after the refusal of methods that these have not. */
  readonly isLast?: true;
}
