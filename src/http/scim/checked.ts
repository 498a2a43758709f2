// What a credential's profile refuses of a request before its body is read.
import { checkRequest } from "../../scim/normalise/checks.ts";
import { profileOf } from "../../scim/normalise/profile.ts";
import type { Route } from "../route.ts";

const PRECONDITIONS = ["If-Match", "If-None-Match"] as const;

/** The route, for requests that the profile of their credential allows. */
export const checked = (route: Route): Route => ({
  ...route,
  handle: (exchange) => {
    const { headers } = exchange.request;
    const precondition = PRECONDITIONS.find((name) => headers[name.toLowerCase()] !== undefined);
    checkRequest(profileOf(exchange.admitted.profile), { method: route.method, precondition });
    return route.handle(exchange);
  },
});
