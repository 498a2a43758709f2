// A route is one row: method, path, the scope it needs, and what it does.
import type { Scope } from "../domain/tenant.ts";
import type { Exchange } from "./exchange.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Route {
  /** A GET answers HEAD too; "ALL": every method. */
  readonly method: Method | "ALL";
  /** As Express reads it: `/scim/v2/Users/:id`. */
  readonly path: string;
  /** "public": no credential is asked for. */
  readonly scope: Scope | "public";
  /** The type of the resources that it writes: refusals are kept as attempts on it. */
  readonly writes?: string;
  readonly handle: (exchange: Exchange) => void | Promise<void>;
}
