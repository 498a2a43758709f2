// A route is one row: method, path, the scope it needs, and what it does.
import type { Exchange } from "./exchange.ts";
import type { RouteDescription } from "./route-description.ts";

export interface Route extends RouteDescription {
  /** Whether no credential is asked for after all. */
  readonly isOpen?: (exchange: Exchange) => boolean;
  readonly handle: (exchange: Exchange) => void | Promise<void>;
}

/** The methods of routes of one path, as the header `Allow` lists them. */
export const allowOf = (routes: readonly Route[]): string =>
  routes.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
