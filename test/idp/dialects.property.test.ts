// Whatever mix of quirks a request is written in: it is refused as a whole, or every one of its operations has its effect. A
// naive model says what each operation means; how it is written is drawn apart from it.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { MemberSet } from "../../src/domain/member-set.ts";
import { isOnMembers, membershipAfter } from "../../src/domain/membership.ts";
import { ScimError } from "../../src/scim/errors.ts";
import { matches } from "../../src/scim/filter/evaluate.ts";
import { FILTER_LIMITS } from "../../src/scim/filter/limits.ts";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { type Profile, profileNames } from "../../src/scim/normalise/profile.ts";
import { readFilter, readPatch } from "../../src/scim/normalise/read.ts";
import { Normalisation } from "../../src/scim/normalise/rule.ts";
import { applyPatch } from "../../src/scim/patch/apply.ts";
import { defaultPatchLimits } from "../../src/scim/patch/operations.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryFilterText, arbitraryUser } from "../scim/arbitraries.ts";
import { frozen } from "../scim/refusal.ts";
import { ENTERPRISE, PATCH_OP } from "./fixtures/fixture.ts";

/** What an operation means, and one of the ways to write it. */
interface Step<Model> {
  readonly meaning: (model: Model) => Model;
  readonly written: Json;
}

const letters = (op: string) => fc.constantFrom(op, `${op[0]?.toUpperCase()}${op.slice(1)}`, op.toUpperCase());
const setting = fc.constantFrom("add", "replace").chain(letters);
const text = fc.constantFrom("a", "B", "x y", "True", "0");
const member = fc.constantFrom("m1", "m2", "m3", "m4");

// Users: a flat map of what each operation speaks of.
type User = Readonly<Record<string, Json>>;

const assigned =
  (name: string, value: Json): Step<User>["meaning"] =>
  (model) => ({ ...model, [name]: value });

const textual = fc
  .record({
    name: fc.constantFrom("nickName", "title", "displayName"),
    value: fc.oneof(text, fc.constant(""), fc.constant(null)),
    op: letters("replace"),
    pathless: fc.boolean(),
  })
  .map(({ name, value, op, pathless }) => ({
    meaning: assigned(name, value === "" ? null : value),
    written: pathless ? { op, value: { [name]: value } } : { op, path: name, value },
  }));

const activity = fc
  .record({
    active: fc.boolean(),
    op: setting,
    write: fc.constantFrom(
      String,
      (active: boolean) => active,
      (active: boolean) => (active ? "True" : "False"),
    ),
    pathless: fc.boolean(),
  })
  .map(({ active, op, write, pathless }) => ({
    meaning: assigned("active", active),
    written: pathless ? { op, value: { active: write(active) } } : { op, path: "active", value: write(active) },
  }));

const named = fc
  .record({
    sub: fc.constantFrom("givenName", "familyName"),
    value: text,
    op: setting,
    form: fc.constantFrom("path", "nested", "dotted"),
  })
  .map(({ sub, value, op, form }) => ({
    meaning: assigned(`name.${sub}`, value),
    written:
      form === "path"
        ? { op, path: `name.${sub}`, value }
        : { op, value: form === "nested" ? { name: { [sub]: value } } : { [`name.${sub}`]: value } },
  }));

const managed = fc
  .record({
    value: member,
    op: setting,
    at: fc.constantFrom("manager", `${ENTERPRISE}:manager`),
    write: fc.constantFrom<(value: string) => Json>(
      (value) => value,
      (value) => ({ value }),
      (value) => [{ value, $ref: null }],
      (value) => ({ managerId: value }),
    ),
    pathless: fc.boolean(),
  })
  .map(({ value, op, at, write, pathless }) => ({
    meaning: assigned("manager", value),
    written: pathless ? { op, value: { [at]: write(value) } } : { op, path: at, value: write(value) },
  }));

const unmanaged = fc
  .constantFrom<Json>(
    { op: "Remove", path: "manager" },
    { op: "replace", path: `${ENTERPRISE}:manager`, value: "" },
    { op: "Replace", path: "manager", value: [] },
    { op: "replace", value: { [ENTERPRISE]: { manager: null } } },
    { op: "remove", path: "manager[value pr]" },
  )
  .map((written) => ({ meaning: assigned("manager", null), written }));

const addressed = fc
  .record({ type: fc.constantFrom("work", "home"), value: text, op: setting, sub: fc.constantFrom("value", "Value") })
  .map(({ type, value, op, sub }) => ({
    meaning: assigned(`emails.${type}`, value),
    written: { op, path: `emails[type eq "${type}"].${sub}`, value },
  }));

