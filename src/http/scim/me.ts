// `/Me` (RFC 7644 §3.11): the user whom the credential is of, answered as that user's own URI would be. The credential's scopes
// say what it may do there, as everywhere.
import type { Exchange } from "../exchange.ts";
import { notImplemented } from "../refusal.ts";
import type { Route } from "../route.ts";

/** 501 where the credential is of nobody. */
function asMe(exchange: Exchange): Exchange {
  const { me } = exchange.admitted;
  if (me === undefined) throw notImplemented("/Me with a credential that was issued for no user (“me”)");
  exchange.bind("id", me);
  return exchange;
}

/** `ofUser`: the routes of one user. Nobody creates themselves: a POST is 501, like any other method. */
export function meRoutes(path: string, ofUser: readonly Route[]): readonly Route[] {
  const mine = ofUser.map((route): Route => ({ ...route, path, handle: (exchange) => route.handle(asMe(exchange)) }));
  return [
    ...mine,
    {
      method: "ALL",
      path,
      scope: "scim:read",
      handle: (exchange) => {
        throw notImplemented(`${exchange.request.method} on /Me`);
      },
    },
  ];
}
