// The operations of a Bulk request, carried out (RFC 7644 §3.7): each is a command of its own, as if it had been a request
// of its own with the same request id. There is no transaction around them.
import { randomUUID } from "node:crypto";
import type { CommandContext, CommandOptions } from "../../eventlog/provisioning.ts";
import type { BulkPlan, PlannedOperation } from "../../scim/bulk/plan.ts";
import { conflict, ScimError } from "../../scim/errors.ts";
import { checkRequest } from "../../scim/normalise/checks.ts";
import { DEFAULT_PROFILE, type Profile, profileOf } from "../../scim/normalise/profile.ts";
import { quote } from "../../scim/quote.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { condition } from "../preconditions.ts";
import { type Creation, createCircle } from "./bulk-circle.ts";
import type { BulkType, Made } from "./bulk-type.ts";
import { inTurns } from "./in-turns.ts";
import type { Leafed } from "./leaf-header.ts";
import { missing } from "./search-path.ts";

/** How an operation ended. */
export type Outcome =
  | (Leafed & { readonly status: 200 | 201 | 204; readonly id: string; readonly version?: number })
  /** Why it was refused: a ScimError, or whatever the service failed at. */
  | { readonly error: unknown };

export interface BulkRunOptions {
  /** Of the request; each operation gets a command id of its own. */
  readonly context: CommandContext;
  readonly typeOf: (type: ResourceType) => BulkType;
  /** Throws why the caller may not write, or not any more; asked for each operation. */
  readonly admit: () => void;
  /** Told of each operation that is refused in the end, when it is. */
  readonly onRefused: (operation: PlannedOperation, error: unknown) => void;
  /** How many operations may be under way. */
  readonly concurrency: number;
  /** After so many errors nothing more is begun; operations are then carried out one by one, in the plan's order. */
  readonly failOnErrors?: number;
  /** Asked before each operation: true, and no further one is begun. */
  readonly isStopped: () => boolean;
}

type Complete = PlannedOperation & { readonly type: ResourceType; readonly id: string };

export class BulkRun {
  readonly #plan: BulkPlan;
  readonly #options: BulkRunOptions;
  readonly #profile: Profile;
  readonly #outcomes: (Outcome | undefined)[];
  #errors = 0;

  constructor(plan: BulkPlan, options: BulkRunOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#profile = profileOf(options.context.profile ?? DEFAULT_PROFILE);
    this.#outcomes = plan.operations.map(() => undefined);
  }

  /** How each operation ended, in the order of the request; undefined for those that were not begun. */
  async run(): Promise<readonly (Outcome | undefined)[]> {
    const { failOnErrors, concurrency, isStopped } = this.#options;
    const one = failOnErrors !== undefined;
    await inTurns(
      {
        before: one ? this.#plan.steps.map((_, step) => (step === 0 ? [] : [step - 1])) : this.#plan.before,
        most: one ? 1 : concurrency,
        isStopped: () => isStopped() || this.hasFailed,
      },
      (step, isAlone) => this.#step(this.#plan.steps[step] as readonly number[], isAlone),
    );
    return this.#outcomes;
  }

  /** Whether there were as many errors as the client accepts. */
  get hasFailed(): boolean {
    return this.#errors >= (this.#options.failOnErrors ?? Number.POSITIVE_INFINITY);
  }

  async #step(indexes: readonly number[], isAlone: boolean): Promise<"done" | "again"> {
    if (indexes.length > 1) {
      if (!isAlone) return "again";
      await this.#circle(indexes);
      return "done";
    }
    const index = indexes[0] as number;
    try {
      const operation = this.#fit(index);
      this.#outcomes[index] = await this.#carryOut(operation);
    } catch (error) {
      // An operation before this one, still under way, may free the name.
      if (!isAlone && error instanceof ScimError && error.scimType === "uniqueness") return "again";
      this.#refuse(index, error);
    }
    return "done";
  }

  /** The operation, if there is nothing to say against it before it is tried; throws why not. */
  #fit(index: number, circle: ReadonlySet<number> = new Set([index])): Complete {
    const operation = this.#plan.operations[index] as PlannedOperation;
    const { method, type, id, version, refusal, references } = operation;
    this.#options.admit();
    if (refusal !== undefined) throw refusal;
    checkRequest(this.#profile, { method, precondition: version === undefined ? undefined : "version" });
    for (const one of references)
      if (!circle.has(one) && !this.#isDone(one))
        throw conflict(`The operation refers to ${this.#named(one)}, whose creation failed.`);
    if (type === undefined || id === undefined)
      throw new Error("an operation that is not refused has a type and an id");
    if (method !== "POST" && !this.#options.typeOf(type).isId(id)) throw missing(type.name, id);
    return { ...operation, type, id };
  }

  async #carryOut({ method, type, id, data, version }: Complete): Promise<Outcome> {
    const resources = this.#options.typeOf(type);
    const options: CommandOptions = version === undefined ? {} : { ifMatch: condition("version", version) };
    switch (method) {
      case "POST":
        return { status: 201, ...(await resources.create(id, data, this.#command())) };
      case "PUT":
        return { status: 200, ...(await resources.replace(id, data, this.#command(), options)) };
      case "PATCH":
        return { status: 200, ...(await resources.patch(id, data, this.#command(), options)) };
      case "DELETE": {
        const { leaf } = await resources.remove(id, this.#command(), options);
        return { status: 204, id, ...(leaf === undefined ? {} : { leaf }) };
      }
      default:
        throw new Error(`unknown method ${method satisfies never}`);
    }
  }

  async #circle(indexes: readonly number[]): Promise<void> {
    const circle: Creation[] = [];
    const together = new Set(indexes);
    for (const index of indexes) {
      try {
        const { type, id, data } = this.#fit(index, together);
        circle.push({ id, data, resources: this.#options.typeOf(type) });
      } catch (error) {
        return this.#refuseAll(indexes, index, error, NONE);
      }
    }
    const end = await createCircle(circle, () => this.#command());
    if ("error" in end) return this.#refuseAll(indexes, indexes[end.failed] as number, end.error, end.left);
    for (const [at, index] of indexes.entries()) this.#outcomes[index] = { status: 201, ...(end.made[at] as Made) };
  }

  #refuseAll(indexes: readonly number[], failed: number, error: unknown, left: ReadonlySet<string>): void {
    const broken = conflict(
      `The creations of a circle of references are carried out all or none, and that of ${this.#named(failed)} failed.`,
    );
    for (const index of indexes) {
      const { id } = this.#plan.operations[index] as PlannedOperation;
      const own = index === failed ? error : broken;
      const stays = id !== undefined && left.has(id) && own instanceof ScimError;
      this.#refuse(index, stays ? new ScimError(own.status, own.scimType, own.message + leftBehind(id)) : own);
    }
  }

  #named(index: number): string {
    return quote(`bulkId:${this.#plan.operations[index]?.bulkId}`);
  }

  #isDone(index: number): boolean {
    const outcome = this.#outcomes[index];
    return outcome !== undefined && !("error" in outcome);
  }

  #refuse(index: number, error: unknown): void {
    this.#errors += 1;
    this.#outcomes[index] = { error };
    this.#options.onRefused(this.#plan.operations[index] as PlannedOperation, error);
  }

  #command(): CommandContext {
    return { ...this.#options.context, commandId: randomUUID() };
  }
}

const NONE: ReadonlySet<string> = new Set();

const leftBehind = (id: string) => ` What had been created could not be deleted again: its id is “${id}”.`;
