// What a write is answered with.
import type { ResourceState } from "../../domain/resource-state.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import { isObject } from "../../scim/json.ts";
import { userType } from "../../scim/schema/resource-types.ts";
import { type Readable, type Representation, readableOf } from "./representation.ts";

/**
 * The resource after a command, in the very bytes of a later GET: as the read store has it, unless a later command has
 * changed it again; then as this command left it.
 */
export async function readableAfter(
  { type }: Representation,
  readStore: ReadStore,
  tenant: string,
  id: string,
  state: ResourceState,
): Promise<Readable & { readonly tenant: string }> {
  if (isFresh(state) && !namesManager(state)) return { ...readableOf(type, id, state), tenant };
  const stored = await readStore.get(tenant, type.id, id);
  if (stored?.version === state.version) return stored;
  const { groups = [], managerDisplayName = null } = stored ?? {};
  return { ...readableOf(type, id, state), groups, managerDisplayName, tenant };
}

/** A resource that was just created is in no group. */
const isFresh = ({ createdAt, modifiedAt }: ResourceState): boolean => createdAt === modifiedAt;

const MANAGING = userType.extensions.map(({ schema }) => schema.id);

/** Whether a display name has to be looked up. */
const namesManager = ({ attributes }: ResourceState): boolean =>
  MANAGING.some((urn) => {
    const extension = attributes[urn];
    return isObject(extension) && extension["manager"] !== undefined;
  });
