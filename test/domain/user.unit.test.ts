import { describe, expect, it } from "@jest/globals";
import {
  ClaimRevoked,
  UserAttributesChanged,
  UserCreated,
  UserDeactivated,
  UserDeleted,
  UserErased,
  UserErasureCompleted,
  UserPasswordSet,
  UserReactivated,
} from "../../src/domain/events.ts";
import { absentUser, decide, evolve, type UserCommand } from "../../src/domain/user.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { fold, specify } from "./specification.ts";

const id = "0190a000-0000-7000-8000-000000000001";
const decider = {
  initial: absentUser,
  evolve: evolve as never,
  decide: (command: UserCommand, state: typeof absentUser) => decide(command, state, (path) => `claim-of-${path}`),
};
const { given } = specify(decider);

const ada: JsonObject = {
  userName: "ada",
  active: true,
  name: { givenName: "Ada", familyName: "Lovelace" },
  emails: [
    { value: "ada@work", type: "work", primary: true },
    { value: "ada@home", type: "home" },
  ],
  roles: [{ value: "admin", type: "app", display: "Administrator" }],
};
const elements = { emails: ["1", "2"], roles: ["3"] };
const created = (attributes: JsonObject = ada) =>
  UserCreated(
    {
      paths: ["userName", "name.familyName", "name.givenName", "active", "emails", "roles"],
      ...(typeof attributes["active"] === "boolean" ? { active: attributes["active"] } : {}),
      granted: [{ attribute: "roles", element: "3", value: "admin", type: "app" }],
      claims: { userName: "claim-of-userName" },
    },
    { attributes, elements },
  );
const patch = (...operations: JsonObject[]): UserCommand => ({
  type: "PatchUser",
  id,
  operations: parsePatch(userType, {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: operations,
  }),
  password: false,
});
const replaceWith = (attributes: JsonObject): UserCommand => ({ type: "ReplaceUser", id, attributes });

describe("a user is created", () => {
  it("with numbered elements, access facts in clear and a claim for the name", () => {
    given()
      .when({ type: "CreateUser", id, attributes: ada, password: false })
      .thenState((user) => {
        expect(user.attributes).toEqual(ada);
        expect(user.elements).toEqual(elements);
        expect(user.claims).toEqual({ userName: "claim-of-userName" });
      });
  });
  it("and a password that came along is recorded without its value", () =>
    given()
      .when({ type: "CreateUser", id, attributes: ada, password: true })
      .thenTypes("UserCreated", "UserPasswordSet"));
});

describe("a change is an event, and no change is none", () => {
  it("a PUT of what is there appends nothing", () => given(created()).when(replaceWith(ada)).thenNothing());
  it("nor does one that only reorders elements", () =>
    given(created())
      .when(replaceWith({ ...ada, emails: [...(ada["emails"] as JsonObject[])].reverse() }))
      .thenNothing());
  it("a replaced sub-attribute is one change of that path", () =>
    given(created())
      .when(patch({ op: "replace", path: "name.givenName", value: "Augusta" }))
      .then(
        UserAttributesChanged(
          { paths: ["name.givenName"], cleared: [], granted: [], revoked: [] },
          { changes: [{ path: "name.givenName", before: "Ada", after: "Augusta" }] },
        ),
      ));
  it("an element keeps its id when its value changes", () =>
    given(created())
      .when(patch({ op: "replace", path: 'emails[type eq "work"].value', value: "ada@new" }))
      .then(
        UserAttributesChanged(
          { paths: ["emails"], cleared: [], granted: [], revoked: [] },
          {
            changes: [
              {
                path: "emails",
                element: "1",
                before: { value: "ada@work", type: "work", primary: true },
                after: { value: "ada@new", type: "work", primary: true },
              },
            ],
          },
        ),
      ));
  it("a case-only rename changes the value and keeps the claim", () =>
    given(created())
      .when(patch({ op: "replace", path: "userName", value: "ADA" }))
      .then(
        UserAttributesChanged(
          { paths: ["userName"], cleared: [], granted: [], revoked: [] },
          { changes: [{ path: "userName", before: "ada", after: "ADA" }] },
        ),
      ));
  it("a rename names its new claim", () =>
    given(created())
      .when(patch({ op: "replace", path: "userName", value: "lovelace" }))
      .thenState((user) => expect(user.claims).toEqual({ userName: "claim-of-userName" })));
  it("a role taken away is an access fact in clear", () =>
    given(created())
      .when(patch({ op: "remove", path: "roles" }))
      .then(
        UserAttributesChanged(
          {
            paths: ["roles"],
            cleared: ["roles"],
            granted: [],
            revoked: [{ attribute: "roles", element: "3", value: "admin", type: "app" }],
          },
          {
            changes: [
              { path: "roles", element: "3", before: { value: "admin", type: "app", display: "Administrator" } },
            ],
          },
        ),
      ));
});

