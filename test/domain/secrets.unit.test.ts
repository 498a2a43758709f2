// No event that is written now holds a value that is never returned; a log of version 0.2.0 may, and is folded as it is.
import { describe, expect, it } from "@jest/globals";
import {
  GroupAttributesChanged,
  GroupCreated,
  GroupSecretsSet,
  ResourceAttributesChanged,
  ResourceCreated,
  ResourceSecretsSet,
} from "../../src/domain/events.ts";
import {
  absentGroup,
  decide as decideGroup,
  evolve as evolveGroup,
  type GroupCommand,
  type GroupState,
} from "../../src/domain/group.ts";
import { absentCustom, type CustomState, decide, evolve, type ResourceCommand } from "../../src/domain/resource.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { patchOpUrn } from "../../src/scim/messages.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { complex, multiValued, schema, string } from "../../src/scim/schema/define.ts";
import { groupType, userType } from "../../src/scim/schema/resource-types.ts";
import { specify } from "./specification.ts";

const never = { returned: "never" } as const;
const attributes = [
  string("label", ""),
  string("pin", "", never),
  complex("lock", "", [string("maker", ""), string("key", "", never)]),
  multiValued("doors", "", [string("value", ""), string("note", ""), string("key", "", never)]),
];
const LOCKER = schema("urn:example:Locker", "Locker", "", attributes);
const lockerType: ResourceType = { ...userType, id: "Locker", name: "Locker", schema: LOCKER, extensions: [] };
const { given } = specify<CustomState, ResourceCommand>({
  initial: absentCustom,
  evolve: (state, fact) => evolve(state, fact, lockerType),
  decide: (command, state) => decide(command, state, (path) => path, lockerType),
});

const older = {
  label: "a",
  pin: "old-1",
  lock: { maker: "m", key: "old-2" },
  doors: [{ value: "n", note: "x", key: "old-3" }, { value: "s" }],
};
const kept = ResourceCreated(
  { claims: {}, paths: ["label", "pin", "lock.maker", "lock.key", "doors"] },
  { attributes: older, elements: { doors: ["1", "2"] } },
);
const put = (more: JsonObject): ResourceCommand => ({ type: "ReplaceResource", id: "1", attributes: more });
const patch = (operation: object, secrets: string[] = []): ResourceCommand => ({
  type: "PatchResource",
  id: "1",
  operations: parsePatch(lockerType, { schemas: [patchOpUrn], Operations: [operation] }),
  secrets,
});

describe("a log that holds such values", () => {
  it("is folded as it is, and read models are what they were", () =>
    expect(given(kept).state.attributes).toEqual(older));

  it("is not told of them again when a PUT ends them", () =>
    given(kept)
      .when(put({ label: "a", lock: { maker: "m" }, doors: [{ value: "n", note: "x" }, { value: "s" }] }))
      .then(
        ResourceAttributesChanged(
          { cleared: ["pin", "lock.key"], paths: ["pin", "lock.key", "doors"] },
          {
            changes: [
              { path: "pin" },
              { path: "lock.key" },
              { path: "doors", element: "1", before: { value: "n", note: "x" }, after: { value: "n", note: "x" } },
            ],
          },
        ),
      ));

  it("nor when a PATCH takes them away, or changes what stands beside them", () => {
    given(kept)
      .when(patch({ op: "remove", path: "pin" }, ["pin"]))
      .then(
        ResourceAttributesChanged({ cleared: ["pin"], paths: ["pin"] }, { changes: [{ path: "pin" }] }),
        ResourceSecretsSet({ paths: ["pin"] }),
      );
    const beside = given(kept).when(patch({ op: "replace", path: 'doors[value eq "n"].note', value: "y" }));
    const change = { path: "doors", element: "1", before: { value: "n", note: "x" }, after: { value: "n", note: "y" } };
    beside.then(ResourceAttributesChanged({ cleared: [], paths: ["doors"] }, { changes: [change] }));
    beside.thenState(({ attributes }) =>
      expect(attributes["doors"]).toEqual([{ value: "n", note: "y" }, { value: "s" }]),
    );
  });
});

describe("a secret that is sent", () => {
  it("is an event of its own each time, and changes nothing", () => {
    const command = patch({ op: "replace", path: "pin", value: "new" }, ["pin"]);
    given(kept)
      .when(command)
      .then(ResourceSecretsSet({ paths: ["pin"] }));
    given(kept, ResourceSecretsSet({ paths: ["pin"] }))
      .when(command)
      .then(ResourceSecretsSet({ paths: ["pin"] }));
  });

  it("to an extension of groups is told like any other, also beside more members than one append takes", () => {
    const type: ResourceType = { ...groupType, extensions: [{ schema: LOCKER, required: false }] };
    const context = { changeId: "c1", isLive: () => true, describe: () => undefined as never, type };
    const { given } = specify<GroupState, GroupCommand>({
      initial: absentGroup,
      evolve: (state, fact) => evolveGroup(state, fact, type),
      decide: (command, state) => decideGroup(command, state, context),
    });
    const secrets = ["urn:example:Locker:pin"];
    const created = GroupCreated({ paths: ["displayName"] }, { attributes: { displayName: "g" }, elements: {} });
    const create = { type: "CreateGroup", id: "g", attributes: { displayName: "g" }, secrets } as const;
    given()
      .when({ ...create, members: [] })
      .then(created, GroupSecretsSet({ paths: secrets }));
    const many = given().when({ ...create, members: Array.from({ length: 20_001 }, (_, n) => `m${n}`) });
    many.thenState(({ version, revision, attributes }) =>
      expect([version, revision, attributes]).toEqual([revision, revision, { displayName: "g" }]),
    );
    const patching: GroupCommand = {
      type: "PatchGroup",
      id: "g",
      operations: parsePatch(type, {
        schemas: [patchOpUrn],
        Operations: [
          { op: "add", path: "urn:example:Locker:pin", value: "p" },
          { op: "replace", path: "displayName", value: "h" },
        ],
      }),
      secrets,
    };
    const change = { path: "displayName", before: "g", after: "h" };
    const patchedGroup = given(created).when(patching);
    patchedGroup.then(
      GroupAttributesChanged({ cleared: [], paths: ["displayName"] }, { changes: [change] }),
      GroupSecretsSet({ paths: secrets }),
    );
    patchedGroup.thenState(({ version }) => expect(version).toBe(1));
  });
});
