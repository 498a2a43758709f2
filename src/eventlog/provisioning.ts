// What the edge asks for when a resource is to change: one command, answered when its events are durable and visible.
import type { GroupCommand, GroupState } from "../domain/group.ts";
import type { CustomState, ResourceCommand } from "../domain/resource.ts";
import type { UserCommand, UserState } from "../domain/user.ts";
import type { Interpretation } from "../scim/normalise/interpretation.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import type { Position } from "./event-log.ts";

/** Who asks: a credential, never the person who created it. */
export interface Actor {
  readonly credential: string;
  readonly name: string;
  readonly kind: string;
}

/** What is known of the request; it goes into the metadata of every event. */
export interface CommandContext {
  readonly tenant: string;
  readonly actor: Actor;
  readonly requestId: string;
  /** Event ids derive from it. */
  readonly commandId: string;
  /** The normalisation profile, and the ids of the rules that were applied. */
  readonly profile?: string;
  readonly rules?: readonly string[];
  /** What of the request was not read as it stands: kept encrypted, with the command's first event that can hold it. */
  readonly interpretations?: readonly Interpretation[];
  readonly approval?: string;
  readonly traceparent?: string;
  readonly causationId?: string;
  /** Names the client behind the request, which a `ClientSeen` describes. */
  readonly client?: string;
}

/** The resource after the command. */
export interface Written<State> {
  readonly state: State;
  /** Where its last event stands; absent where the command changed nothing. */
  readonly position?: Position;
  /** The index of that event's leaf in the tenant's Merkle tree; absent where the engine cannot say so at once. */
  readonly leaf?: number;
}

export interface CommandOptions {
  /** If-Match: whether the version (RFC 7644 §3.14) is one that the client expects; a command on any other is a 412. */
  readonly ifMatch?: (version: number) => boolean;
  /** If-None-Match: whether the version is one that the client wants to leave alone; that is a 412 too. */
  readonly ifNoneMatch?: (version: number) => boolean;
  /** Of a creation: the definition by which its attributes were read. It is refused (Unavailable) once another is in effect. */
  readonly readAs?: ResourceType;
}

export interface Provisioning {
  /**
   * Resolves once the events are durable and the read models have passed them. Throws ScimError (400, 404, 409, 412),
   * Unavailable (not written, or outcome unknown), NotYetVisible (written, but the read models are behind).
   */
  user(command: UserCommand, context: CommandContext, options?: CommandOptions): Promise<Written<UserState>>;
  group(command: GroupCommand, context: CommandContext, options?: CommandOptions): Promise<Written<GroupState>>;
  /** On a resource of a type that the tenant defined. 404 too for a type that it has not. */
  resource(
    typeName: string,
    command: ResourceCommand,
    context: CommandContext,
    options?: CommandOptions,
  ): Promise<Written<CustomState>>;
}

/** The change is stored but no reader sees it yet. */
export class NotYetVisible extends Error {
  constructor() {
    super("the change is stored and not yet visible: the read models are behind");
    this.name = "NotYetVisible";
  }
}
