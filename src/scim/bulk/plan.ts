// A Bulk request as a plan: ids for everything that will be created, references replaced by them, the steps in an order
// in which they can be carried out, and which steps have to wait for which.
import { conflict, invalidSyntax, invalidValue, ScimError } from "../errors.ts";
import type { Json } from "../json.ts";
import { patchOpUrn } from "../messages.ts";
import { quote } from "../quote.ts";
import type { ResourceType } from "../schema/characteristics.ts";
import { inOrder } from "./order.ts";
import { forEachText, referencesIn, withIds } from "./references.ts";
import type { BulkMethod, BulkOperation } from "./request.ts";
import { type BulkEndpoints, type BulkTarget, parseTarget } from "./target.ts";
import { predecessors, type Touches, uniqueKeysOf } from "./touches.ts";

/** One operation with everything in its place. */
export interface PlannedOperation {
  readonly method: BulkMethod;
  readonly bulkId?: string;
  /** Absent only where `refusal` says that there is none. */
  readonly type?: ResourceType;
  /** The resource's: a new one for a POST. */
  readonly id?: string;
  /** If-Match. */
  readonly version?: string;
  /** With ids in place of references. */
  readonly data?: Json;
  /** The operations of the request that create what this one refers to. */
  readonly references: readonly number[];
  /** Why it cannot be carried out at all. */
  readonly refusal?: ScimError;
}

export interface BulkPlan {
  /** In the order of the request. */
  readonly operations: readonly PlannedOperation[];
  /** Operations in the order in which they can be carried out; a step of several is a circle of references. */
  readonly steps: readonly (readonly number[])[];
  /** For each step, earlier steps that must be done first. */
  readonly before: readonly (readonly number[])[];
}

export interface PlanOptions extends BulkEndpoints {
  readonly newId: () => string;
  /** What an operation touches that neither its target nor the texts in its data say. */
  readonly touches?: (operation: PlannedOperation) => Touches;
}

export function planBulk(sent: readonly BulkOperation[], options: PlanOptions): BulkPlan {
  const created = new Map<string, { readonly index: number; readonly id: string }>();
  for (const [index, { method, bulkId }] of sent.entries())
    if (method === "POST" && bulkId !== undefined) created.set(bulkId, { index, id: options.newId() });
  const operations = sent.map((operation, index) => {
    try {
      return planned(operation, index, created, options);
    } catch (error) {
      if (!(error instanceof ScimError)) throw error;
      const { method, bulkId } = operation;
      return { method, ...(bulkId === undefined ? {} : { bulkId }), references: [], refusal: error };
    }
  });
  const steps = inOrder(operations.map(({ references }, index) => references.filter((one) => one !== index)));
  return { operations, steps, before: predecessors(touchesOf(steps, operations, options)) };
}

type Created = ReadonlyMap<string, { readonly index: number; readonly id: string }>;

function planned(sent: BulkOperation, index: number, created: Created, options: PlanOptions): PlannedOperation {
  const { method, bulkId } = sent;
  const target = parseTarget(method, sent.path, options);
  const data = method === "DELETE" ? undefined : dataOf(sent);
  const referred = new Set(referencesIn(data));
  if (target.bulkId !== undefined) referred.add(target.bulkId);
  const known = {
    method,
    ...(bulkId === undefined ? {} : { bulkId }),
    type: target.type,
    ...idOf(sent, target, created),
  };
  const fault = faultOf(sent, referred, created);
  if (fault !== undefined) return { ...known, references: [], refusal: fault };
  return {
    ...known,
    ...(method === "POST" || sent.version === undefined ? {} : { version: sent.version as string }),
    ...(data === undefined ? {} : { data: referred.size === 0 ? data : withIds(data, (one) => created.get(one)?.id) }),
    references: Array.from(referred, (one) => created.get(one)?.index ?? index),
  };
}

function idOf({ bulkId }: BulkOperation, target: BulkTarget, created: Created): { readonly id?: string } {
  if (target.id !== undefined) return { id: target.id };
  const id = created.get(target.bulkId ?? bulkId ?? "")?.id;
  return id === undefined ? {} : { id };
}

function faultOf(
  { method, bulkId, version, data }: BulkOperation,
  referred: ReadonlySet<string>,
  created: Created,
): ScimError | undefined {
  if (method === "POST" && bulkId === undefined) return invalidSyntax("A POST must have a bulkId.");
  if (method !== "DELETE" && data === undefined) return invalidSyntax(`A ${method} must have data.`);
  if (method !== "POST" && version !== undefined && typeof version !== "string")
    return invalidValue("version must be a string, the entity tag of the resource.");
  for (const one of referred)
    if (!created.has(one))
      return conflict(`The operation refers to ${quote(`bulkId:${one}`)}, and no POST of the request has that bulkId.`);
  return undefined;
}

/** “as it would appear for a single … operation” is a PatchOp; the RFC's own example (§3.7.3) has the bare operations. */
function dataOf({ method, data }: BulkOperation): Json | undefined {
  return method === "PATCH" && Array.isArray(data) ? { schemas: [patchOpUrn], Operations: data } : data;
}

const NOTHING: Touches = { reads: [], writes: [] };

/** Of all that an operation's data names, only what some operation of the request writes can matter. */
function touchesOf(
  steps: readonly (readonly number[])[],
  operations: readonly PlannedOperation[],
  { touches = () => NOTHING }: PlanOptions,
): readonly Touches[] {
  const also = operations.map(touches);
  const writes = operations.map(({ type, id, data }, index) => [
    ...(id === undefined ? [] : [id]),
    ...(type === undefined ? [] : uniqueKeysOf(type, data)),
    ...(also[index] as Touches).writes,
  ]);
  const written = new Set(writes.flat());
  const readsOf = (index: number): ReadonlySet<string> => {
    const reads = new Set((also[index] as Touches).reads);
    forEachText(operations[index]?.data, (text) => {
      if (written.has(text)) reads.add(text);
    });
    return reads;
  };
  return steps.map((step) => ({
    reads: step.flatMap((index) => [...readsOf(index)]),
    writes: step.flatMap((index) => writes[index] ?? []),
  }));
}
