// Commands on resources, from the request to the moment its effect is visible.
import type { GroupEvent, ResourceEvent, UserEvent } from "../domain/events.ts";
import {
  decide as decideGroup,
  type GroupCommand,
  type GroupState,
  needsOf,
  type OpenChange,
} from "../domain/group.ts";
import { type CustomState, decide as decideCustom, type ResourceCommand } from "../domain/resource.ts";
import type { ClaimingState } from "../domain/resource-state.ts";
import { decide as decideUser, type UserCommand, type UserState } from "../domain/user.ts";
import { notFound, ScimError, uniqueness } from "../scim/errors.ts";
import type { JsonObject } from "../scim/json.ts";
import { quote } from "../scim/quote.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import type { TypesOfTenants } from "../scim/schema/type-set.ts";
import type { KeyVault } from "../vault/key-vault.ts";
import type { Snapshots } from "./aggregate.ts";
import { type Bearing, claimIdsOf, ownerName, readOwner, valuesMoved } from "./bearing.ts";
import { ClaimProtocol } from "./claim-protocol.ts";
import type { CommandLoop, Decision, Target } from "./command-loop.ts";
import { derivedId } from "./event-id.ts";
import type { CommandContext, CommandOptions, Provisioning, Written } from "./provisioning.ts";
import { customAggregate, groupAggregate, userAggregate } from "./resource-aggregates.ts";
import { keyFor } from "./resource-key.ts";
import type { SharedLock } from "./shared-lock.ts";
import { formatStreamName } from "./stream-name.ts";
import type { Visibility } from "./visibility.ts";

/** What is looked up about members beside the group's own stream. */
export interface Memberships {
  /** Which of these ids are members of the group. */
  among(tenant: string, group: string, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** All members, each as a filter in a path sees it: `value`, `type`, `display`. */
  all(tenant: string, group: string): Promise<readonly JsonObject[]>;
  /** Which of these ids are live users or groups of the tenant. */
  live(tenant: string, ids: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface ResourceCommandsOptions {
  readonly loop: CommandLoop;
  readonly vault: KeyVault;
  readonly namespace: string;
  readonly visibility: Visibility;
  readonly users: Snapshots<UserState>;
  readonly groups: Snapshots<GroupState>;
  /** Of a resource of a type that the tenant defined. */
  readonly loadCustom: (tenant: string, type: string, id: string) => Promise<CustomState | undefined>;
  readonly types: TypesOfTenants;
  /** Shared, by tenant, while a resource of a tenant's own type is created. */
  readonly definitionLock: SharedLock;
  readonly memberships: Memberships;
  /** Whether claims use the log's `appendAtomically` where it has one. Default: yes. */
  readonly atomicClaims?: boolean;
}

/** Tries for a change that spans several appends (DESIGN §5); others are retried by the loop alone. */
const LARGE_CHANGE_TRIES = 3;
/** How long others wait for an open change, and how often they look, in milliseconds. */
const OPEN_CHANGE_MS = 10_000;
const LOOK_AGAIN_MS = 200;

export class ResourceCommands implements Provisioning {
  readonly #options: ResourceCommandsOptions;
  readonly claims: ClaimProtocol;

  constructor(options: ResourceCommandsOptions) {
    this.#options = options;
    this.claims = new ClaimProtocol({
      loop: options.loop,
      vault: options.vault,
      namespace: options.namespace,
      ownerTarget: (tenant, owner) => this.#ownerTarget(tenant, owner),
      atomic: options.atomicClaims ?? true,
    });
  }

  async user(command: UserCommand, context: CommandContext, options?: CommandOptions): Promise<Written<UserState>> {
    this.#options.visibility.admit();
    const target = this.#userTarget(context.tenant, command.id);
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
        return await this.#visible(await this.#executeOnGroup(command, context, options));
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
    return command.type === "CreateResource" ? this.#options.definitionLock.share(context.tenant, execute) : execute();
  }

  async #executeOnCustom(
    typeName: string,
    command: ResourceCommand,
    context: CommandContext,
    options: CommandOptions | undefined,
  ): Promise<Written<CustomState>> {
    const { tenant } = context;
    const target = this.#customTarget(tenant, this.#typeOf(tenant, typeName), command.id);
    const fresh = command.type === "CreateResource";
    const written = await this.#options.loop.execute(
      { ...target, fresh },
      context,
      (resource, attempt) => {
        const type = this.#typeOf(tenant, typeName);
        const events = decideCustom(command, resource, claimIdsOf(context), type);
        return this.#reserving({ type, owner: ownerName(type, command.id), state: resource, events }, context, attempt);
      },
      options,
    );
    return this.#visible(written);
  }

  /** 404 for a type that the tenant has not, or not any more. */
  #typeOf(tenant: string, name: string): ResourceType {
    const type = this.#options.types.typesOf(tenant).byName(name);
    if (type === undefined) throw notFound(`There is no resource type ${quote(name)}.`);
    return type;
  }