const userStep: fc.Arbitrary<Step<User>> = fc.oneof(textual, activity, named, managed, unmanaged, addressed);

const spokenOf = (attributes: JsonObject): User => {
  const at = (object: Json | undefined, name: string): Json =>
    (typeof object === "object" && object !== null && !Array.isArray(object) ? object[name] : undefined) ?? null;
  const email = (type: string): Json =>
    at(
      ((attributes["emails"] ?? []) as JsonObject[]).find((one) => one["type"] === type),
      "value",
    );
  return {
    nickName: at(attributes, "nickName"),
    title: at(attributes, "title"),
    displayName: at(attributes, "displayName"),
    active: at(attributes, "active"),
    "name.givenName": at(attributes["name"], "givenName"),
    "name.familyName": at(attributes["name"], "familyName"),
    manager: at(at(attributes[ENTERPRISE], "manager"), "value"),
    "emails.work": email("work"),
    "emails.home": email("home"),
  };
};

// Groups: a name and a set of members.
interface Group {
  readonly name: string;
  readonly members: ReadonlySet<string>;
}

const ids = fc.uniqueArray(member, { minLength: 1, maxLength: 3 });
const element = fc.constantFrom<(value: string) => Json>(
  (value) => value,
  (value) => ({ value }),
  (value) => ({ $ref: null, value }),
  (value) => ({ value, displayName: "x" }),
  (value) => ({ value, display: "x", type: "User" }),
);

const added = fc.record({ given: ids, write: element, op: letters("add"), pathless: fc.boolean() }).map(
  ({ given, write, op, pathless }): Step<Group> => ({
    meaning: ({ name, members }) => ({ name, members: members.union(new Set(given)) }),
    written: pathless
      ? { op, value: { members: given.map(write) } }
      : { op, path: "members", value: given.length === 1 ? write(given[0] as string) : given.map(write) },
  }),
);

const removed = fc
  .record({ given: ids, write: element, op: letters("remove"), byFilter: fc.boolean(), alone: fc.boolean() })
  .map(
    ({ given, write, op, byFilter, alone }): Step<Group> => ({
      meaning: ({ name, members }) => ({ name, members: members.difference(new Set(given)) }),
      written: byFilter
        ? { op, path: `members[${given.map((id) => `value eq "${id}"`).join(" or ")}]` }
        : { op, path: "members", value: alone && given.length === 1 ? write(given[0] as string) : given.map(write) },
    }),
  );

const replaced = fc.record({ given: ids, write: element, op: letters("replace"), pathless: fc.boolean() }).map(
  ({ given, write, op, pathless }): Step<Group> => ({
    meaning: ({ name }) => ({ name, members: new Set(given) }),
    written: pathless ? { op, value: { members: given.map(write) } } : { op, path: "members", value: given.map(write) },
  }),
);

const renamed = fc.record({ name: text, op: letters("replace"), echo: fc.boolean() }).map(
  ({ name, op, echo }): Step<Group> => ({
    meaning: ({ members }) => ({ name, members }),
    written: echo ? { op, value: { id: "g", displayName: name } } : { op, path: "displayName", value: name },
  }),
);

const groupStep: fc.Arbitrary<Step<Group>> = fc.oneof(added, removed, replaced, renamed);

/** What nobody can mean anything by. */
const nonsense = fc.constantFrom<Json>(
  { op: "remove", path: "members", value: "" },
  { op: "remove", path: "members", value: [""] },
  { op: "remove", path: "members", value: {} },
  { op: "remove", path: "emails", value: [{}] },
  { op: "delete", path: "title" },
  { op: "replace", path: "active", value: "" },
  { op: "replace", value: { active: "maybe" } },
  { op: "remove" },
  { op: "replace", value: { id: "another" } },
  { op: "add", path: "shoe", value: 1 },
  { op: "add", value: { shoe: 1 } },
  { op: "replace", path: "members[value eq]", value: "x" },
  { op: "replace", path: 'emails[type eq "fax"]', value: "x" },
  { op: "replace", path: "groups", value: [{ value: "other" }] },
  null,
  "add",
);

const body = (operations: readonly Json[], bare: boolean): Json => {
  const [only] = operations;
  if (bare && operations.length === 1 && typeof only === "object") return only;
  return { schemas: [PATCH_OP], Operations: [...operations] };
};

const read = (profile: Profile, type: ResourceType, sent: Json, current: JsonObject) =>
  readPatch(new Normalisation(profile), type, frozen(sent), defaultPatchLimits, frozen(current)).operations;

/** The result, or undefined where it is refused with an error that a client can act on. */
const attempt = <Result>(act: () => Result): Result | undefined => {
  try {
    return act();
  } catch (error) {
    expect(error).toBeInstanceOf(ScimError);
    return undefined;
  }
};

