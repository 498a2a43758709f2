// Commands on resources, from the request to the moment its effect is visible.
import type { ResourceEvent, UserEvent } from "../domain/events.ts";
import type { GroupCommand, GroupState, OpenChange } from "../domain/group.ts";
import { type CustomState, decide as decideCustom, type ResourceCommand } from "../domain/resource.ts";
import type { ClaimingState } from "../domain/resource-state.ts";
import { decide as decideUser, type UserCommand, type UserState } from "../domain/user.ts";
import { ScimError, uniqueness } from "../scim/errors.ts";
import { type Bearing, claimIdsOf, ownerName, valuesMoved } from "./bearing.ts";
import { ClaimProtocol } from "./claim-protocol.ts";
import type { CommandLoop } from "./command-loop.ts";
import { type CreatingOptions, creating } from "./creating.ts";
import type { Decision } from "./decision.ts";
import { derivedId } from "./event-id.ts";
import { decideOnGroup, type GroupDecisionOptions } from "./group-decision.ts";
import type { CommandContext, CommandOptions, Provisioning, Written } from "./provisioning.ts";
import { keyFor } from "./resource-key.ts";
import { ResourceTargets, type ResourceTargetsOptions } from "./resource-targets.ts";
import type { Visibility } from "./visibility.ts";

export interface ResourceCommandsOptions extends ResourceTargetsOptions, GroupDecisionOptions, CreatingOptions {
  readonly loop: CommandLoop;
  readonly visibility: Visibility;
  /** Whether claims use the log's `appendAtomically` where it has one. Default: yes. */
  readonly atomicClaims?: boolean;
}

/** Tries for a change that spans several appends; others are retried by the loop alone. */
const LARGE_CHANGE_TRIES = 3;
/** How long others wait for an open change, and how often they look, in milliseconds. */
const OPEN_CHANGE_MS = 10_000;
const LOOK_AGAIN_MS = 200;

export class ResourceCommands implements Provisioning {
  readonly #options: ResourceCommandsOptions;
  readonly #targets: ResourceTargets;
  readonly claims: ClaimProtocol;

  constructor(options: ResourceCommandsOptions) {
    this.#options = options;
    this.#targets = new ResourceTargets(options);
    this.claims = new ClaimProtocol({
      loop: options.loop,
      vault: options.vault,
      namespace: options.namespace,
      ownerTarget: (tenant, owner) => this.#targets.owner(tenant, owner),
      atomic: options.atomicClaims ?? true,
    });
  }

