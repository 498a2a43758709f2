// Routes by which each tenant meets its own resource types: the built-in ones with its extensions, and those that it defined.
import { once } from "../../scim/once.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { userType } from "../../scim/schema/resource-types.ts";
import type { Exchange } from "../exchange.ts";
import { methodNotAllowed, noSuchPath } from "../refusal.ts";
import { allowOf, type Route } from "../route.ts";
import { checked } from "./checked.ts";
import { Listing, type ListingOptions, listingRoutes } from "./listing.ts";
import type { ServedType, ServedTypes } from "./served-types.ts";

/** The routes of users or groups, at their own endpoint. */
export function tenantTypeRoutes(path: string, type: ResourceType, served: ServedTypes): readonly Route[] {
  const builtIn = served.of(type);
  return builtIn.routes.map((route) => {
    const key = `${route.method} ${route.path}`;
    return {
      ...route,
      path: path + type.endpoint + route.path,
      handle: (exchange) => {
        const types = served.typesFor(exchange);
        const own = type === userType ? types.user : types.group;
        return (own === type ? route.handle : (served.of(own).handlers.get(key) as Route["handle"]))(exchange);
      },
    };
  });
}

/** The lists of all types of the tenant that asks; as of an instant also of those that are retired by now. */
export function rootRoutes(path: string, served: ServedTypes, options: ListingOptions): readonly Route[] {
  const listing = once(
    (types: readonly ResourceType[]) =>
      new Listing(
        types.map((type) => served.of(type).representation),
        options,
      ),
  );
  return listingRoutes(path, options.bodies, (exchange) => {
    const { all, allEver } = served.typesFor(exchange);
    return listing(isPast(exchange) ? allEver : all);
  }).map(checked);
}

const ENDPOINT = "/:endpoint";

/** The routes of all types that tenants defined. They come after every other path: a name there is never a tenant's. */
export function customRoutes(path: string, served: ServedTypes): readonly Route[] {
  // Every type has the same routes; those of any one are the pattern.
  const pattern = served.of(PATTERN).routes;
  const routes = pattern.map(
    ({ method, path: rest, scope }): Route => ({
      method,
      path: path + ENDPOINT + rest,
      scope,
      isLast: true,
      ...(scope === "scim:write" ? { writes: "resource" } : {}),
      handle: (exchange) => {
        const { type, handlers } = servedFor(exchange, served);
        exchange.writes = type.name;
        return (handlers.get(`${method} ${rest}`) as Route["handle"])(exchange);
      },
    }),
  );
  const others = [...Map.groupBy(pattern, ({ path: rest }) => rest)].map(
    ([rest, ofPath]): Route => ({
      method: "ALL",
      path: path + ENDPOINT + rest,
      scope: "scim:read",
      isLast: true,
      handle: (exchange) => {
        servedFor(exchange, served);
        throw methodNotAllowed(exchange.request.method as string, allowOf(ofPath));
      },
    }),
  );
  return [...routes, ...others];
}

const PATTERN: ResourceType = Object.freeze({
  id: "Any",
  name: "Any",
  endpoint: ENDPOINT,
  description: "Whatever a tenant defined.",
  schema: Object.freeze({ id: "urn:any", name: "Any", description: "", attributes: Object.freeze([]) }),
  extensions: Object.freeze([]),
});

const isPast = (exchange: Exchange): boolean => exchange.hasQuery && exchange.query.has("asOf");

/** What serves the type at the endpoint. As of an instant that may be one that is retired by now. 404 for no type at all. */
function servedFor(exchange: Exchange, served: ServedTypes): ServedType {
  const types = served.typesFor(exchange);
  const endpoint = exchange.param("endpoint");
  const type = isPast(exchange) ? types.everByEndpoint(endpoint) : types.byEndpoint(endpoint);
  if (type === undefined) throw noSuchPath();
  return served.of(type);
}
