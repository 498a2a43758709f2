// An erased person reads the same, whether the history was folded before their key was destroyed or after.
import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { UserErased, type UserEvent } from "../../src/domain/events.ts";
import { absentUser, decide, evolve, type UserCommand, type UserState } from "../../src/domain/user.ts";
import type { JsonObject } from "../../src/scim/json.ts";

const id = "0190a000-0000-7000-8000-000000000001";
const claimId = (path: string) => `claim-of-${path}`;

const few = fc.constantFrom("a", "b", "c", "d");
const element = fc.oneof(
  { weight: 4, arbitrary: fc.record({ value: few, type: few }, { requiredKeys: ["value"], noNullPrototype: true }) },
  { weight: 1, arbitrary: fc.record({ type: few, display: few }, { requiredKeys: ["type"], noNullPrototype: true }) },
);
const elements = fc.uniqueArray(element, { selector: (one) => JSON.stringify(one), minLength: 1, maxLength: 4 });
const attributes = fc.record(
  { userName: few, active: fc.boolean(), title: few, roles: elements, entitlements: elements, emails: elements },
  { requiredKeys: ["userName"], noNullPrototype: true },
) as fc.Arbitrary<JsonObject>;

const after = (events: readonly UserEvent[]): UserState =>
  events.reduce((user, event, revision) => evolve(user, { event, revision, at: revision, key: "k1" }), absentUser);

it("an erased person reads the same, whether the history was folded before their key was destroyed or after", () =>
  fc.assert(
    fc.property(fc.array(attributes, { minLength: 1, maxLength: 5 }), (states) => {
      const events: UserEvent[] = [];
      for (const [index, next] of states.entries()) {
        const command: UserCommand =
          index === 0
            ? { type: "CreateUser", id, attributes: next, password: false }
            : { type: "ReplaceUser", id, attributes: next };
        events.push(...decide(command, after(events), claimId));
      }
      const erased = UserErased({ keys: ["k1"] });
      const keyless = events.map((event) => ("personal" in event ? { ...event, personal: "erased" as const } : event));
      expect(after([...keyless, erased])).toEqual(after([...events, erased]));
    }),
    { numRuns: 1_000 },
  ));