const ada = frozen({ id: "u", userName: "ada", active: true, emails: [{ type: "work", value: "w" }] });
const { id: _, ...adasAttributes } = ada;

describe("a PATCH of a user, in whatever mix of dialects,", () => {
  const patched = (profile: Profile, sent: Json) =>
    applyPatch(userType, adasAttributes, read(profile, userType, sent, ada));

  it("has the effect of every operation, or is refused; in lenient it is never refused", () =>
    fc.assert(
      fc.property(fc.array(userStep, { minLength: 1, maxLength: 6 }), fc.boolean(), (steps, bare) => {
        const meant = steps.reduce((model, { meaning }) => meaning(model), spokenOf(adasAttributes));
        const sent = body(
          steps.map(({ written }) => written),
          bare,
        );
        for (const profile of profileNames) {
          const after = attempt(() => patched(profile, sent));
          if (profile === "lenient") expect(after).toBeDefined();
          if (after !== undefined) expect(spokenOf(after)).toEqual(meant);
        }
      }),
      { numRuns: 400 },
    ));

  it("is refused as a whole where one operation means nothing", () =>
    fc.assert(
      fc.property(fc.array(userStep, { maxLength: 3 }), nonsense, fc.array(userStep, { maxLength: 3 }), (a, bad, b) => {
        const operations = [...a.map(({ written }) => written), bad, ...b.map(({ written }) => written)];
        for (const profile of profileNames)
          expect(attempt(() => patched(profile, body(operations, false)))).toBe(undefined);
      }),
    ));
});

describe("a PATCH of a group, in whatever mix of dialects,", () => {
  const current = frozen({ id: "g", displayName: "g", members: [{ value: "m1" }, { value: "m2" }] });
  const { id: _, members: __, ...attributes } = current;
  const before = MemberSet.of(["m1", "m2"]);

  const patched = (profile: Profile, sent: Json): Group => {
    const operations = read(profile, groupType, sent, current);
    const { added, removed } = membershipAfter(before, operations, (value) => ({ value }));
    const own = operations.filter((operation) => !isOnMembers(operation));
    const name = applyPatch(groupType, attributes, own)["displayName"] as string;
    const members = new Set(["m1", "m2", ...added].filter((one) => !removed.includes(one)));
    return { name, members };
  };

  it("has the effect of every operation, or is refused; in lenient it is never refused", () =>
    fc.assert(
      fc.property(fc.array(groupStep, { minLength: 1, maxLength: 6 }), fc.boolean(), (steps, bare) => {
        const start: Group = { name: "g", members: new Set(["m1", "m2"]) };
        const meant = steps.reduce((model, { meaning }) => meaning(model), start);
        const sent = body(
          steps.map(({ written }) => written),
          bare,
        );
        for (const profile of profileNames) {
          const after = attempt(() => patched(profile, sent));
          if (profile === "lenient") expect(after).toBeDefined();
          if (after !== undefined) expect(after).toEqual(meant);
        }
      }),
      { numRuns: 400 },
    ));

  it("is refused as a whole where one operation means nothing", () =>
    fc.assert(
      fc.property(fc.array(groupStep, { maxLength: 3 }), nonsense, (steps, bad) => {
        const operations = [...steps.map(({ written }) => written), bad];
        for (const profile of profileNames)
          expect(attempt(() => patched(profile, body(operations, false)))).toBe(undefined);
      }),
    ));
});

describe("a filter, whole or damaged,", () => {
  const damaged = fc
    .tuple(arbitraryFilterText(userType), fc.nat(200), fc.constantFrom("", " ", "x", '"', ")", "]", ".value", " or "))
    .map(([whole, at, junk]) => {
      const place = at % (whole.length + 1);
      return whole.slice(0, place) + junk + whole.slice(place + (junk === "" ? 1 : 0));
    });

  it("is refused, or means in every profile what it means in lenient: it never selects more", () =>
    fc.assert(
      fc.property(
        fc.oneof(arbitraryFilterText(userType), damaged),
        fc.array(arbitraryUser, { maxLength: 5 }),
        (filter, users) => {
          const selected = (profile: Profile) =>
            attempt(() => {
              const parsed = readFilter(new Normalisation(profile), userType, filter, FILTER_LIMITS);
              return users.map((user) => matches(parsed, user));
            });
          const leniently = selected("lenient");
          for (const profile of profileNames) {
            const found = selected(profile);
            if (found !== undefined) expect(found).toEqual(leniently);
          }
        },
      ),
      { numRuns: 500 },
    ));
});
