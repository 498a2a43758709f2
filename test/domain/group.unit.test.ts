import { describe, expect, it } from "@jest/globals";
import type { DomainEvent } from "../../src/domain/event.ts";
import {
  GroupAttributesChanged,
  GroupChangeAbandoned,
  GroupChangeBegun,
  GroupChangeCompleted,
  GroupCreated,
  GroupDeleted,
  type GroupEvent,
  GroupMembersAdded,
  GroupMembersRemoved,
} from "../../src/domain/events.ts";
import { absentGroup, decide, evolve, type GroupCommand } from "../../src/domain/group.ts";
import { LARGE_CHANGE } from "../../src/domain/group-appends.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { schema, string } from "../../src/scim/schema/define.ts";
import { groupType } from "../../src/scim/schema/resource-types.ts";
import { specify } from "./specification.ts";

const id = "0190a000-0000-7000-8000-0000000000aa";
const [ada, bob, eve, ghost] = ["u-ada", "u-bob", "u-eve", "u-ghost"] as const;
const described: Record<string, JsonObject> = {
  [ada]: { value: ada, type: "User", display: "Ada" },
  [bob]: { value: bob, type: "User", display: "Bob" },
  [eve]: { value: eve, type: "Group", display: "Everyone" },
};

const { given } = specify({
  initial: absentGroup,
  evolve: evolve as never,
  decide: (command: GroupCommand, group: typeof absentGroup) =>
    decide(command, group, {
      changeId: "c1",
      isLive: (member) => member !== ghost,
      describe: (member) => described[member] ?? { value: member },
    }),
});

const created = GroupCreated({ paths: ["displayName"] }, { attributes: { displayName: "Tour guides" }, elements: {} });
const added = (...members: string[]) => GroupMembersAdded({ members });
const removed = (...members: string[]) => GroupMembersRemoved({ members });
const patch = (...operations: JsonObject[]): GroupCommand => ({
  type: "PatchGroup",
  id,
  operations: parsePatch(groupType, {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: operations,
  }),
});
const members = (...ids: string[]) => ids.map((value) => ({ value }));

describe("members are added and removed one by one", () => {
  it("only who was not there is added", () =>
    given(created, added(ada))
      .when(patch({ op: "add", path: "members", value: members(ada, bob) }))
      .then(added(bob)));
  it("adding a member again is nothing", () =>
    given(created, added(ada))
      .when(patch({ op: "add", path: "members", value: members(ada) }))
      .thenNothing());
  it("removing by filter", () =>
    given(created, added(ada, bob))
      .when(patch({ op: "remove", path: `members[value eq "${ada}"]` }))
      .then(removed(ada)));
  it("removing who is no member is nothing", () =>
    given(created, added(bob))
      .when(patch({ op: "remove", path: `members[value eq "${ada}"]` }))
      .thenNothing());
  it("by type or display, as a reader sees them", () => {
    given(created, added(ada, bob, eve))
      .when(patch({ op: "remove", path: 'members[type eq "Group"]' }))
      .then(removed(eve));
    given(created, added(ada, bob, eve))
      .when(patch({ op: "remove", path: 'members[display sw "b"]' }))
      .then(removed(bob));
  });
  it("a replaced list becomes who left and who came", () =>
    given(created, added(ada, bob))
      .when(patch({ op: "replace", path: "members", value: members(bob, eve) }))
      .then(removed(ada), added(eve)));
  it("an emptied list removes everyone", () => {
    given(created, added(ada, bob))
      .when(patch({ op: "replace", path: "members", value: [] }))
      .then(removed(ada, bob));
    given(created, added(ada, bob))
      .when(patch({ op: "remove", path: "members" }))
      .then(removed(ada, bob));
  });
  it("removed and added again in one request is nothing", () =>
    given(created, added(ada))
      .when(
        patch(
          { op: "remove", path: `members[value eq "${ada}"]` },
          { op: "add", path: "members", value: members(ada) },
        ),
      )
      .thenNothing());
  it("a PUT is diffed into the same events", () =>
    given(created, added(ada, bob))
      .when({ type: "ReplaceGroup", id, attributes: { displayName: "Guides" }, members: [bob, eve] })
      .then(
        GroupAttributesChanged(
          { paths: ["displayName"], cleared: [] },
          { changes: [{ path: "displayName", before: "Tour guides", after: "Guides" }] },
        ),
        removed(ada),
        added(eve),
      ));
  it("one event names at most 500", () =>
    given(created)
      .when(patch({ op: "add", path: "members", value: members(...Array.from({ length: 1_001 }, (_, n) => `u-${n}`)) }))
      .thenTypes("GroupMembersAdded", "GroupMembersAdded", "GroupMembersAdded"));
});

describe("a member is a live user or group, and not the group itself", () => {
  it.each([
    ["unknown", ghost],
    ["itself", id],
  ])("%s is refused, and nothing happens", (_, member) =>
    given(created, added(ada))
      .when(patch({ op: "replace", path: "members", value: members(bob, member) }))
      .thenRefused({ status: 400, scimType: "invalidValue" }),
  );
  it("a sub-attribute of a member is immutable", () =>
    given(created, added(ada))
      .when(patch({ op: "replace", path: `members[value eq "${ada}"].value`, value: bob }))
      .thenRefused({ status: 400, scimType: "mutability" }));
  it("replacing who is not there has no target", () =>
    given(created, added(ada))
      .when(patch({ op: "replace", path: `members[value eq "${bob}"]`, value: { value: bob } }))
      .thenRefused({ status: 400, scimType: "noTarget" }));
  it("replaced by nothing, a member goes; it has to be there", () => {
    const by = (member: string) => patch({ op: "replace", path: `members[value eq "${member}"]`, value: null });
    given(created, added(ada, bob)).when(by(ada)).thenTypes("GroupMembersRemoved");
    given(created, added(ada)).when(by(bob)).thenRefused({ status: 400, scimType: "noTarget" });
  });
});

