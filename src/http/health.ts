// Whether the process lives, whether it is ready, and what is behind; and its metrics.
import { setTimeout as pause } from "node:timers/promises";
import { Unavailable } from "../eventlog/event-log.ts";
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

/** Within how many milliseconds a check has an answer: whoever asks does not wait for long either. */
const WITHIN = 2_000;

/** Asks every check; one that throws, or has no answer in time, is not ok. */
export async function readinessOf(checks: readonly ReadinessCheck[], within: number = WITHIN): Promise<Readiness> {
  const results = await Promise.all(
    checks.map(async ({ name, check }) => {
      const over = new AbortController();
      const late = pause(within, { ok: false, says: `no answer for ${within / 1_000} s` }, { signal: over.signal });
      late.catch(() => undefined);
      try {
        return { name, ...(await Promise.race([check(), late])) };
      } catch (error) {
        return {
          name,
          ok: false,
          says: error instanceof Unavailable ? "it does not answer" : "the check itself failed",
        };
      } finally {
        over.abort();
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