describe("active is an event of its own", () => {
  it("true to false deactivates", () =>
    given(created())
      .when(patch({ op: "replace", path: "active", value: false }))
      .then(UserDeactivated({})));
  it("false to true reactivates", () =>
    given(created(), UserDeactivated({}))
      .when(patch({ op: "replace", path: "active", value: true }))
      .then(UserReactivated({ active: true })));
  it("false to unassigned reactivates too: absent means enabled", () =>
    given(created(), UserDeactivated({}))
      .when(patch({ op: "remove", path: "active" }))
      .then(UserReactivated({ active: null })));
  it("unassigned to true changes no access", () =>
    given(created({ userName: "ada", roles: ada["roles"]! }))
      .when(patch({ op: "replace", path: "active", value: true }))
      .then(
        UserAttributesChanged(
          { paths: ["active"], cleared: [], granted: [], revoked: [], active: true },
          { changes: [] },
        ),
      ));
  it("deactivating twice is nothing", () =>
    given(created(), UserDeactivated({}))
      .when(patch({ op: "replace", path: "active", value: false }))
      .thenNothing());
});

describe("a life ends", () => {
  it("once", () => given(created()).when({ type: "DeleteUser", id }).then(UserDeleted({})));
  it("and then there is nobody to change", () =>
    given(created(), UserDeleted({}))
      .when(patch({ op: "remove", path: "title" }))
      .thenRefused({ status: 404 }));
  it("nor was there before", () => given().when({ type: "DeleteUser", id }).thenRefused({ status: 404 }));
});

describe("what does not change the resource leaves its version alone", () => {
  it.each([UserPasswordSet({}), ClaimRevoked({ attribute: "userName", claim: "c" })])("$type", (event) => {
    const before = given(created()).state;
    const after = given(created(), event).state;
    expect(after).toMatchObject({
      version: before.version,
      modifiedAt: before.modifiedAt,
      revision: before.revision + 1,
    });
  });
});

describe("an erased person", () => {
  const changed = UserAttributesChanged(
    { paths: ["name.givenName", "emails", "name.familyName"], cleared: ["name.familyName"], granted: [], revoked: [] },
    {
      changes: [
        { path: "name.givenName", before: "Ada", after: "Augusta" },
        { path: "emails", element: "2", before: { value: "ada@home", type: "home" } },
        { path: "name.familyName", before: "Lovelace" },
      ],
    },
  );
  const history = [created(), changed, UserErased({ keys: ["k1"] })];
  const keyless = history.map((event) => ("personal" in event ? { ...event, personal: "erased" as const } : event));

  it("reads as [erased], never as missing, and keeps the access facts", () =>
    expect(fold(decider, absentUser, keyless).attributes).toEqual({
      userName: "[erased]",
      active: true,
      name: { givenName: "[erased]" },
      emails: [{ value: "[erased]" }],
      roles: [{ value: "admin", type: "app" }],
    }));
  it("keeps nothing of a role that has no value", () => {
    const roles = [{ display: "Ada's own" }, { value: "admin" }];
    const event = UserCreated(
      { paths: ["userName", "roles"], granted: [{ attribute: "roles", element: "2", value: "admin" }], claims: {} },
      { attributes: { userName: "ada", roles }, elements: { roles: ["1", "2"] } },
    );
    const erased = fold(decider, absentUser, [event, UserErased({ keys: ["k1"] })]);
    expect(erased.attributes["roles"]).toEqual([{ value: "admin" }]);
    expect(erased).toEqual(fold(decider, absentUser, [{ ...event, personal: "erased" }, UserErased({ keys: ["k1"] })]));
  });
  it("is the same whether its history was folded before or after the key was destroyed", () =>
    expect(fold(decider, absentUser, history)).toEqual(fold(decider, absentUser, keyless)));
});

describe("erasing a user", () => {
  const erase = { type: "EraseUser", id, reason: "case 17" } as const;
  const erased = UserErased({ keys: ["k1"], reason: "case 17" });
  const outcome = { erased: { claims: 1, events: 1 }, remains: { accessIntervals: 2, events: 3, recordMonths: [] } };

  it("deletes who lives, in the same breath", () => given(created()).when(erase).then(UserDeleted({}), erased));
  it("erases who was deleted, and names the key, so that a restored vault can be told", () =>
    given(created(), UserDeleted({})).when(erase).then(erased));
  it("is of nobody who never was", () => expect(() => decide(erase, absentUser, String)).toThrow("there is no User"));
  it("is completed once nobody lives", () => {
    const complete = { type: "CompleteErasure", id, outcome } as const;
    given(created(), UserDeleted({}), erased).when(complete).then(UserErasureCompleted(outcome));
    expect(() => decide(complete, fold(decider, absentUser, [created()]), String)).toThrow("lives");
  });

  it.each([
    ["asked by ADA.", "userName"],
    ["Ms Lovelace, in writing", "name.familyName"],
    ["see ada@home", "userName"],
    ["Ａｄａ asked", "userName"],
  ])("refuses the reason “%s”, which names the person", (reason, path) =>
    expect(() => decide({ ...erase, reason }, fold(decider, absentUser, [created()]), String)).toThrow(path),
  );
  it.each(["case 17", "Canada office", "lovelaces", "art. 17 (1) (b) GDPR", "a"])("takes the reason “%s”", (reason) =>
    expect(decide({ ...erase, reason }, fold(decider, absentUser, [created()]), String)).toHaveLength(2),
  );
});
