// A log of a tenant that defines types and writes resources by them, and beside it what its commands mean: the oracle.
import { randomBytes, randomUUID } from "node:crypto";
import { decideDefinition } from "../../src/domain/definition-commands.ts";
import type { DomainEvent, Fact } from "../../src/domain/event.ts";
import type { ResourceEvent } from "../../src/domain/events.ts";
import { absentCustom, type CustomState, decide, evolve, type ResourceCommand } from "../../src/domain/resource.ts";
import { absentTenant, evolve as evolveTenant, type TenantState } from "../../src/domain/tenant.ts";
import { sealEvent } from "../../src/eventlog/codec.ts";
import { positionOf, type RecordedEvent } from "../../src/eventlog/event-log.ts";
import { ScimError } from "../../src/scim/errors.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import type { Attribute, ResourceType, Schema } from "../../src/scim/schema/characteristics.ts";
import { typesOf } from "../../src/scim/schema/definitions.ts";
import type { Population } from "../../src/scim/schema/evolution.ts";

const TENANT = "acme";

/** Attributes by id, of what lives. */
export type Living = ReadonlyMap<string, JsonObject>;

export class TypedLog {
  readonly events: RecordedEvent[] = [];
  /** What lives after each place; index 0 is before the first. */
  readonly living: Living[] = [new Map()];
  tenant: TenantState = { ...absentTenant, status: "live" };
  readonly ids: string[] = [];
  readonly #states = new Map<string, CustomState>();
  readonly #keys = new Map<string, Uint8Array>();
  #clock = 1_790_000_000_000_000;

  readonly openKey = (_tenant: string, key: string): Uint8Array | undefined => this.#keys.get(key);

  get type(): ResourceType {
    return typesOf(this.tenant.definitions).byName("Thing") as ResourceType;
  }

  get #population(): Population {
    return this.living.at(-1)!.size > 0 ? "live" : this.ids.length > 0 ? "past" : "none";
  }

  /** Defines a schema, or another version of it. */
  defineSchema(schema: Schema): void {
    const populations = new Map([["thing", this.#population]]);
    this.#define({ type: "DefineSchema", tenant: TENANT, schema, populations });
  }

  defineType(schema: string, extension: string): void {
    const extensions = [{ schema: extension, required: false }];
    const resourceType = { name: "Thing", endpoint: "/Things", description: "", schema, extensions };
    const populations = new Map([["thing", this.#population]]);
    this.#define({ type: "DefineResourceType", tenant: TENANT, resourceType, populations });
  }

  create(attributes: JsonObject): void {
    const id = `01900000-0000-7000-8000-${(this.ids.length + 1).toString(16).padStart(12, "0")}`;
    this.ids.push(id);
    this.#write({ type: "CreateResource", id, attributes, secrets: [] }, () => attributes);
  }

  /** What is immutable stays, as it must. */
  replace(id: string, attributes: JsonObject): void {
    this.#write({ type: "ReplaceResource", id, attributes }, (before) => withImmutable(this.type, attributes, before));
  }

  delete(id: string): void {
    this.#write({ type: "DeleteResource", id }, () => undefined);
  }

  #define(command: Parameters<typeof decideDefinition>[0]): void {
    const events = decideDefinition(command, this.tenant.definitions);
    const facts = this.#append(`scim.tenant-${TENANT}`, events, undefined, this.tenant.revision + 1);
    this.tenant = facts.reduce((tenant, fact) => evolveTenant(tenant, fact as never), this.tenant);
  }

  /** A command that is refused writes nothing. */
  #write(command: ResourceCommand, means: (before: JsonObject) => JsonObject | undefined): void {
    const { id } = command;
    const state = this.#states.get(id) ?? absentCustom;
    let events: readonly ResourceEvent[];
    try {
      events = decide(command, state, (path) => `claim-${path}-${id}`, this.type);
    } catch (error) {
      if (error instanceof ScimError) return;
      throw error;
    }
    const before = this.living.at(-1)!;
    const facts = this.#append(`scim.resource-${TENANT}:Thing:${id}`, events, this.#keyOf(id), state.revision + 1);
    const next = facts.reduce((one, fact) => evolve(one, fact as Fact<ResourceEvent>, this.type), state);
    this.#states.set(id, next);
    const after = new Map(before);
    const attributes = means(before.get(id) ?? {});
    if (attributes === undefined) after.delete(id);
    else after.set(id, attributes);
    if (facts.length > 0) this.living[this.living.length - 1] = after;
  }

  #keyOf(id: string): string {
    if (!this.#keys.has(id)) this.#keys.set(id, new Uint8Array(randomBytes(32)));
    return id;
  }

  #append(stream: string, events: readonly DomainEvent[], key: string | undefined, revision: number): Fact[] {
    this.#clock += 1_000_000;
    return events.map((event, index) => {
      const { type, version, data, personal } = event as DomainEvent<string, Json, JsonObject>;
      const sealed = sealEvent({
        at: this.#clock,
        data,
        id: randomUUID(),
        metadata: { $correlationId: "r", actor: "a" },
        revision: revision + index,
        stream,
        tenant: TENANT,
        type,
        version,
        ...(key === undefined ? {} : { key: { id: key, secret: this.#keys.get(key)! } }),
        ...(personal === undefined || personal === "erased" ? {} : { personal }),
      });
      const { personal: _, ...stored } = sealed;
      const position = positionOf(this.events.length + 1);
      this.events.push({ ...stored, stream, revision: revision + index, position });
      this.living.push(this.living.at(-1)!);
      return { event, revision: revision + index, at: this.#clock, ...(key === undefined ? {} : { key }) };
    });
  }
}

function withImmutable(type: ResourceType, next: JsonObject, before: JsonObject): JsonObject {
  const result = keeping(type.schema.attributes, next, before);
  for (const { schema } of type.extensions) {
    const extension = keeping(schema.attributes, result[schema.id] ?? {}, before[schema.id] ?? {});
    if (Object.keys(extension).length > 0) result[schema.id] = extension;
  }
  return result;
}

/** Values of single-valued complex attributes keep what is immutable in them, replaced by another value or left out. */
function keeping(attributes: readonly Attribute[], after: Json, before: Json): JsonObject {
  const result = { ...(after as JsonObject) };
  for (const [name, was] of Object.entries(before as JsonObject)) {
    const attribute = attributes.find((one) => one.name === name);
    if (attribute?.mutability === "immutable") result[name] = was;
    else if (attribute?.type === "complex" && !attribute.multiValued) {
      const kept = keeping(attribute.subAttributes ?? [], result[name] ?? {}, was);
      if (Object.keys(kept).length > 0) result[name] = kept;
    }
  }
  return result;
}
