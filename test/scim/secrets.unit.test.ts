// RFC 7643 §7 `returned`: a value that is never returned is checked for its shape and thrown away, whatever its mutability;
// that it was sent is told by its path.
import { describe, expect, it } from "@jest/globals";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { patchOpUrn } from "../../src/scim/messages.ts";
import { applyPatch } from "../../src/scim/patch/apply.ts";
import { namesSecret } from "../../src/scim/patch/operation.ts";
import { parsePatch } from "../../src/scim/patch/operations.ts";
import { parseResource, replacement } from "../../src/scim/resource/parse.ts";
import type { ResourceType } from "../../src/scim/schema/characteristics.ts";
import { complex, integer, multiValued, schema, string } from "../../src/scim/schema/define.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { expectRefusal, frozen } from "./refusal.ts";

const LOCKER = "urn:example:Locker";
const never = { returned: "never" } as const;
const lockerType: ResourceType = {
  ...userType,
  id: "Locker",
  name: "Locker",
  schema: schema(LOCKER, "Locker", "", [
    string("label", ""),
    string("pin", "", { ...never, required: true }),
    string("codes", "", { ...never, multiValued: true }),
    integer("seed", "", never),
    complex("lock", "", [string("maker", ""), string("key", "", { ...never, required: true })]),
    multiValued("doors", "", [string("value", ""), string("key", "", never)]),
    complex("safe", "", [string("left", "", { ...never, required: true }), string("right", "", never)]),
    complex("vault", "", [string("site", "", { required: true }), string("word", "")], never),
  ]),
  extensions: [],
};
const PIN = { schemas: [LOCKER], pin: "s3cret" };
const created = (more: JsonObject) => parseResource(lockerType, frozen({ ...PIN, ...more }), "create");
const parsed = (op: string, path: string, value?: Json) =>
  parsePatch(lockerType, {
    schemas: [patchOpUrn],
    Operations: [{ op, path, ...(value === undefined ? {} : { value }) }],
  });
const patched = (current: JsonObject, op: string, path: string, value?: Json) => {
  const operations = parsed(op, path, value);
  return {
    after: applyPatch(lockerType, frozen(current), operations),
    secrets: operations.filter(namesSecret).map((one) => [one.path.text, one.value]),
  };
};

describe("a creation", () => {
  it.each<[string, JsonObject, JsonObject, string[]]>([
    ["a value", {}, {}, ["pin"]],
    ["a list", { codes: ["a", "b"] }, {}, ["pin", "codes"]],
    ["a part", { lock: { maker: "m", key: "k" } }, { lock: { maker: "m" } }, ["pin", "lock.key"]],
    [
      "parts of a list",
      { doors: [{ value: "n", key: "k" }, { key: "l" }] },
      { doors: [{ value: "n" }] },
      ["pin", "doors.key"],
    ],
    ["a complex value all of whose parts are secret", { safe: { left: "l", right: "r" } }, {}, ["pin", "safe"]],
    ["a complex value that is secret as a whole", { vault: { site: "s", word: "w" } }, {}, ["pin", "vault"]],
    ["nothing", { seed: null, codes: [], doors: [{ value: "n", key: "" }] }, { doors: [{ value: "n" }] }, ["pin"]],
  ])("with %s keeps none of it", (_, more, attributes, secrets) =>
    expect(created(more)).toEqual({ attributes, secrets }),
  );

  it.each<[string, JsonObject]>([
    ["pin", { pin: null }],
    ["pin", { pin: "" }],
    ["lock.key", { lock: { maker: "m" } }],
    ["safe.left", { safe: { right: "r" } }],
    ["vault.site", { vault: { word: "w" } }],
  ])("must have %s", (name, more) =>
    expectRefusal(() => created(more), { scimType: "invalidValue", detail: `${name} is required` }),
  );

  it.each<[string, JsonObject]>([
    ["seed", { seed: "s3cret" }],
    ["codes", { codes: "s3cret" }],
    ["doors.key", { doors: [{ key: 5 }] }],
    ["vault.word", { vault: { site: "s", word: 5 } }],
  ])("with %s of another type is refused without repeating it", (name, more) => {
    expectRefusal(() => created(more), { scimType: "invalidValue", detail: name });
    expect(() => created(more)).not.toThrow(/s3cret/u);
  });
});

