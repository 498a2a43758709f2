// Puts the routes on the app and holds what they share: admission, errors, attempts, metrics, logs.
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Express, NextFunction, Request, Response } from "express";
import type { Attempts } from "../access/attempts.ts";
import type { Clients } from "../access/clients.ts";
import type { Credential } from "../access/credential.ts";
import { ClientGone } from "./body.ts";
import { errorText, refusalOf } from "./error-table.ts";
import { Exchange, type Observer } from "./exchange.ts";
import { type Gate, requireScope } from "./gate.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { type Params, PlainRoutes } from "./plain-routes.ts";
import { methodNotAllowed, noSuchPath, type Refusal } from "./refusal.ts";
import { keepAttempt, logFault } from "./refused.ts";
import { allowOf, type Route } from "./route.ts";

export interface Edge {
  readonly gate: Gate;
  readonly attempts: Attempts;
  readonly clients: Pick<Clients, "idOf">;
  readonly clientAddress: (request: IncomingMessage) => string;
  readonly metrics: Metrics;
  readonly log: Logger;
}

type Handler = (request: IncomingMessage, response: ServerResponse, params: Params) => Promise<void>;

/**
 * Answers requests by these routes, which stand in their order (the busiest first): a 405 for other methods of their paths,
 * then the routes that come last and answer for their own methods, a 404 for all other paths.
 */
export function mount(app: Express, routes: readonly Route[], edge: Edge): RequestListener {
  const observer = observerOf(edge);
  const plain = new PlainRoutes<Handler>();
  const throughExpress = (handler: Handler) => (request: Request, response: Response) =>
    handler(request, response, request.params as Params);
  const put = (route: Route): void => {
    const handler = handlerOf(route, edge, observer);
    if (route.method === "ALL") app.all(route.path, throughExpress(handler));
    else app[route.method.toLowerCase() as "get"](route.path, throughExpress(handler));
    if (route.method !== "ALL" && route.isLast !== true) plain.add(route.method, route.path, handler);
  };
  const first = routes.filter(({ isLast }) => isLast !== true);
  for (const route of first) put(route);
  // Literal paths go before those with a parameter in the same place, so that each gets the 405 of its own methods.
  const byPath = [...Map.groupBy(first, ({ path }) => path)];
  const namesFirst = byPath.toSorted(([a], [b]) => Number(a.includes(":")) - Number(b.includes(":")));
  for (const [path, ofPath] of namesFirst) {
    if (ofPath.some(({ method }) => method === "ALL")) continue;
    put(refusing(path, allowOf(ofPath)));
  }
  for (const route of routes) if (route.isLast === true) put(route);
  const nothing: Route = { method: "ALL", path: "(none)", scope: "public", handle: refuseWith(noSuchPath) };
  app.use(throughExpress(handlerOf(nothing, edge, observer)));
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    refuse(new Exchange(nothing, request, response, {}, observer), error, edge);
  });
  return (request, response) => {
    const found = plain.find(request.method as string, request.url as string);
    if (found === undefined) app(request, response);
    else void found.handler(request, response, found.params);
  };
}

const refuseWith = (refusal: () => Refusal) => () => {
  throw refusal();
};

const refusing = (path: string, allow: string): Route => ({
  method: "ALL",
  path,
  scope: "public",
  handle: ({ request }) => {
    throw methodNotAllowed(request.method as string, allow);
  },
});

const handlerOf =
  (route: Route, edge: Edge, observer: Observer): Handler =>
  async (request, response, params) => {
    const exchange = new Exchange(route, request, response, params, observer);
    try {
      if (route.scope !== "public" && route.isOpen?.(exchange) !== true) {
        exchange.credential = edge.gate.admit(request);
        const recognised = recognise(exchange, exchange.credential, edge);
        if (recognised !== undefined && !isMereRead(route)) await recognised;
        requireScope(exchange.credential, route.scope);
      }
      await route.handle(exchange);
    } catch (error) {
      refuse(exchange, error, edge);
    }
  };

/** Reads of the present leave no event, so that they need not wait until their client is described in the log. */
const isMereRead = ({ method, scope, path }: Route): boolean =>
  scope === "scim:read" && (method === "GET" || path.endsWith("/.search"));

/** Settles `client`: at once for a client that was seen before. */
function recognise(exchange: Exchange, credential: Credential, edge: Edge): Promise<void> | undefined {
  const { request } = exchange;
  const client = edge.clients.idOf(credential, edge.clientAddress(request), request.headers["user-agent"] ?? "");
  if (typeof client === "string") {
    exchange.client = client;
    return undefined;
  }
  exchange.recognising = client.then((id) => {
    exchange.client = id;
  });
  return exchange.recognising;
}

function refuse(exchange: Exchange, error: unknown, edge: Edge): void {
  const { request, response, requestId, route, credential, client } = exchange;
  if (error instanceof ClientGone) return;
  const refusal = refusalOf(error);
  logFault(edge.log, error, refusal, requestId, route.path);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (credential !== undefined && route.writes !== undefined) {
    const resource: string | undefined = exchange.param("id");
    const method = request.method as string;
    const write = { credential, client, requestId, method, resourceType: exchange.writes ?? route.writes, resource };
    keepAttempt(edge.attempts, write, refusal);
  }
  exchange.answer(refusal.status, errorText(refusal), refusal.headers);
}

/** One line a request at `debug`; refusals that an operator should see at `info`. */
function observerOf({ metrics, log }: Edge): Observer {
  const NOTABLE = new Set([401, 403, 429]);
  return (exchange, status) => {
    const seconds = (performance.now() - exchange.startedAt) / 1_000;
    metrics.answered(exchange.route, status, seconds);
    const level = NOTABLE.has(status) ? "info" : "debug";
    if (!log.isLevelEnabled(level)) return;
    const { route, requestId, credential, request } = exchange;
    log[level](
      { method: request.method, route: route.path, status, seconds, requestId, actor: credential?.actor.credential },
      "answered",
    );
  };
}