  async user(command: UserCommand, context: CommandContext, options?: CommandOptions): Promise<Written<UserState>> {
    this.#options.visibility.admit();
    const execute = () => this.#executeOnUser(command, context, options);
    return command.type === "CreateUser"
      ? creating(this.#options, context.tenant, ({ user }) => user, options?.readAs, execute)
      : execute();
  }

  async #executeOnUser(
    command: UserCommand,
    context: CommandContext,
    options: CommandOptions | undefined,
  ): Promise<Written<UserState>> {
    const target = this.#targets.user(context.tenant, command.id);
    const fresh = command.type === "CreateUser";
    const written = await this.#options.loop.execute(
      { ...target, fresh },
      context,
      (user, attempt) => this.#decideUser(command, user, context, attempt),
      options,
    );
    return this.#visible(written);
  }

  async group(command: GroupCommand, context: CommandContext, options?: CommandOptions): Promise<Written<GroupState>> {
    this.#options.visibility.admit();
    for (;;) {
      try {
        const execute = async () => this.#visible(await this.#executeOnGroup(command, context, options));
        return await (command.type === "CreateGroup"
          ? creating(this.#options, context.tenant, ({ group }) => group, options?.readAs, execute)
          : execute());
      } catch (error) {
        if (!(error instanceof OpenChangeInTheWay)) throw error;
        await this.#settleOpen(command.id, error.open, context);
      }
    }
  }

  async resource(
    typeName: string,
    command: ResourceCommand,
    context: CommandContext,
    options?: CommandOptions,
  ): Promise<Written<CustomState>> {
    this.#options.visibility.admit();
    const execute = () => this.#executeOnCustom(typeName, command, context, options);
    return command.type === "CreateResource"
      ? creating(this.#options, context.tenant, (types) => types.byName(typeName), options?.readAs, execute)
      : execute();
  }

  async #executeOnCustom(
    typeName: string,
    command: ResourceCommand,
    context: CommandContext,
    options: CommandOptions | undefined,
  ): Promise<Written<CustomState>> {
    const { tenant } = context;
    const target = this.#targets.custom(tenant, this.#targets.typeOf(tenant, typeName), command.id);
    const fresh = command.type === "CreateResource";
    const written = await this.#options.loop.execute(
      { ...target, fresh },
      context,
      (resource, attempt) => {
        const type = this.#targets.typeOf(tenant, typeName);
        const events = decideCustom(command, resource, claimIdsOf(context), type);
        return this.#reserving({ type, owner: ownerName(type, command.id), state: resource, events }, context, attempt);
      },
      options,
    );
    return this.#visible(written);
  }

  async #executeOnGroup(
    command: GroupCommand,
    context: CommandContext,
    options: CommandOptions | undefined,
  ): Promise<Written<GroupState>> {
    const target = { ...this.#targets.group(context.tenant, command.id), fresh: command.type === "CreateGroup" };
    let tries = 0;
    const decide = async (group: GroupState) => {
      if (group.open !== undefined && command.type !== "AbandonChange") throw new OpenChangeInTheWay(group.open);
      const decision = await decideOnGroup(command, group, context, this.#options);
      if (decision.events[0]?.type === "GroupChangeBegun" && ++tries > LARGE_CHANGE_TRIES) {
        throw new ScimError(409, undefined, "the group kept changing while a very large change was written; try again");
      }
      return decision;
    };
    return this.#options.loop.execute(target, context, decide, options);
  }

  async #visible<State>(written: Written<State>): Promise<Written<State>> {
    if (written.position === undefined) return written;
    const { visibility } = this.#options;
    await visibility.reached(written.position);
    const leaf = visibility.leafAt(written.position);
    return leaf === undefined ? written : { ...written, leaf };
  }

  async #decideUser(
    command: UserCommand,
    state: UserState,
    context: CommandContext,
    attempt: number,
  ): Promise<Decision<UserState, UserEvent>> {
    const type = this.#options.types.typesOf(context.tenant).user;
    const events = decideUser(command, state, claimIdsOf(context), type);
    return this.#reserving({ type, owner: command.id, state, events }, context, attempt);
  }

  /** The decision with a key for its values and with the unique values that it begins and ceases to bear. */
  async #reserving<State extends ClaimingState, Event extends UserEvent | ResourceEvent>(
    { type, owner, state, events }: Bearing<State, Event> & { readonly owner: string },
    context: CommandContext,
    attempt: number,
  ): Promise<Decision<State, Event>> {
    if (events.length === 0) return { events };
    const sealed = await keyFor(this.#options.vault, context.tenant, state, events);
    const { claim, release } = valuesMoved({ type, state, events }, claimIdsOf(context));
    if (claim.length === 0 && release.length === 0) return { events, ...sealed };
    const fenced = claim.find((value) => state.revoked.includes(value.claimId));
    if (fenced !== undefined) throw uniqueness(`${fenced.path}: another resource of the tenant bears this value`);
    const wanted = { owner, ...sealed, claim, release };
    return { events, ...sealed, ...(await this.claims.reserve(context, wanted, attempt)) };
  }

  /** Waits for somebody's open change; once it is older than anyone would wait, abandons it. */
  async #settleOpen(id: string, open: OpenChange, context: CommandContext): Promise<void> {
    const age = (this.#options.loop.clock() - open.since) / 1_000;
    if (age < OPEN_CHANGE_MS) return pause(Math.min(LOOK_AGAIN_MS, OPEN_CHANGE_MS - age));
    const abandoning = { ...context, commandId: derivedId(context.commandId, `abandon:${open.id}`) };
    await this.#executeOnGroup({ type: "AbandonChange", id, change: open.id }, abandoning, undefined);
  }
}

/** A large change of the group is not completed yet: whoever is next waits for it. */
class OpenChangeInTheWay extends Error {
  readonly open: OpenChange;
  constructor(open: OpenChange) {
    super("a large change of the group is open");
    this.open = open;
  }
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