describe("a replacement", () => {
  it("need not repeat what nobody can read", () => {
    const body = { schemas: [LOCKER], lock: { maker: "m" } };
    expect(parseResource(lockerType, body, "replace").attributes).toEqual({ lock: { maker: "m" } });
    expectRefusal(() => parseResource(lockerType, { ...body, safe: { right: "r" } }, "replace"), {
      scimType: "invalidValue",
      detail: "safe.left is required",
    });
  });

  it("ends what an older version kept", () => {
    const older = { label: "a", pin: "old", lock: { maker: "m", key: "old" } };
    const { attributes } = parseResource(lockerType, { ...PIN, label: "a", lock: { maker: "m" } }, "replace");
    expect(replacement(lockerType, attributes, older)).toEqual({ label: "a", lock: { maker: "m" } });
  });

  it("ends it also where it could not be changed then", () => {
    const attributes = [string("pin", "", { ...never, mutability: "immutable" }), string("label", "")];
    const type = { ...lockerType, schema: schema(LOCKER, "Locker", "", attributes) };
    const older = { pin: "old", label: "a" };
    const parse = (more: JsonObject) =>
      parseResource(type, { schemas: [LOCKER], ...more }, "replace", older).attributes;
    expect(parse({ pin: "new" })).toEqual({});
    expect(parse({ label: "a" })).toEqual({ label: "a" });
  });
});

describe("a PATCH", () => {
  it.each<[string, string, Json | undefined, JsonObject, string[]]>([
    ["add", "pin", "s", {}, ["pin"]],
    ["replace", "pin", "s", {}, ["pin"]],
    ["remove", "codes", undefined, {}, ["codes"]],
    ["add", "codes", ["a"], {}, ["codes"]],
    ["replace", "codes", null, {}, ["codes"]],
    ["add", "lock", { maker: "m", key: "k" }, { lock: { maker: "m" } }, ["lock.key"]],
    ["replace", "lock.key", "k", {}, ["lock.key"]],
    ["add", "doors", [{ value: "n", key: "k" }], { doors: [{ value: "n" }] }, ["doors.key"]],
    ["add", 'doors[value eq "n"]', { key: "k" }, { doors: [{ value: "n" }] }, ["doors.key"]],
    ["add", 'doors[value eq "n"].key', "k", { doors: [{ value: "n" }] }, ["doors.key"]],
    ["replace", "safe", { left: "l" }, {}, ["safe"]],
    ["add", "vault", { word: "w" }, {}, ["vault"]],
    ["replace", "vault.word", "w", {}, ["vault.word"]],
  ])("to %s %s keeps none of it", (op, path, value, after, secrets) => {
    expect(patched({}, op, path, value)).toEqual({ after, secrets: secrets.map((text) => [text, undefined]) });
  });

  it("checks the shape", () => {
    for (const [path, value] of [
      ["seed", "x"],
      ["codes", [1]],
      ["lock", { key: 5 }],
    ] as const)
      expectRefusal(() => parsed("replace", path, value as Json), { scimType: "invalidValue", detail: path });
    for (const op of ["add", "replace"])
      expectRefusal(() => parsed(op, "pin", null), { scimType: "invalidValue", detail: "pin is required" });
  });

  it("gives it to what its filter selects", () => {
    const [n, s] = [{ value: "n" }, { value: "s" }];
    const doors = [n, s];
    for (const path of ['doors[value eq "n"].key', 'lock[maker eq "n"].key'])
      expectRefusal(() => patched({ pin: "p" }, "replace", path, "k"), { scimType: "noTarget" });
    expect(patched({ doors }, "replace", 'doors[value eq "n"].key', "k").after).toEqual({ doors });
    expect(patched({ doors }, "replace", 'doors[value eq "n"]', { value: "m", key: "k" }).after).toEqual({
      doors: [{ value: "m" }, s],
    });
    expect(patched({ doors }, "add", 'doors[value eq "n"]', { value: "m", key: "k" }).after).toEqual({
      doors: [{ value: "m" }, s],
    });
    expectRefusal(() => parsed("add", 'doors[key eq "k"].value', "x"), { scimType: "invalidFilter", detail: "secret" });
  });

  it("takes away what an older version kept where that is asked for, and leaves it alone otherwise", () => {
    const older = { label: "a", codes: ["old"], lock: { maker: "m", key: "old" }, doors: [{ value: "n", key: "old" }] };
    expect(patched(older, "remove", "codes").after).not.toHaveProperty("codes");
    expect(patched(older, "remove", "lock.key").after["lock"]).toEqual({ maker: "m" });
    expect(patched(older, "remove", 'doors[value eq "n"].key').after["doors"]).toEqual([{ value: "n" }]);
    expect(patched(older, "replace", "codes", ["new"]).after).toEqual(older);
    expect(patched(older, "replace", "label", "b").after).toEqual({ ...older, label: "b" });
  });
});
