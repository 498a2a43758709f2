// PATCH against a model that is as plain as the RFC's text, and laws that hold of every sequence of operations.
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { patchOpUrn } from "../../src/scim/messages.ts";
import { applyPatch } from "../../src/scim/patch/apply.ts";
import { defaultPatchLimits, parsePatch } from "../../src/scim/patch/operations.ts";
import { sameValue } from "../../src/scim/resource/element.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import { schemasOf } from "../../src/scim/resource/schemas.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryMess, arbitraryUser, hostileNames } from "./arbitraries.ts";
import { everything, normalisePatch, normaliseResource } from "./reading.ts";
import { frozen } from "./refusal.ts";

const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

interface Operation {
  readonly op: "add" | "remove" | "replace";
  readonly path: string;
  readonly value?: Json;
}
type Element = { value: string; type?: string; primary?: boolean };
interface Model {
  userName: string;
  title?: string;
  name?: Record<string, string>;
  emails?: Element[];
}

const word = fc.constantFrom("a", "b", "c");
const kind = fc.constantFrom("work", "home");
const emailList = fc.uniqueArray(fc.record({ value: word, type: kind }), {
  selector: (e) => e.value + e.type,
  maxLength: 3,
});
const name = fc.dictionary(fc.constantFrom("givenName", "familyName"), word, { minKeys: 1, noNullPrototype: true });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ op: fc.constantFrom("add", "replace"), path: fc.constantFrom("title", "userName"), value: word }),
  fc.record({ op: fc.constant("remove"), path: fc.constantFrom("title", "name", "emails", "name.givenName") }),
  fc.record({ op: fc.constantFrom("add", "replace"), path: fc.constant("name"), value: name }),
  fc.record({ op: fc.constantFrom("add", "replace"), path: fc.constant("name.givenName"), value: word }),
  fc.record({ op: fc.constantFrom("add", "replace", "remove"), path: fc.constant("emails"), value: emailList }),
  kind.map((type) => ({ op: "remove", path: `emails[type eq "${type}"]` })),
  fc.tuple(kind, word).map(([type, value]) => ({ op: "add", path: `emails[type eq "${type}"].value`, value })),
  word.map((value) => ({ op: "add", path: `emails[value eq "${value}"].primary`, value: false })),
) as fc.Arbitrary<Operation>;

const distinct = (elements: Element[]): Element[] =>
  elements.filter((one, i) => elements.findIndex((other) => sameValue({ ...one }, { ...other })) === i);

/** What the RFC's sentences say, written down without a thought for speed or sharing. */
const model = (before: Model, { op, path, value }: Operation): Model => {
  const user = structuredClone(before) as Model & Record<string, Json>;
  const emails = user.emails ?? [];
  const selected = (element: Element) =>
    path.includes(`"${element.type}"`) || path.includes(`value eq "${element.value}"`);
  const setEmails = (elements: Element[]) => {
    user.emails = distinct(elements);
    if (user.emails.length === 0) delete user.emails;
  };
  if (path === "title" || path === "userName") {
    if (op === "remove") delete user.title;
    else user[path] = value as string;
  } else if (path.startsWith("name")) {
    const parts = path === "name" ? (value as Record<string, string>) : { givenName: value as string };
    if (op !== "remove") user.name = { ...user.name, ...parts };
    else if (path === "name") delete user.name;
    else delete user.name?.["givenName"];
    if (user.name && Object.keys(user.name).length === 0) delete user.name;
  } else if (path === "emails") {
    const given = (value ?? []) as Element[];
    const is = (a: Element) => (b: Element) => a.value === b.value && a.type === b.type;
    if (op === "replace") setEmails(given);
    else if (op === "remove") setEmails(value === undefined ? [] : emails.filter((one) => !given.some(is(one))));
    else setEmails([...emails, ...given.filter((one) => !emails.some(is(one)))]);
  } else if (op === "remove") {
    setEmails(emails.filter((one) => !selected(one)));
  } else if (path.endsWith(".primary")) {
    const target = path.slice('emails[value eq "'.length).slice(0, 1);
    const found = emails.filter(selected);
    setEmails(
      found.length > 0
        ? emails.map((one) => (selected(one) ? { ...one, primary: false } : one))
        : [...emails, { value: target, primary: false }],
    );
  } else {
    const type = path.includes("work") ? "work" : "home";
    const found = emails.filter(selected);
    setEmails(
      found.length > 0
        ? emails.map((one) => (selected(one) ? { ...one, value: value as string } : one))
        : [...emails, { type, value: value as string }],
    );
  }
  return user;
};

const message = (operations: readonly Json[]): JsonObject =>
  frozen({ schemas: [patchOpUrn], Operations: [...operations] });
