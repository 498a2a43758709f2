// Where a resource's commands go: its stream, how its events fold, and where its state begins.
import type { GroupEvent, ResourceEvent, UserEvent } from "../domain/events.ts";
import type { GroupState } from "../domain/group.ts";
import type { CustomState } from "../domain/resource.ts";
import type { ClaimingState } from "../domain/resource-state.ts";
import type { UserState } from "../domain/user.ts";
import { notFound } from "../scim/errors.ts";
import { quote } from "../scim/quote.ts";
import type { ResourceType } from "../scim/schema/characteristics.ts";
import type { TypesOfTenants } from "../scim/schema/type-set.ts";
import type { Snapshots } from "./aggregate.ts";
import { readOwner } from "./bearing.ts";
import type { Target } from "./decision.ts";
import { customAggregate, groupAggregate, userAggregate } from "./resource-aggregates.ts";
import { formatStreamName } from "./stream-name.ts";

export interface ResourceTargetsOptions {
  readonly namespace: string;
  readonly types: TypesOfTenants;
  readonly users: Snapshots<UserState>;
  readonly groups: Snapshots<GroupState>;
  /** Of a resource of a type that the tenant defined. */
  readonly loadCustom: (tenant: string, type: string, id: string) => Promise<CustomState | undefined>;
}

export class ResourceTargets {
  readonly #options: ResourceTargetsOptions;

  constructor(options: ResourceTargetsOptions) {
    this.#options = options;
  }

  /** 404 for a type that the tenant has not, or not any more. */
  typeOf(tenant: string, name: string): ResourceType {
    const type = this.#options.types.typesOf(tenant).byName(name);
    if (type === undefined) throw notFound(`There is no resource type ${quote(name)}.`);
    return type;
  }

  user(tenant: string, id: string): Target<UserState, UserEvent> {
    const stream = formatStreamName(this.#options.namespace, { category: "user", tenant, id });
    const { user } = this.#options.types.typesOf(tenant);
    return { aggregate: userAggregate(user), stream, snapshot: () => this.#options.users.load(tenant, id) };
  }

  group(tenant: string, id: string): Target<GroupState, GroupEvent> {
    const stream = formatStreamName(this.#options.namespace, { category: "group", tenant, id });
    const { group } = this.#options.types.typesOf(tenant);
    return { aggregate: groupAggregate(group), stream, snapshot: () => this.#options.groups.load(tenant, id) };
  }

  custom(tenant: string, type: ResourceType, id: string): Target<CustomState, ResourceEvent> {
    const { name } = type;
    const stream = formatStreamName(this.#options.namespace, { category: "resource", tenant, type: name, id });
    const snapshot = () => this.#options.loadCustom(tenant, name, id);
    return { aggregate: customAggregate(type), stream, snapshot };
  }

  /** The resource that a claim names as its owner. */
  owner(tenant: string, owner: string): Target<ClaimingState, UserEvent | ResourceEvent> {
    const { type: typeName, id } = readOwner(owner);
    const type = typeName === undefined ? undefined : this.#options.types.typesOf(tenant).ever(typeName);
    const target = type === undefined ? this.user(tenant, id) : this.custom(tenant, type, id);
    return target as Target<ClaimingState, UserEvent | ResourceEvent>;
  }
}
