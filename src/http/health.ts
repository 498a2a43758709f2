// Whether the process lives, whether it is ready, and what is behind; and its metrics.
import type { Awaitable } from "../readstore/read-store.ts";
import { JSON_TYPE } from "./media-type.ts";
import type { Metrics } from "./metrics.ts";
import type { Route } from "./route.ts";

/** One thing that must be well before requests should come. */
export interface ReadinessCheck {
  readonly name: string;
  /** `says`: a sentence for the operator, without personal values. */
  readonly check: () => Awaitable<{ readonly ok: boolean; readonly says: string }>;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly says: string }[];
}

/** Asks every check; one that throws is not ok. */
export async function readinessOf(checks: readonly ReadinessCheck[]): Promise<Readiness> {
  const results = await Promise.all(
    checks.map(async ({ name, check }) => {
      try {
        return { name, ...(await check()) };
      } catch {
        return { name, ok: false, says: "the check itself failed" };
      }
    }),
  );
  return { ready: results.every(({ ok }) => ok), checks: results };
}

/** Public: whoever can reach the port may ask. Nothing here is personal or secret. */
export function healthRoutes(checks: readonly ReadinessCheck[], { registry }: Metrics): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/health/live",
      scope: "public",
      handle: (exchange) => exchange.send(200, JSON_TYPE, '{"status":"live"}'),
    },
    {
      method: "GET",
      path: "/health/ready",
      scope: "public",
      handle: async (exchange) => {
        const { ready, checks: results } = await readinessOf(checks);
        const body = JSON.stringify({ status: ready ? "ready" : "not ready", checks: results });
        exchange.send(ready ? 200 : 503, JSON_TYPE, body, ready ? [] : ["Retry-After", "1"]);
      },
    },
    {
      method: "GET",
      path: "/metrics",
      scope: "public",
      handle: async (exchange) => exchange.send(200, "text/plain; version=0.0.4", await registry.metrics()),
    },
  ];
}
