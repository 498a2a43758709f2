// Generated histories: what provisioning clients, crashes and erasures leave in a log.
import fc from "fast-check";
import type { JsonObject } from "../../src/scim/json.ts";
import { arbitraryGroup, arbitraryUser } from "../scim/arbitraries.ts";
import { ELSEWHERE, GAP, History } from "./history.ts";

export type Operation = (history: History) => void;

const number = fc.nat(1_000);
const numbers = fc.array(number, { maxLength: 4 });
const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(list.length, 1)];

/** What a client can set. A role or entitlement has a value. */
const writable = (resource: JsonObject): JsonObject => {
  const { id: _, meta: __, schemas: ___, groups: ____, members: _____, ...attributes } = resource;
  for (const path of ["roles", "entitlements"]) {
    const list = attributes[path] as JsonObject[] | undefined;
    if (list !== undefined) attributes[path] = list.map((element, index) => ({ value: `grant ${index}`, ...element }));
  }
  return attributes;
};

const userAttributes = fc.tuple(arbitraryUser, number).map(([user, index]) => ({ attributes: writable(user), index }));

/** Somebody of the history as manager, now and then. */
function withManager(history: History, { attributes, index }: { attributes: JsonObject; index: number }): JsonObject {
  const manager = index % 2 === 0 ? at(history.users, index) : undefined;
  if (manager === undefined) return attributes;
  const urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
  return { ...attributes, [urn]: { ...(attributes[urn] as JsonObject | undefined), manager: { value: manager } } };
}

const anyone = (history: History, indexes: readonly number[]): string[] => {
  const all = [...history.users, ...history.groups];
  return indexes.flatMap((index) => at(all, index) ?? []);
};
const onUser = (act: (history: History, id: string) => void) =>
  number.map(
    (index): Operation =>
      (history) => {
        const id = at(history.users, index);
        if (id !== undefined) act(history, id);
      },
  );
const onGroup = (act: (history: History, id: string, members: string[], index: number) => void) =>
  fc.tuple(number, numbers).map(
    ([index, members]): Operation =>
      (history) => {
        const id = at(history.groups, index);
        if (id !== undefined) act(history, id, anyone(history, members), index);
      },
  );

const creations = ["at once", "at once", "at once", "completed", "completed", "open"] as const;
const ends = ["completed", "completed", "abandoned", "voided", "open"] as const;

/** What may happen next in a history. */
export const arbitraryOperation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 5,
    arbitrary: userAttributes.map(
      (given): Operation =>
        (history) =>
          void history.createUser(withManager(history, given)),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(userAttributes, number).map(
      ([given, index]): Operation =>
        (history) => {
          const id = at(history.users, index);
          if (id !== undefined) history.replaceUser(id, withManager(history, given));
        },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.boolean(), number).map(
      ([active, index]): Operation =>
        (history) => {
          const id = at(history.users, index);
          if (id !== undefined) history.changeUser(id, { active });
        },
    ),
  },
  { weight: 1, arbitrary: onUser((history, id) => history.setPassword(id)) },
  { weight: 1, arbitrary: onUser((history, id) => history.deleteUser(id)) },
  { weight: 1, arbitrary: onUser((history, id) => history.erase(id)) },
  { weight: 1, arbitrary: fc.constant<Operation>((history) => history.claim()) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("attempt" as const, "inspection" as const, "assertion" as const), fc.boolean())
      .map(
        ([kind, elsewhere]): Operation =>
          (history) =>
            history.record(kind, elsewhere ? ELSEWHERE : history.tenant),
      ),
  },
  // With the id of one of ours, now and then.
  {
    weight: 1,
    arbitrary: number.map(
      (index): Operation =>
        (history) =>
          history.createElsewhere(at(history.users, index)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("okta", "entra").map(
      (actor): Operation =>
        (history) => {
          history.actor = actor;
        },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(arbitraryGroup, numbers, fc.constantFrom(...creations)).map(
      ([group, members, creation]): Operation =>
        (history) => {
          const { displayName, externalId } = group;
          const attributes = { displayName: displayName!, ...(externalId === undefined ? {} : { externalId }) };
          const live = [...new Set(anyone(history, members))].filter(history.isLive);
          if (creation === "at once") history.createGroup(attributes, live);
          else history.createGroupInParts(attributes, live, { end: creation });
        },
    ),
  },
  { weight: 4, arbitrary: onGroup((history, id, members) => history.add(id, members)) },
  { weight: 3, arbitrary: onGroup((history, id, members) => history.remove(id, members)) },
  {
    weight: 1,
    arbitrary: onGroup((history, id) => {
      const dead = [...history.group(id).members.ids()].filter((member) => !history.isLive(member));
      history.remove(id, dead, "userDeleted");
    }),
  },
  {
    weight: 1,
    arbitrary: onGroup((history, id, [name]) => history.changeGroup(id, { displayName: `Group ${name ?? id}` })),
  },
  { weight: 1, arbitrary: onGroup((history, id) => history.deleteGroup(id)) },
  { weight: 2, arbitrary: onGroup((history, id, members, index) => history.change(id, members, at(ends, index)!)) },
);

/** A tenant's log of up to `maxLength` operations, with gaps between the positions or without. */
export const arbitraryHistory = (maxLength = 30): fc.Arbitrary<History> =>
  fc
    .tuple(fc.array(arbitraryOperation, { minLength: 3, maxLength, size: "max" }), fc.constantFrom(1, GAP))
    .map(([operations, gap]) => {
      const history = new History({ gap });
      history.createTenant();
      for (const each of operations) each(history);
      return history;
    });
