// Who holds what, event by event, in memory: directly, and through groups in groups.
import type { DomainEvent } from "../../domain/event.ts";
import type { GrantedValue, GroupEvent, UserEvent } from "../../domain/events.ts";

/** An enabled account, a membership, a role or an entitlement. */
export interface Held {
  readonly kind: "account" | "group" | "role" | "entitlement";
  readonly subject: string;
  readonly target: string;
  /** Of a group that is reached through others: from the one that has the subject to the target, a shortest way. */
  readonly through?: readonly string[];
}

/** What never was created takes part in nothing. */
export class Holds {
  readonly #live = new Set<string>();
  readonly #enabled = new Set<string>();
  readonly #members = new Map<string, Set<string>>();
  /** Member → groups, in the same words. */
  readonly #groups = new Map<string, Set<string>>();
  /** User → element → what it grants. */
  readonly #granted = new Map<string, Map<string, GrantedValue>>();

  apply(id: string, event: DomainEvent): void {
    const known = event as UserEvent | GroupEvent;
    if (known.type === "UserCreated" || known.type === "GroupCreated") this.#live.add(id);
    else if (!this.#live.has(id)) return;
    switch (known.type) {
      case "UserCreated":
        if (known.data.active !== false) this.#enabled.add(id);
        this.#grant(id, known.data.granted);
        return;
      case "UserAttributesChanged":
        for (const { attribute, element } of known.data.revoked)
          this.#granted.get(id)?.delete(`${attribute} ${element}`);
        this.#grant(id, known.data.granted);
        return;
      case "UserDeactivated":
        this.#enabled.delete(id);
        return;
      case "UserReactivated":
        this.#enabled.add(id);
        return;
      case "GroupMembersAdded":
        for (const member of known.data.members) {
          setOf(this.#members, id).add(member);
          setOf(this.#groups, member).add(id);
        }
        return;
      case "GroupMembersRemoved":
        for (const member of known.data.members) {
          // It follows from a death, which may never have been in this world.
          if (known.data.cause !== undefined && this.#live.has(member)) continue;
          this.#members.get(id)?.delete(member);
          this.#groups.get(member)?.delete(id);
        }
        return;
      case "UserDeleted":
      case "GroupDeleted":
        this.#live.delete(id);
        return;
      default:
        return;
    }
  }

  #grant(id: string, values: readonly GrantedValue[]): void {
    const held = this.#granted.get(id) ?? new Map<string, GrantedValue>();
    for (const value of values) held.set(`${value.attribute} ${value.element}`, value);
    this.#granted.set(id, held);
  }

  /** What is held directly, by a name of each. */
  direct(): ReadonlyMap<string, Held> {
    const all = new Map<string, Held>();
    const add = (kind: Held["kind"], subject: string, target: string) => {
      if (this.#live.has(subject)) all.set(JSON.stringify([kind, subject, target]), { kind, subject, target });
    };
    for (const user of this.#enabled) add("account", user, user);
    for (const [group, members] of this.#members)
      if (this.#live.has(group)) for (const member of members) add("group", member, group);
    for (const [user, granted] of this.#granted)
      for (const { attribute, value } of granted.values())
        add(attribute === "roles" ? "role" : "entitlement", user, value);
    return all;
  }

  /** Everyone below these users and groups, themselves included. */
  below(ids: Iterable<string>): ReadonlySet<string> {
    const found = new Set(ids);
    for (const id of found) for (const member of this.#members.get(id) ?? []) found.add(member);
    return found;
  }

  /** The groups that a user or group is in, by whatever way, each with a shortest one to it. */
  reachOf(subject: string): ReadonlyMap<string, readonly string[]> {
    const ways = new Map<string, readonly string[]>();
    const queue: (readonly [string, readonly string[]])[] = this.#live.has(subject) ? [[subject, []]] : [];
    for (const [id, way] of queue)
      for (const group of this.#groups.get(id) ?? []) {
        if (group === subject || ways.has(group) || !this.#live.has(group)) continue;
        ways.set(group, [...way, group]);
        queue.push([group, [...way, group]]);
      }
    return ways;
  }
}

function setOf(sets: Map<string, Set<string>>, name: string): Set<string> {
  const known = sets.get(name) ?? new Set<string>();
  sets.set(name, known);
  return known;
}
