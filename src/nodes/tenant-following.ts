// How a node learns what other nodes did to tenants: credentials revoked, tenants suspended, definitions changed. It follows
// the tenants' streams in the log itself, so that nothing but the log stands between a revocation and its effect.
import { setTimeout as pause } from "node:timers/promises";
import type { EventLog, Position } from "../eventlog/event-log.ts";
import { parseStreamName } from "../eventlog/stream-name.ts";

export interface TenantFollowingOptions {
  readonly log: Pick<EventLog, "subscribe">;
  readonly namespace: string;
  /** Takes in what is new of a tenant's stream. */
  readonly refresh: (tenant: string) => Promise<void>;
  readonly signal: AbortSignal;
  /** Told of each failure; it is tried again. */
  readonly onFailure?: (error: unknown) => void;
}

const RETRY_AFTER = 200;

/**
 * Follows from after a position until the signal; it must be one from before the tenants were read for the first time, so
 * that nothing falls in between.
 */
export async function followTenants(options: TenantFollowingOptions, after: Position): Promise<void> {
  const { log, namespace, refresh, signal, onFailure } = options;
  let position = after;
  while (!signal.aborted) {
    try {
      for await (const events of log.subscribe(position, signal, [`${namespace}.tenant-`])) {
        for (const tenant of tenantsOf(events, namespace)) await refresh(tenant);
        position = events.at(-1)?.position ?? position;
      }
    } catch (error) {
      if (!signal.aborted) onFailure?.(error);
    }
    await pause(RETRY_AFTER, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function tenantsOf(events: readonly { readonly stream: string }[], namespace: string): ReadonlySet<string> {
  const tenants = new Set<string>();
  for (const { stream } of events) {
    const name = parseStreamName(namespace, stream);
    if (name?.category === "tenant") tenants.add(name.tenant);
  }
  return tenants;
}