const patched = (attributes: JsonObject, operations: readonly Operation[]): JsonObject =>
  applyPatch(
    userType,
    attributes,
    parsePatch(userType, message(operations as unknown as Json[]), defaultPatchLimits, everything),
  );

/** The same resource with the elements of each list in one order: that order means nothing. */
const sorted = (attributes: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      Array.isArray(value)
        ? value.map((one) => JSON.stringify(Object.entries(one as JsonObject).sort())).sort()
        : value,
    ]),
  );

const canonical = arbitraryUser.map(({ id: _id, meta: _meta, ...user }) => {
  for (const list of Object.values(user))
    if (Array.isArray(list))
      for (const one of list.slice(1)) if (typeof one === "object") delete (one as JsonObject)["primary"];
  return frozen(parseResource(userType, user, "create").attributes);
});

describe("PATCH", () => {
  it("agrees with the model", () =>
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 8 }), (operations) => {
        const start: Model = { userName: "a", emails: [{ value: "a", type: "work" }] };
        const expected = operations.reduce(model, start);
        const actual = patched(frozen(structuredClone(start) as unknown as JsonObject), operations);
        expect(sorted(actual)).toEqual(sorted(expected as unknown as JsonObject));
      }),
      { numRuns: 500 },
    ));

  it("operation by operation is PATCH at once", () =>
    fc.assert(
      fc.property(canonical, fc.array(operation, { minLength: 1, maxLength: 6 }), (user, operations) => {
        const oneByOne = operations.reduce((state, one) => frozen(patched(state, [one])), user);
        expect(sorted(patched(user, operations))).toEqual(sorted(oneByOne));
      }),
    ));

  it("is idempotent for each operation, and then leaves the same object", () =>
    fc.assert(
      fc.property(canonical, operation, (user, one) => {
        const once = frozen(patched(user, [one]));
        expect(patched(once, [one])).toBe(once);
      }),
      { numRuns: 500 },
    ));

  it("by a resource's own attributes changes nothing", () =>
    fc.assert(
      fc.property(canonical, fc.constantFrom("add", "replace"), (user, op) => {
        const operations = parsePatch(userType, message([{ op, value: user }]));
        expect(applyPatch(userType, user, operations)).toBe(user);
        const { body, rules } = normalisePatch(userType, message([{ op, value: user }]), "lenient", user);
        expect([applyPatch(userType, user, parsePatch(userType, body)) === user, rules]).toEqual([true, []]);
      }),
    ));

  it("from one user to another by replace makes that user, when what it lacks is removed", () =>
    fc.assert(
      fc.property(canonical, canonical, (from, to) => {
        const lacking = Object.keys(from).filter((key) => !Object.hasOwn(to, key));
        const operations = [
          ...Object.keys(from)
            .filter((key) => key !== "userName" && !lacking.includes(key))
            .map((path) => ({ op: "remove" as const, path })),
          ...lacking.map((path) => ({ op: "remove" as const, path })),
        ];
        const result = applyPatch(userType, from, [
          ...(operations.length > 0 ? parsePatch(userType, message(operations)) : []),
          ...parsePatch(userType, message([{ op: "replace", value: to }])),
        ]);
        expect(result).toEqual(to);
      }),
    ));
});

describe("a resource", () => {
  it("is a fixed point: its canonical form parses to itself", () =>
    fc.assert(
      fc.property(canonical, (user) => {
        const body = frozen({ schemas: schemasOf(userType, user), ...user });
        expect(parseResource(userType, body, "replace", user).attributes).toEqual(user);
        expect(normaliseResource(userType, body, "lenient")).toEqual({ body, rules: [] });
      }),
    ));

  it("of any shape is parsed or refused with a ScimError, in every profile, and touches no prototype", () => {
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    const shape = fc.oneof(
      arbitraryMess(userType),
      arbitraryMess(groupType),
      fc.object({
        key: fc.oneof(fc.constantFrom(...hostileNames, "schemas", "emails", "value", ENTERPRISE), fc.string()),
      }),
    );
    fc.assert(
      fc.property(shape, fc.boolean(), (body, users) => {
        const type = users ? userType : groupType;
        const json = frozen(JSON.parse(JSON.stringify(body)) as JsonObject);
        for (const profile of ["rfc", "lenient"] as const) {
          for (const act of [
            () => parseResource(type, normaliseResource(type, json, profile).body, "create"),
            () => parsePatch(type, normalisePatch(type, message([{ op: "add", value: json }]), profile, json).body),
            () => parsePatch(type, normalisePatch(type, message([json]), profile, json).body),
          ]) {
            try {
              act();
            } catch (error) {
              expect(error).toMatchObject({ name: "ScimError" });
            }
          }
        }
      }),
      { numRuns: 500 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
  });
});
