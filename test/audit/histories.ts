// Random histories of few users and groups, so that nesting, cycles, re-adds and deaths meet often.
import fc from "fast-check";
import { BEGINNING, World } from "./world.ts";

const USERS = 3;
const GROUPS = 4;

const who = fc.nat(USERS - 1).map((index) => ({ kind: "user" as const, index }));
const which = fc.nat(GROUPS - 1).map((index) => ({ kind: "group" as const, index }));
const anyone = fc.oneof(who, which);

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant("add" as const), group: which, member: anyone }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("remove" as const), group: which, member: anyone }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("swap" as const), group: which, member: anyone }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("addInParts" as const),
      group: which,
      member: anyone,
      completed: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("toggle" as const), member: who }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("delete" as const), member: anyone, ending: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("skew" as const), seconds: fc.integer({ min: -4, max: 2 }) }) },
);

export interface History {
  readonly world: World;
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** A world, and who lived in it; what cannot happen is passed over. */
export const history: fc.Arbitrary<History> = fc
  .array(step, { minLength: 1, maxLength: 30, size: "max" })
  .map((steps) => {
    const world = new World();
    const users = Array.from({ length: USERS }, (_, index) => world.user(`user ${index}`));
    const groups = Array.from({ length: GROUPS }, (_, index) => world.group(`group ${index}`));
    const idOf = ({ kind, index }: { kind: "user" | "group"; index: number }) =>
      (kind === "user" ? users : groups)[index]!;
    for (const one of steps) {
      if (one.does === "skew") {
        world.now = Math.max(BEGINNING, world.now + one.seconds * 1_000_000);
        continue;
      }
      const member = idOf(one.member);
      if (!world.isLive(member)) continue;
      if (one.does === "delete") world.delete(member, one.ending);
      else if (one.does === "toggle") world.set(member, "active", world.isEnabled(member) ? false : undefined);
      else applyTo(world, idOf(one.group), member, one);
    }
    return { world, users, groups };
  });

function applyTo(
  world: World,
  group: string,
  member: string,
  one: { does: "add" | "remove" | "swap" } | { does: "addInParts"; completed: boolean },
): void {
  if (!world.isLive(group) || group === member) return;
  const has = world.has(group, member);
  if (one.does === "add" && !has) world.add(group, member);
  if (one.does === "remove" && has) world.remove(group, member);
  if (one.does === "swap" && has) world.removeAndAdd(group, member);
  if (one.does === "addInParts" && !has) world.addInParts(group, [member], one.completed);
}