  async #executeOnGroup(
    command: GroupCommand,
    context: CommandContext,
    options: CommandOptions | undefined,
  ): Promise<Written<GroupState>> {
    const target = { ...this.#groupTarget(context.tenant, command.id), fresh: command.type === "CreateGroup" };
    let tries = 0;
    const decide = async (group: GroupState) => {
      if (group.open !== undefined && command.type !== "AbandonChange") throw new OpenChangeInTheWay(group.open);
      const decision = await this.#decideGroup(command, group, context);
      if (decision.events[0]?.type === "GroupChangeBegun" && ++tries > LARGE_CHANGE_TRIES) {
        throw new ScimError(409, undefined, "the group kept changing while a very large change was written; try again");
      }
      return decision;
    };
    return this.#options.loop.execute(target, context, decide, options);
  }

  async #visible<State>(written: Written<State>): Promise<Written<State>> {
    if (written.position !== undefined) await this.#options.visibility.reached(written.position);
    return written;
  }

  #userTarget(tenant: string, id: string): Target<UserState, UserEvent> {
    const stream = formatStreamName(this.#options.namespace, { category: "user", tenant, id });
    const { user } = this.#options.types.typesOf(tenant);
    return { aggregate: userAggregate(user), stream, snapshot: () => this.#options.users.load(tenant, id) };
  }

  #groupTarget(tenant: string, id: string): Target<GroupState, GroupEvent> {
    const stream = formatStreamName(this.#options.namespace, { category: "group", tenant, id });
    const { group } = this.#options.types.typesOf(tenant);
    return { aggregate: groupAggregate(group), stream, snapshot: () => this.#options.groups.load(tenant, id) };
  }

  #customTarget(tenant: string, type: ResourceType, id: string): Target<CustomState, ResourceEvent> {
    const { name } = type;
    const stream = formatStreamName(this.#options.namespace, { category: "resource", tenant, type: name, id });
    const snapshot = () => this.#options.loadCustom(tenant, name, id);
    return { aggregate: customAggregate(type), stream, snapshot };
  }

  #ownerTarget(tenant: string, owner: string): Target<ClaimingState, UserEvent | ResourceEvent> {
    const { type: typeName, id } = readOwner(owner);
    const type = typeName === undefined ? undefined : this.#options.types.typesOf(tenant).ever(typeName);
    const target = type === undefined ? this.#userTarget(tenant, id) : this.#customTarget(tenant, type, id);
    return target as Target<ClaimingState, UserEvent | ResourceEvent>;
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

  async #decideGroup(
    command: GroupCommand,
    group: GroupState,
    context: CommandContext,
  ): Promise<Decision<GroupState, GroupEvent>> {
    const { memberships } = this.#options;
    const { tenant } = context;
    const needs = needsOf(command);
    let described: ReadonlyMap<string, JsonObject> = new Map();
    let members = group.members;
    if (group.status === "live" && (needs.described || (needs.known === "all" && !members.complete))) {
      described = new Map(
        (await memberships.all(tenant, command.id)).map((member) => [String(member["value"]), member]),
      );
      members = members.complete ? members : members.completedWith(described.keys());
    } else if (needs.known !== "all") {
      const unknown = needs.known.filter((id) => members.knows(id) === undefined);
      if (unknown.length > 0) members = members.learn(unknown, await memberships.among(tenant, command.id, unknown));
    }
    const candidates = needs.candidates.filter((id) => needs.evenMembers === true || members.knows(id) !== true);
    const live = candidates.length === 0 ? NOBODY : await memberships.live(tenant, candidates);
    const state = members === group.members ? group : { ...group, members };
    const events = decideGroup(command, state, {
      changeId: derivedId(context.commandId, "change"),
      isLive: (id) => live.has(id),
      describe: (id) => described.get(id) ?? { value: id },
      type: this.#options.types.typesOf(tenant).group,
    });
    return { events, state, ...(await keyFor(this.#options.vault, tenant, group, events)) };
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

const NOBODY: ReadonlySet<string> = new Set();
