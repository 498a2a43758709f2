// The writes of one resource type (RFC 7644 §3.3, §3.5, §3.6) without a request and without an answer: JSON that was
// read goes in, what was written comes out. The routes stand on it, and so does whatever writes several at once.
import { places, valueAt } from "../../domain/attribute-places.ts";
import type { ResourceState } from "../../domain/resource-state.ts";
import type { CommandContext, CommandOptions, Written } from "../../eventlog/provisioning.ts";
import { heldOr } from "../../readstore/not-held.ts";
import type { ReadStore } from "../../readstore/read-store.ts";
import type { AttributePath } from "../../scim/attribute-path.ts";
import { isObject, type Json, type JsonObject, own } from "../../scim/json.ts";
import { readPatch, readResource } from "../../scim/normalise/read.ts";
import type { PatchLimits } from "../../scim/patch/operations.ts";
import type { ResourceType } from "../../scim/schema/characteristics.ts";
import { resolvePath } from "../../scim/schema/lookup.ts";
import { showsOnRequest } from "../../scim/selection.ts";
import { readBy, reading } from "./read-by-profile.ts";
import type { Representation } from "./representation.ts";
import type { TypeCommands } from "./type-commands.ts";

/** What was written, with the canonical paths that the client set where an answer depends on them (`returned: request`). */
export interface Operated extends Written<ResourceState> {
  readonly sent?: ReadonlySet<string>;
}

/**
 * `body` is parsed JSON as the client sent it, `context` of a command of its own: the credential's profile in it decides
 * how the body is normalised. They resolve once the change is durable and visible. They throw, at once or later, ScimError
 * (400, 404, 409, 412, 413) and whatever `Provisioning` does.
 */
export interface ResourceOperations {
  readonly type: ResourceType;
  /** `id`: a new one, issued for this very creation. */
  create(id: string, body: unknown, context: CommandContext): Promise<Operated>;
  replace(id: string, body: unknown, context: CommandContext, options: CommandOptions): Promise<Operated>;
  patch(id: string, body: unknown, context: CommandContext, options: CommandOptions): Promise<Operated>;
  remove(id: string, context: CommandContext, options: CommandOptions): Promise<Written<ResourceState>>;
}

export interface OperationsOptions {
  readonly readStore: ReadStore;
  readonly patches: PatchLimits;
}

/** The operations of a type by its schema. What a replacement must not change is checked with what it replaces, in the domain. */
export class SchemaOperations implements ResourceOperations {
  readonly type: ResourceType;
  readonly #representation: Representation;
  readonly #commands: TypeCommands;
  readonly #options: OperationsOptions;

  constructor(representation: Representation, commands: TypeCommands, options: OperationsOptions) {
    this.type = representation.type;
    this.#representation = representation;
    this.#commands = commands;
    this.#options = options;
  }

  create(id: string, body: unknown, context: CommandContext): Promise<Operated> {
    return reading(context, (n) => {
      const resource = readResource(n, this.type, body, "create");
      const written = this.#commands.create(id, resource, readBy(context, n, resource));
      return this.#told(written, () => setByBody(this.type, resource.attributes));
    });
  }

  replace(id: string, body: unknown, context: CommandContext, options: CommandOptions): Promise<Operated> {
    return reading(context, (n) => {
      const resource = readResource(n, this.type, body, "replace");
      const written = this.#commands.replace(id, resource, readBy(context, n, resource), options);
      return this.#told(written, () => setByBody(this.type, resource.attributes));
    });
  }

  patch(id: string, body: unknown, context: CommandContext, options: CommandOptions): Promise<Operated> {
    return reading(context, async (n) => {
      const knows = n.isStrict || comparesNothing(this.type, body);
      const current = knows ? undefined : await this.#current(context.tenant, id);
      const read = readPatch(n, this.type, body, this.#options.patches, current);
      const written = this.#commands.patch(id, read.operations, readBy(context, n, read), options);
      return this.#told(written, () => read.operations.flatMap(({ path, value }) => partsOf(path, value)));
    });
  }

  /** With the paths that were set, where answers depend on it. */
  async #told(written: Promise<Written<ResourceState>>, paths: () => readonly string[]): Promise<Operated> {
    if (!showsOnRequest(this.type)) return written;
    return { ...(await written), sent: new Set(paths()) };
  }

  remove(id: string, context: CommandContext, options: CommandOptions): Promise<Written<ResourceState>> {
    return this.#commands.remove(id, context, options);
  }

  /** Undefined also for what is too large to be read: normalisation does without, so that it can be made smaller. */
  async #current(tenant: string, id: string): Promise<JsonObject | undefined> {
    const reading = (async () => this.#options.readStore.get(tenant, this.type.id, id))();
    const resource = await heldOr(reading, undefined);
    return resource === undefined ? undefined : (JSON.parse(this.#representation.whole(resource)) as JsonObject);
  }
}

/** The paths that the body of a creation or a replacement set. */
const setByBody = (type: ResourceType, attributes: JsonObject): readonly string[] =>
  places(type).flatMap((place) => {
    const value = valueAt(attributes, place);
    return value === undefined ? [] : partsOf({ attribute: place.attribute, text: place.path }, value);
  });

/** The paths that a value sets where it is put: of a complex one, or a list of such, those of the sub-attributes in it. */
function partsOf({ attribute, sub, text }: AttributePath, value: Json | undefined): readonly string[] {
  if (sub !== undefined || attribute.type !== "complex") return [text];
  const names = [value ?? []].flat().flatMap((one) => (isObject(one) ? Object.keys(one) : []));
  return [...new Set(names)].map((name) => `${text}.${name}`);
}

/**
 * Whether normalisation can do without the resource as it is: each operation is on a plain path that a client may write.
 * That holds for the commonest requests (`active`, `members`), and saves them a read.
 */
function comparesNothing(type: ResourceType, body: unknown): boolean {
  const operations = isObject(body) ? own(body, "Operations") : undefined;
  return Array.isArray(operations) && operations.every((operation) => isOnPlainPath(type, operation));
}

function isOnPlainPath(type: ResourceType, operation: Json): boolean {
  const path = isObject(operation) ? own(operation, "path") : undefined;
  const target = typeof path === "string" ? resolvePath(type, path) : undefined;
  if (target === undefined) return false;
  return target.attribute.mutability !== "readOnly" && target.sub?.mutability !== "readOnly";
}
