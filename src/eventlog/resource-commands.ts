// Commands on users and groups, from the request to the moment its effect is visible.
import { applyChanges } from "../domain/attributes.ts";
import type { DomainEvent } from "../domain/event.ts";
import type { GroupEvent, UserEvent } from "../domain/events.ts";
import {
  absentGroup,
  decide as decideGroup,
  evolve as evolveGroup,
  type GroupCommand,
  type GroupState,
  needsOf,
  type OpenChange,
} from "../domain/group.ts";
import { newlyBorne } from "../domain/unique-values.ts";
import {
  absentUser,
  decide as decideUser,
  evolve as evolveUser,
  type UserCommand,
  type UserState,
} from "../domain/user.ts";
import { ScimError, uniqueness } from "../scim/errors.ts";
import type { JsonObject } from "../scim/json.ts";
import { userType } from "../scim/schema/resource-types.ts";
import { weightOf } from "../scim/work.ts";
import type { DataKey, KeyVault } from "../vault/key-vault.ts";
import type { Aggregate, Snapshots } from "./aggregate.ts";
import { ClaimProtocol } from "./claim-protocol.ts";
import type { CommandLoop, Decision, Target } from "./command-loop.ts";
import { derivedId } from "./event-id.ts";
import type { CommandContext, CommandOptions, Provisioning, Written } from "./provisioning.ts";
import { formatStreamName } from "./stream-name.ts";
import type { Visibility } from "./visibility.ts";

/** A resource with more text than this is loaded again for its next command: thousands of them would fill the memory. */
const HEAVY_ATTRIBUTES = 50_000;

const hasHeavyAttributes = (state: UserState | GroupState | undefined): boolean =>
  state !== undefined && weightOf(state.attributes) > HEAVY_ATTRIBUTES;

export const userAggregate: Aggregate<UserState, UserEvent> = {
  initial: absentUser,
  evolve: evolveUser,
  isHeavy: hasHeavyAttributes,
};

/** A group whose known members take more than about two megabytes is loaded again for its next command. */
const HEAVY_MEMBERS = 20_000;

export const groupAggregate: Aggregate<GroupState, GroupEvent> = {
  initial: absentGroup,
  evolve: evolveGroup,
  isHeavy: (group) => (group?.members.weight ?? 0) > HEAVY_MEMBERS || hasHeavyAttributes(group),
};

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
      ownerTarget: (tenant, id) => this.#userTarget(tenant, id),
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
    return { aggregate: userAggregate, stream, snapshot: () => this.#options.users.load(tenant, id) };
  }

  #groupTarget(tenant: string, id: string): Target<GroupState, GroupEvent> {
    const stream = formatStreamName(this.#options.namespace, { category: "group", tenant, id });
    return { aggregate: groupAggregate, stream, snapshot: () => this.#options.groups.load(tenant, id) };
  }

  async #decideUser(
    command: UserCommand,
    user: UserState,
    context: CommandContext,
    attempt: number,
  ): Promise<Decision<UserState, UserEvent>> {
    const claimId = (path: string) => derivedId(context.commandId, `claim:${path}`);
    const events = decideUser(command, user, claimId);
    if (events.length === 0) return { events };
    const sealed = await this.#keyFor(events, context.tenant, user);
    const after = attributesAfter(user, events);
    const claim = newlyBorne(userType, user.attributes, after).map((value) => ({
      ...value,
      claimId: claimId(value.path),
    }));
    const release = newlyBorne(userType, after, user.attributes).flatMap((value) => {
      const held = user.claims[value.path];
      return held === undefined ? [] : [{ ...value, claimId: held }];
    });
    if (claim.length === 0 && release.length === 0) return { events, ...sealed };
    const fenced = claim.find((value) => user.revoked.includes(value.claimId));
    if (fenced !== undefined) throw uniqueness(`${fenced.path}: another resource of the tenant bears this value`);
    const wanted = { owner: command.id, ...sealed, claim, release };
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
    });
    return { events, state, ...(await this.#keyFor(events, tenant, group)) };
  }

  /** A resource's own key, named by all its events: a new one at its creation. An erased resource has none any more. */
  async #keyFor(
    events: readonly DomainEvent[],
    tenant: string,
    state: UserState | GroupState,
  ): Promise<{ readonly key?: DataKey }> {
    if (events.length === 0) return {};
    if (state.key === undefined) return { key: await this.#options.vault.assign(tenant) };
    const secret = this.#options.vault.open(tenant, state.key);
    if (secret !== undefined) return { key: { id: state.key, secret } };
    if (!events.some(({ personal }) => personal !== undefined)) return {};
    throw new ScimError(403, undefined, "the resource's values were erased: nothing can be written into it any more");
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

/** The attributes that bear unique values once the events have happened; none after a deletion. */
function attributesAfter(user: UserState, events: readonly UserEvent[]): JsonObject {
  let attributes = user.attributes;
  for (const event of events) {
    if (event.type === "UserDeleted") return {};
    if (event.personal === undefined || event.personal === "erased") continue;
    if (event.type === "UserCreated") attributes = event.personal.attributes;
    if (event.type === "UserAttributesChanged" && event.data.claims !== undefined) {
      attributes = applyChanges(userType, user, event.personal.changes).attributes;
    }
  }
  return attributes;
}
