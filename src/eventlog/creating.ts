// Creations while definitions change: what was read by one definition is not written under another.
import type { ResourceType } from "../scim/schema/characteristics.ts";
import { resourceTypes } from "../scim/schema/resource-types.ts";
import type { TypeSet, TypesOfTenants } from "../scim/schema/type-set.ts";
import { Unavailable } from "./event-log.ts";
import type { CommandOptions } from "./provisioning.ts";
import type { SharedLock } from "./shared-lock.ts";

export interface CreatingOptions {
  readonly types: TypesOfTenants;
  /** Shared, by tenant, while a resource is created of a type that the tenant defined or extended. */
  readonly definitionLock: SharedLock;
  /** Where other nodes define types too: takes in what they did to a tenant's up to now. */
  readonly confirmTypes?: (tenant: string) => Promise<void>;
}

const isBuiltIn = (type: ResourceType | undefined): boolean => resourceTypes.some((one) => one === type);

/**
 * Runs a creation. A built-in type that the tenant did not extend needs no lock: what is read by it means the same under every
 * extension. Throws Unavailable where another definition is in effect by now.
 */
export function creating<Result>(
  { types, definitionLock, confirmTypes }: CreatingOptions,
  tenant: string,
  typeIn: (types: TypeSet) => ResourceType | undefined,
  readAs: CommandOptions["readAs"],
  create: () => Promise<Result>,
): Promise<Result> {
  const type = typeIn(types.typesOf(tenant));
  if (isBuiltIn(type) && (readAs === undefined || readAs === type)) return create();
  return definitionLock.share(tenant, async () => {
    await confirmTypes?.(tenant);
    const present = typeIn(types.typesOf(tenant));
    if (readAs !== undefined && present !== undefined && readAs !== present)
      throw new Unavailable(`the definition of ${present.name} changed meanwhile`, "no");
    return create();
  });
}
