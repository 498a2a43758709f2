// RFC 7643 §4, SCIM Core Resources and Extensions.
import { describe, expect, it } from "@jest/globals";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { expectRefusal } from "../scim/refusal.ts";
import { created, createdUser, ENTERPRISE, GROUP, patchedGroup, patchedUser, selects, USER } from "./engine.ts";

describe("RFC 7643 §4.1 User", () => {
  it("userName: “Each User MUST include a non-empty userName value.”", () => {
    expectRefusal(() => created(userType, { schemas: [USER] }), { scimType: "invalidValue" });
    for (const userName of [null, ""]) expectRefusal(() => createdUser({ userName }), { scimType: "invalidValue" });
  });

  it("userName: “This attribute is REQUIRED and is case insensitive.”", () => {
    expect(selects('userName eq "BJensen@EXAMPLE.com"', { userName: "bjensen@example.com" })).toBe(true);
  });

  it("“The mutability of the password attribute is ‘writeOnly’, indicating that the value MUST NOT be returned … in any form”", () => {
    const parsed = created(userType, { schemas: [USER], userName: "a", password: "t1meMa$heen" });
    expect(JSON.stringify(parsed)).not.toContain("t1meMa$heen");
    expect(parsed.secrets).toEqual(["password"]);
    expect(JSON.stringify(patchedUser({}, { op: "add", path: "password", value: "t1meMa$heen" }))).not.toContain(
      "t1me",
    );
    expectRefusal(() => createdUser({ password: 1 }), { scimType: "invalidValue" });
  });

  it("groups: “mutability of ‘readOnly’, group membership changes MUST be applied via the ‘Group’ Resource”", () => {
    expect(createdUser({ groups: [{ value: "g1" }] })).toEqual(createdUser({}));
    expectRefusal(() => patchedUser({}, { op: "add", path: "groups", value: [{ value: "g1" }] }), {
      scimType: "mutability",
    });
    expectRefusal(() => patchedUser({}, { op: "remove", path: 'groups[value eq "g1"]' }), { scimType: "mutability" });
    expectRefusal(() => patchedUser({}, { op: "remove", path: "groups" }), { scimType: "mutability" });
  });

  it("active: a Boolean", () => {
    expect(createdUser({ active: false })).toMatchObject({ active: false });
    expect(selects("active eq false", { active: false })).toBe(true);
  });
});

describe("RFC 7643 §4.2 Group", () => {
  it("displayName: “A human-readable name for the Group. REQUIRED.”", () => {
    expectRefusal(() => created(groupType, { schemas: [GROUP] }), { scimType: "invalidValue" });
    expectRefusal(() => patchedGroup({}, { op: "remove", path: "displayName" }), { scimType: "mutability" });
  });

  it("members: “values MAY be added or removed, sub-attributes of members are ‘immutable’.”", () => {
    const members = [{ value: "u1", type: "User" }, { value: "u2" }];
    expect(patchedGroup({ members }, { op: "add", path: "members", value: [{ value: "u3" }] })["members"]).toHaveLength(
      3,
    );
    expect(patchedGroup({ members }, { op: "remove", path: 'members[value eq "u1"]' })["members"]).toEqual([
      { value: "u2" },
    ]);
    expectRefusal(
      () => patchedGroup({ members }, { op: "replace", path: 'members[value eq "u1"].value', value: "u9" }),
      {
        scimType: "mutability",
      },
    );
    expectRefusal(
      () => patchedGroup({ members }, { op: "replace", path: 'members[value eq "u1"].type', value: "Group" }),
      {
        scimType: "mutability",
      },
    );
    expectRefusal(() => patchedGroup({ members }, { op: "remove", path: 'members[value eq "u1"].type' }), {
      scimType: "mutability",
    });
  });
});

describe("RFC 7643 §4.3 enterprise User", () => {
  it("manager.displayName: “This attribute is OPTIONAL, and mutability is ‘readOnly’.”", () => {
    const manager = { value: "m1", displayName: "John Smith" };
    const user = createdUser({ schemas: [USER, ENTERPRISE], [ENTERPRISE]: { manager } });
    expect(user[ENTERPRISE]).toEqual({ manager: { value: "m1" } });
    for (const op of ["add", "replace"])
      for (const operation of [
        { op, path: `${ENTERPRISE}:manager.displayName`, value: "J" },
        { op, path: `${ENTERPRISE}:manager`, value: { displayName: "J" } },
        { op, value: { [ENTERPRISE]: { manager: { displayName: "J" } } } },
      ])
        expectRefusal(() => patchedUser({}, operation), { scimType: "mutability" });
    const both = { op: "replace", path: `${ENTERPRISE}:manager`, value: manager };
    expect(patchedUser({}, both)[ENTERPRISE]).toEqual({ manager: { value: "m1" } });
  });
});
