// The key that seals a resource's values.
import type { DomainEvent } from "../domain/event.ts";
import type { ResourceState } from "../domain/resource-state.ts";
import { ScimError } from "../scim/errors.ts";
import type { DataKey, KeyVault } from "../vault/key-vault.ts";

/** A resource's own key, named by all its events: a new one at its creation. An erased resource has none any more: 403. */
export async function keyFor(
  vault: KeyVault,
  tenant: string,
  state: ResourceState,
  events: readonly DomainEvent[],
): Promise<{ readonly key?: DataKey }> {
  if (events.length === 0) return {};
  if (state.key === undefined) return { key: await vault.assign(tenant) };
  const secret = await vault.open(tenant, state.key);
  if (secret !== undefined) return { key: { id: state.key, secret } };
  if (!events.some(({ personal }) => personal !== undefined)) return {};
  throw new ScimError(403, undefined, "the resource's values were erased: nothing can be written into it any more");
}
