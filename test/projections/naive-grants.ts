// Access intervals found the slow way: by looking at every place who held what.
import type { Position } from "../../src/eventlog/event-log.ts";
import type { EndCause, Grant } from "../../src/readstore/read-store.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import type { History, Known, World } from "./history.ts";

type Held = Pick<Grant, "kind" | "subject" | "target"> & { readonly element: string };

/** Everything held in a world; `lives` says whether the dead hold nothing and dead groups are not held. */
function heldIn(world: World, lives: boolean): Map<string, Held> {
  const held = new Map<string, Held>();
  const add = (one: Held) => held.set(JSON.stringify(one), one);
  const exists = (known: Known | undefined) => known !== undefined && (!lives || known.state.status === "live");
  for (const [id, known] of world) {
    if (known.state.status === "absent" || !exists(known)) continue;
    if (known.kind === "Group") {
      for (const subject of known.state.members.ids())
        if (exists(world.get(subject))) add({ kind: "group", subject, target: id, element: "" });
      continue;
    }
    const { attributes, elements } = known.state;
    if (attributes["active"] !== false) add({ kind: "account", subject: id, target: id, element: "" });
    for (const [path, kind] of [
      ["roles", "role"],
      ["entitlements", "entitlement"],
    ] as const)
      for (const [index, value] of ((attributes[path] ?? []) as JsonObject[]).entries())
        if (typeof value["value"] === "string")
          add({ kind, subject: id, target: value["value"], element: elements[path]![index]! });
  }
  return held;
}

const OWN_CAUSE = { account: "userDeactivated", group: "removed", role: "revoked", entitlement: "revoked" } as const;

function causeOf(history: History, { kind, subject, target }: Held, place: number): EndCause {
  const before = history.worlds[place - 1]!;
  const after = history.worlds[place]!;
  const died = (id: string) => before.get(id)?.state.status === "live" && after.get(id)?.state.status === "deleted";
  if (died(subject)) return before.get(subject)!.kind === "Group" ? "groupDeleted" : "userDeleted";
  if (kind === "group" && died(target)) return "groupDeleted";
  const { data } = JSON.parse(history.events[place - 1]!.envelope) as { data: { cause?: EndCause } };
  return (kind === "group" ? data.cause : undefined) ?? OWN_CAUSE[kind];
}

/** Every interval of a history. */
export function grantsIn(history: History, { lives = true }: { lives?: boolean } = {}): Grant[] {
  const grants: Grant[] = [];
  const open = new Map<string, { held: Held; from: Position }>();
  for (const [place, world] of history.worlds.entries()) {
    const held = heldIn(world, lives);
    for (const [text, { held: one, from }] of [...open]) {
      if (held.has(text)) continue;
      open.delete(text);
      const { kind, subject, target } = one;
      grants.push({ kind, subject, target, from, to: history.at(place), cause: causeOf(history, one, place) });
    }
    for (const [text, one] of held) if (!open.has(text)) open.set(text, { held: one, from: history.at(place) });
  }
  for (const { held, from } of open.values()) {
    const { kind, subject, target } = held;
    grants.push({ kind, subject, target, from, to: null, cause: null });
  }
  return grants;
}
