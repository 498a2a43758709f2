// What is kept of refusals: faults in the service's log, refused writes as attempts.
import type { Attempts } from "../access/attempts.ts";
import type { Credential } from "../access/credential.ts";
import type { Logger } from "./log.ts";
import { parseMembershipId } from "./membership-id.ts";
import type { Refusal } from "./refusal.ts";
import { isResourceId } from "./resource-id.ts";

/** A write of a known actor that was refused. */
export interface RefusedWrite {
  readonly credential: Credential;
  /** Names the client behind the request, where it is known. */
  readonly client: string | undefined;
  readonly requestId: string;
  readonly method: string;
  readonly resourceType: string;
  /** Named in the attempt only if it can be an id. */
  readonly resource: string | undefined;
}

/** Says in the log what the service itself failed at. `where`: the route's path. */
export function logFault(log: Logger, error: unknown, refusal: Refusal, requestId: string, where: string): void {
  if (refusal.status < 500 || refusal.status === 501) return;
  log[refusal.status === 500 ? "error" : "warn"]({ err: error, requestId, route: where }, refusal.message);
}

/** Keeps a refused write; what the service failed at is no attempt. */
export function keepAttempt(attempts: Attempts, write: RefusedWrite, refusal: Refusal): void {
  if (refusal.status >= 500) return;
  const { credential, client, requestId, method, resourceType, resource } = write;
  attempts.offer({
    tenant: credential.tenant,
    actor: credential.actor,
    requestId,
    ...(client === undefined ? {} : { client }),
    profile: credential.profile,
    ...(refusal.rules.length === 0 ? {} : { rules: refusal.rules }),
    method,
    resourceType,
    ...(resource !== undefined && isNameable(resource) ? { resource } : {}),
    status: refusal.status,
    ...(refusal.scimType === undefined ? {} : { scimType: refusal.scimType }),
    detail: refusal.message,
  });
}

const isNameable = (id: string): boolean => isResourceId(id) || parseMembershipId(id) !== undefined;
