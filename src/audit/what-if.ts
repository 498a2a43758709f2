// The world without some events: who would hold what, if they had never been. Folded in memory; nothing is written.
import type { DomainEvent } from "../domain/event.ts";
import type { GrantedValue, GroupEvent, UserEvent } from "../domain/events.ts";
import type { Position } from "../eventlog/event-log.ts";
import { START } from "../eventlog/event-log.ts";
import { type Happened, happenedIn, withoutPersonal } from "./happened.ts";
import type { Sources } from "./sources.ts";

/** A direct hold: an enabled account, a membership, a role or an entitlement. */
export interface Held {
  readonly kind: "account" | "group" | "role" | "entitlement";
  readonly subject: string;
  readonly target: string;
}

export interface Delta {
  /** Held as it is, and not without the events. */
  readonly gained: readonly Held[];
  /** Not held as it is, and held without them. */
  readonly lost: readonly Held[];
  readonly skipped: number;
}

/** Compares the world up to a position with the one in which some events never were. */
export async function whatIf(
  sources: Sources,
  tenant: string,
  until: Position,
  skips: (one: Happened) => boolean,
  progress: (position: Position) => void = () => {},
): Promise<Delta> {
  const [real, other] = [new Holds(), new Holds()];
  let skipped = 0;
  const isOfResource = ({ resourceType }: { readonly resourceType: string }) => resourceType !== "Tenant";
  for await (const one of happenedIn(withoutPersonal(sources), tenant, { after: START, until }, isOfResource)) {
    const { resourceId, position } = one.activity;
    const isSkipped = skips(one);
    if (isSkipped) skipped += 1;
    for (const event of one.effects) {
      real.apply(resourceId, event);
      if (!isSkipped) other.apply(resourceId, event);
    }
    progress(position);
  }
  const [is, would] = [real.all(), other.all()];
  return { gained: without(is, would), lost: without(would, is), skipped };
}

const without = (a: ReadonlyMap<string, Held>, b: ReadonlyMap<string, Held>): readonly Held[] =>
  [...a].flatMap(([name, one]) => (b.has(name) ? [] : [one]));

/** Who holds what, event by event. What never was created takes part in nothing. */
class Holds {
  readonly #live = new Set<string>();
  readonly #enabled = new Set<string>();
  readonly #members = new Map<string, Set<string>>();
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
      case "GroupMembersAdded": {
        const members = this.#members.get(id) ?? new Set();
        for (const member of known.data.members) members.add(member);
        this.#members.set(id, members);
        return;
      }
      case "GroupMembersRemoved":
        for (const member of known.data.members) this.#members.get(id)?.delete(member);
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

  /** By a name of each. */
  all(): ReadonlyMap<string, Held> {
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
}
