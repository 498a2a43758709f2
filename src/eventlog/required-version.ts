import { preconditionFailed } from "../scim/errors.ts";
import type { CommandOptions } from "./provisioning.ts";

/** 412 where a resource that exists has a version on which the client does not want the command (RFC 9110 §13.1). */
export function requireVersion(version: number, { ifMatch, ifNoneMatch }: CommandOptions): void {
  if (ifMatch?.(version) === false)
    throw preconditionFailed("the resource has changed: its version is not one that If-Match names");
  if (ifNoneMatch?.(version) === true)
    throw preconditionFailed("the resource exists in a version that If-None-Match names");
}