describe("a change too large for one append", () => {
  const many = Array.from({ length: LARGE_CHANGE + 1 }, (_, n) => `u-${n}`);
  const part = (...ids: string[]): DomainEvent => GroupMembersAdded({ members: ids, change: "c1" });

  it("is bracketed, and takes effect as one at its completion", () =>
    given(created)
      .when(patch({ op: "add", path: "members", value: members(...many) }))
      .thenState((group) => {
        expect(group.members.ids().size).toBe(many.length);
        expect(group.version).toBe(group.revision);
        expect(group.open).toBeUndefined();
      }));
  it("does not exist before it is completed", () => {
    const { state } = given(created, GroupChangeBegun({ change: "c1" }), part(ada));
    expect(state.members.has(ada)).toBe(false);
    expect(state).toMatchObject({ version: 0, revision: 2, open: { id: "c1" } });
  });
  it("nor does a group that is created so", () => {
    const begun = [
      GroupChangeBegun({ change: "c1" }),
      GroupCreated({ paths: ["displayName"], change: "c1" }, { attributes: { displayName: "x" }, elements: {} }),
    ];
    expect(given(...begun).state.status).toBe("absent");
    expect(given(...begun, part(ada), GroupChangeCompleted({ change: "c1" })).state).toMatchObject({
      status: "live",
      version: 3,
      modifiedAt: 4_000_000,
      createdAt: 4_000_000,
    });
  });
  it("any other event in between voids it; its late parts are dropped", () => {
    const { state } = given(
      created,
      GroupChangeBegun({ change: "c1" }),
      part(ada),
      added(bob),
      part(eve),
      GroupChangeCompleted({ change: "c1" }),
    );
    expect([...state.members.ids()]).toEqual([bob]);
  });
  it("is dropped when it is abandoned", () => {
    const { state } = given(
      created,
      GroupChangeBegun({ change: "c1" }),
      part(ada),
      GroupChangeAbandoned({ change: "c1" }),
    );
    expect([...state.members.ids()]).toEqual([]);
    expect(state.open).toBeUndefined();
  });
  it("can be abandoned only while it is open", () => {
    given(created, GroupChangeBegun({ change: "c1" }))
      .when({ type: "AbandonChange", id, change: "c1" })
      .then(GroupChangeAbandoned({ change: "c1" }));
    given(created).when({ type: "AbandonChange", id, change: "c1" }).thenNothing();
  });
});

describe("a member's death", () => {
  const end: GroupCommand = { type: "EndMembership", id, member: ada, cause: "userDeleted" };
  it("ends the membership with its cause", () =>
    given(created, added(ada))
      .when(end)
      .then(GroupMembersRemoved({ members: [ada], cause: "userDeleted" })));
  it("is no news to a group that does not hold it, or is gone", () => {
    given(created).when(end).thenNothing();
    given(created, added(ada), GroupDeleted({})).when(end).thenNothing();
    given().when(end).thenNothing();
  });
});

describe("one membership", () => {
  const add = (member: string): GroupCommand => ({ type: "AddMember", id, member });
  const remove = (member: string): GroupCommand => ({ type: "RemoveMember", id, member });
  it("begins with one event", () => given(created, added(ada)).when(add(bob)).then(added(bob)));
  it("cannot begin twice", () =>
    given(created, added(ada)).when(add(ada)).thenRefused({ status: 409, scimType: "uniqueness" }));
  it("is not of a group in itself, nor of nobody", () => {
    given(created).when(add(id)).thenRefused({ status: 400, scimType: "invalidValue" });
    given(created).when(add(ghost)).thenRefused({ status: 400, scimType: "invalidValue" });
    // The dead are members until that is ended, and yet they are nobody.
    given(created, added(ghost)).when(add(ghost)).thenRefused({ status: 400, scimType: "invalidValue" });
  });
  it("is not in a group that does not exist or was deleted", () => {
    given().when(add(ada)).thenRefused({ status: 400, scimType: "invalidValue" });
    given(created, GroupDeleted({})).when(add(ada)).thenRefused({ status: 400, scimType: "invalidValue" });
  });
  it("ends with one event", () => given(created, added(ada, bob)).when(remove(ada)).then(removed(ada)));
  it("that does not stand cannot end", () => {
    given(created, added(bob)).when(remove(ada)).thenRefused({ status: 404 });
    given(created, added(ada), GroupDeleted({})).when(remove(ada)).thenRefused({ status: 404 });
    given().when(remove(ada)).thenRefused({ status: 404 });
  });
});

it("of a group whose key is gone values read as [erased], and what was cleared is gone, elements too", () => {
  const rooms = schema("urn:example:rooms", "Rooms", "Where they meet.", [string("rooms", "", { multiValued: true })]);
  const type = { ...groupType, extensions: [{ schema: rooms, required: false }] };
  const path = "urn:example:rooms:rooms";
  const history: readonly GroupEvent[] = [
    { ...created, data: { paths: ["displayName", path] }, personal: "erased" },
    { ...GroupAttributesChanged({ paths: [path], cleared: [path] }, { changes: [] }), personal: "erased" },
  ];
  const [creation, clearing] = history.map((event, revision) => ({ event, revision, at: revision }));
  const before = evolve(absentGroup, creation!, type);
  const after = evolve(before, clearing!, type);
  expect(before.attributes).toEqual({ displayName: "[erased]", "urn:example:rooms": { rooms: ["[erased]"] } });
  expect([after.attributes, after.elements]).toEqual([{ displayName: "[erased]" }, {}]);
});
