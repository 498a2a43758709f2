// What Bulk asks of a resource type: its writes, with the id that a creation came to.
import type { ResourceState } from "../../domain/resource-state.ts";
import type { CommandContext, CommandOptions, Written } from "../../eventlog/provisioning.ts";
import type { PlannedOperation } from "../../scim/bulk/plan.ts";
import type { Touches } from "../../scim/bulk/touches.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { isResourceId } from "../resource-id.ts";
import type { Leafed } from "./leaf-header.ts";
import type { ResourceOperations } from "./resource-operations.ts";

/** A resource after a write. */
export interface Made extends Leafed {
  readonly id: string;
  /** Absent where it is gone again already. */
  readonly version?: number;
}

/** Writes resolve and throw as those of `ResourceOperations`. */
export interface BulkType {
  readonly type: ResourceType;
  /** Whether a text can be the id of one. */
  isId(text: string): boolean;
  /** What a write of one touches beside its id and what its data names. */
  touches?(operation: PlannedOperation): Touches;
  /** `id`: a new one, for a type whose ids say nothing. */
  create(id: string, body: unknown, context: CommandContext): Promise<Made>;
  replace(id: string, body: unknown, context: CommandContext, options: CommandOptions): Promise<Made>;
  patch(id: string, body: unknown, context: CommandContext, options: CommandOptions): Promise<Made>;
  remove(id: string, context: CommandContext, options: CommandOptions): Promise<Leafed>;
}

const made = (id: string, { state, leaf }: Written<ResourceState>): Made => ({
  id,
  version: state.version,
  ...(leaf === undefined ? {} : { leaf }),
});

export const bulkType = (operations: ResourceOperations): BulkType => ({
  type: operations.type,
  isId: isResourceId,
  create: async (id, body, context) => made(id, await operations.create(id, body, context)),
  replace: async (id, body, context, options) => made(id, await operations.replace(id, body, context, options)),
  patch: async (id, body, context, options) => made(id, await operations.patch(id, body, context, options)),
  remove: (id, context, options) => operations.remove(id, context, options),
});
