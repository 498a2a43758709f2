// Random histories of few users and groups, so that nesting, cycles, re-adds and deaths meet often.
import fc from "fast-check";
import { ApprovalAsserted, DateAsserted } from "../../src/domain/assertion-events.ts";
import {
  GroupMarkedPrivileged,
  GroupsMarkedExclusive,
  GroupsUnmarkedExclusive,
  GroupUnmarkedPrivileged,
} from "../../src/domain/mark-events.ts";
import { CredentialIssued, CredentialRevoked } from "../../src/domain/tenant-events.ts";
import type { Position } from "../../src/eventlog/event-log.ts";
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

/** What somebody asserted, in the order in which it was handed in. */
export interface Assertion {
  readonly position: Position;
  readonly user: string;
  readonly kind: "joins" | "leaves";
  readonly at: number | null;
}

export interface FullHistory extends History {
  readonly assertions: readonly Assertion[];
}

const more = fc.oneof(
  { weight: 6, arbitrary: step },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("rename" as const), group: which, name: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("retitle" as const), member: who, title: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("recreate" as const), member: anyone }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("privilege" as const), group: which, marks: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("exclude" as const), group: which, other: which, marks: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("assert" as const),
      member: who,
      kind: fc.constantFrom("joins" as const, "leaves" as const),
      hours: fc.option(fc.integer({ min: -2, max: 2 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("actAs" as const), actor: fc.constantFrom("cred-1", "cred-2") }),
  },
);

const ticket = fc.constantFrom("ticket-1", "ticket-2");
/** Approvals that requests name and somebody dates, external ids, and clients that are known. */
const surroundings = fc.oneof(
  fc.record({ does: fc.constant("name" as const), ticket: fc.option(ticket, { nil: undefined }) }),
  fc.record({
    does: fc.constant("approve" as const),
    ticket,
    hours: fc.option(fc.integer({ min: -1, max: 1 })),
  }),
  fc.record({ does: fc.constant("identify" as const), member: who, has: fc.boolean() }),
  fc.record({
    does: fc.constant("client" as const),
    credential: fc.constantFrom("cred-1", "cred-2"),
    lives: fc.boolean(),
  }),
);

const HALF_MINUTE = 30_000_000;

/** Also renames, titles, others under the name of the dead, marks, asserted dates, approvals, and two credentials. */
export const fullHistory: fc.Arbitrary<FullHistory> = fc
  .array(fc.oneof({ weight: 5, arbitrary: more }, { weight: 1, arbitrary: surroundings }), {
    minLength: 1,
    maxLength: 40,
    size: "max",
  })
  .map((steps) => {
    const world = new World();
    const users = Array.from({ length: USERS }, (_, index) => world.user(`user ${index}`));
    const groups = Array.from({ length: GROUPS }, (_, index) => world.group(`group ${index}`));
    const everyone = { user: [...users], group: [...groups] };
    const assertions: Assertion[] = [];
    /** The last one who bore the name. */
    const idOf = ({ kind, index }: { kind: "user" | "group"; index: number }) =>
      (kind === "user" ? users : groups)[index]!;
    for (const one of steps) {
      switch (one.does) {
        case "skew":
          world.now = Math.max(BEGINNING, world.now + one.seconds * 1_000_000);
          break;
        case "actAs":
          world.actor = { ...world.actor, credential: one.actor };
          break;
        case "name":
          world.approval = one.ticket;
          break;
        case "approve": {
          const at = one.hours === null ? null : world.now + one.hours * HALF_MINUTE;
          world.record("assertion", ApprovalAsserted({ approval: one.ticket, at, source: "tickets" }));
          break;
        }
        case "identify":
          if (world.isLive(idOf(one.member)))
            world.set(idOf(one.member), "externalId", one.has ? "known elsewhere" : undefined);
          break;
        case "client":
          tellClient(world, one.credential, one.lives);
          break;
        case "rename":
          if (world.isLive(idOf(one.group))) world.rename(idOf(one.group), `name ${one.name}`);
          break;
        case "retitle":
          if (world.isLive(idOf(one.member)))
            world.set(idOf(one.member), "title", one.title === 0 ? undefined : `title ${one.title}`);
          break;
        case "recreate": {
          const { kind, index } = one.member;
          if (world.isLive(idOf(one.member))) break;
          const id = kind === "user" ? world.user(`user ${index}`) : world.group(`group ${index}`);
          (kind === "user" ? users : groups)[index] = id;
          everyone[kind].push(id);
          break;
        }
        case "privilege":
          world.ofTenant((one.marks ? GroupMarkedPrivileged : GroupUnmarkedPrivileged)({ group: idOf(one.group) }));
          break;
        case "exclude": {
          const [a, b] = [idOf(one.group), idOf(one.other)].sort() as [string, string];
          if (a !== b)
            world.ofTenant((one.marks ? GroupsMarkedExclusive : GroupsUnmarkedExclusive)({ groups: [a, b] }));
          break;
        }
        case "assert": {
          const at = one.hours === null ? null : world.now + one.hours * HALF_MINUTE;
          const said = { user: idOf(one.member), kind: one.kind, at };
          const position = world.record("assertion", DateAsserted({ ...said, source: "workday" }));
          assertions.push({ position, ...said });
          break;
        }
        case "delete":
          if (world.isLive(idOf(one.member))) world.delete(idOf(one.member), one.ending);
          break;
        case "toggle": {
          const id = idOf(one.member);
          if (world.isLive(id)) world.set(id, "active", world.isEnabled(id) ? false : undefined);
          break;
        }
        default:
          if (world.isLive(idOf(one.member))) applyTo(world, idOf(one.group), idOf(one.member), one);
      }
    }
    return { world, users: everyone.user, groups: everyone.group, assertions };
  });

/** Dates everybody at the end of a history: few do so by chance. */
export const dateAll = (
  world: World,
  users: readonly string[],
  kind: Assertion["kind"],
  at: number,
): readonly Assertion[] =>
  users.map((user) => {
    const position = world.record("assertion", DateAsserted({ user, kind, at, source: "workday" }));
    return { position, user, kind, at };
  });

/** A credential is issued once, and revoked once. */
function tellClient(world: World, credential: string, lives: boolean): void {
  const told = world.entries.filter(
    ({ fact }) => (fact.event.data as { credential?: string }).credential === credential,
  ).length;
  const rest = { name: credential, kind: "provisioning" as const, scopes: [], profile: "lenient", hash: "00" };
  if (told === 0 && lives) world.ofTenant(CredentialIssued({ credential, secret: `${credential}-0`, ...rest }));
  if (told === 1 && !lives) world.ofTenant(CredentialRevoked({ credential }));
}
