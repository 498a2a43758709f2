// A history in which something happened that every question asks for, one person of it erased.

import { formatInstant } from "../../../src/audit/answers/instant.ts";
import type { Question } from "../../../src/audit/answers/question.ts";
import { DateAsserted } from "../../../src/domain/assertion-events.ts";
import { GroupMarkedPrivileged } from "../../../src/domain/mark-events.ts";
import { AttemptRejected, InspectionBegun, InspectionEnded } from "../../../src/domain/record-events.ts";
import { World } from "../world.ts";

export interface Eventful {
  readonly world: World;
  readonly ada: string;
  readonly eve: string;
  readonly group: string;
  readonly other: string;
  /** Parameters that look at the middle of it. */
  readonly past: Readonly<Record<string, string>>;
}

export function eventful(): Eventful {
  const world = new World();
  const ada = world.user({ userName: "ada@example.com", displayName: "Ada", title: "Countess" });
  const grace = world.user({
    userName: "grace@example.com",
    displayName: "Grace",
    roles: [{ value: "auditor" }],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { manager: { value: ada } },
  });
  const eve = world.user({ userName: "eve@example.com", displayName: "Eve" });
  const other = world.group("Readers", eve);
  const group = world.group("Treasury", ada, other);
  world.ofTenant(GroupMarkedPrivileged({ group }));
  world.record("assertion", DateAsserted({ user: grace, kind: "leaves", at: world.now, source: "workday" }));
  world.set(grace, "active", false);
  world.add(group, grace);
  const from = formatInstant(world.now - 4_000_000);
  const asOf = formatInstant(world.now);
  world.rename(group, "Treasury, old");
  world.record(
    "attempt",
    AttemptRejected(
      { status: 403, method: "DELETE", resourceType: "User" },
      { detail: "the credential may not delete users" },
    ),
  );
  world.record(
    "inspection",
    InspectionBegun({ inspection: "i1", question: "members-at" }, { parameters: { id: group } }),
  );
  world.record("inspection", InspectionEnded({ inspection: "i1", rows: 3, bytes: 9, outcome: "complete" }));
  world.actor = { ...world.actor, credential: "cred-2" };
  world.remove(group, ada);
  world.set(ada, "title", "Baroness");
  world.delete(grace);
  world.erase(eve, "case 17");
  world.completeErasure(eve, {
    erased: { events: 1, claims: 1 },
    remains: { events: 2, accessIntervals: 2, recordMonths: [] },
  });
  world.add(group, ada);
  // Asked later than the last event, as it is asked of a head that is over the question itself.
  return { world, ada, eve, group, other, past: { asOf, from, to: asOf } };
}

/** The parameters that a question needs, and of these others those that it knows. */
export function parametersFor(
  { route, parameters }: Question,
  { ada, group, other, past }: Eventful,
  others: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { shape } = parameters as unknown as {
    shape: Record<string, { safeParse(value: unknown): { success: boolean } }>;
  };
  const samples: Record<string, string> = {
    id: route.startsWith("/groups") ? group : route.startsWith("/actors") ? "cred-1" : ada,
    member: ada,
    type: "users",
    group,
    with: other,
    actor: "cred-1",
    from: past["from"]!,
    ...("asOf" in shape && "asOf" in others ? { asOf: others["asOf"]! } : {}),
  };
  const needed = Object.keys(shape).filter((name) => !shape[name]!.safeParse(undefined).success);
  const named = new Set([...needed, ...(route === "/blast-radius" ? ["actor"] : [])]);
  const given = Object.fromEntries([...named].map((name) => [name, samples[name]!]));
  const more = Object.entries(others).filter(([name]) => name in shape && !("asOf" in shape && name !== "asOf"));
  return { ...given, ...Object.fromEntries(more) };
}
