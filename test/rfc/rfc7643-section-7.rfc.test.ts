// RFC 7643 §7, the characteristics of attributes. The RFC's own types do not use all of them; `badgeType` does.
import { describe, expect, it } from "@jest/globals";
import type { JsonObject } from "../../src/scim/json.ts";
import { parseResource } from "../../src/scim/resource/parse.ts";
import { attributesOf, findAttribute } from "../../src/scim/schema/lookup.ts";
import { parseSelection, select } from "../../src/scim/selection.ts";
import { expectRefusal } from "../scim/refusal.ts";
import { badgeType, created, patched, selects } from "./engine.ts";

const SCHEMA = "urn:example:Badge";
const badge = (body: JsonObject = {}): JsonObject =>
  created(badgeType, { schemas: [SCHEMA], serial: "S1", ...body }).attributes;
const put = (body: JsonObject, current: JsonObject): JsonObject =>
  parseResource(badgeType, { schemas: [SCHEMA], serial: "S1", ...body }, "replace", current).attributes;
const patch = (attributes: JsonObject, op: string, path: string, value?: JsonObject[string]) =>
  patched(badgeType, { serial: "S1", ...attributes }, { op, path, ...(value === undefined ? {} : { value }) });

it("§2.2 “If not otherwise stated in Section 7, SCIM attributes have the following characteristics”", () => {
  const { description: _, ...characteristics } = findAttribute(attributesOf(badgeType), "tag") ?? { description: "" };
  expect({ ...characteristics, returned: "default" }).toEqual({
    name: "tag",
    required: false,
    caseExact: false,
    mutability: "readWrite",
    returned: "default",
    uniqueness: "none",
    type: "string",
    multiValued: false,
  });
});

describe("required", () => {
  it("“specifies whether or not the attribute is required”: of the resource", () => {
    expectRefusal(() => badge({ serial: null }), { scimType: "invalidValue" });
  });
  it("of each element", () => {
    expectRefusal(() => badge({ doors: [{ type: "front" }] }), { scimType: "invalidValue" });
    expectRefusal(() => patch({}, "add", "doors", [{ type: "front" }]), { scimType: "invalidValue" });
    expectRefusal(() => patch({ doors: [{ value: "d1", type: "a" }] }, "remove", 'doors[type eq "a"].value'), {
      scimType: expect.stringMatching(/mutability|invalidValue/) as never,
    });
  });
});

describe("caseExact", () => {
  it("“The server SHALL use case sensitivity … when evaluating filters”", () => {
    const resource = { serial: "aB", colours: ["Red"], doors: [{ value: "D1", type: "Front" }] };
    expect(selects('serial eq "ab"', resource, badgeType)).toBe(false);
    expect(selects('serial co "B"', resource, badgeType)).toBe(true);
    expect(selects('serial co "b"', resource, badgeType)).toBe(false);
    expect(selects('colours eq "RED"', resource, badgeType)).toBe(true);
    expect(selects('doors eq "d1"', resource, badgeType)).toBe(false);
    expect(selects('doors[value eq "D1" and type eq "FRONT"]', resource, badgeType)).toBe(true);
  });
});

describe("mutability", () => {
  it("readOnly: “The attribute SHALL NOT be modified.” Ignored by POST and PUT, refused by PATCH", () => {
    expect(badge({ issuer: "me" })).toEqual(badge());
    expect(put({ issuer: "me" }, badge())).toEqual(badge());
    for (const op of ["add", "replace"]) expectRefusal(() => patch({}, op, "issuer", "me"), { scimType: "mutability" });
    expectRefusal(() => patch({ issuer: "x" }, "remove", "issuer"), { scimType: "mutability" });
  });

  it("readOnly sub-attributes likewise", () => {
    expect(badge({ doors: [{ value: "d", seal: "x" }] })).toMatchObject({ doors: [{ value: "d" }] });
    expect(badge({ doors: [{ value: "d", seal: "x" }] })["doors"]).toEqual([{ value: "d" }]);
    expectRefusal(() => patch({ doors: [{ value: "d" }] }, "replace", 'doors[value eq "d"].seal', "x"), {
      scimType: "mutability",
    });
  });

  it("immutable: “MAY be defined at resource creation … or at record replacement”", () => {
    expect(badge({ chip: { maker: "A" } })).toMatchObject({ chip: { maker: "A" } });
    expect(put({ chip: { maker: "A" } }, badge())).toMatchObject({ chip: { maker: "A" } });
    expect(put({ marks: ["a"] }, badge())).toMatchObject({ marks: ["a"] });
  });

  it("immutable: “The attribute SHALL NOT be updated.”", () => {
    const current = badge({ chip: { maker: "A", model: "1" }, marks: ["a", "b"], holder: { value: "h" } });
    expect(put({}, current)).toEqual(expect.objectContaining({ chip: current["chip"], marks: current["marks"] }));
    expect(patch(current, "replace", "marks", ["b", "a"])).toMatchObject({ marks: ["a", "b"] });
    expect(put({ chip: { maker: "A", model: "1" }, marks: ["b", "a"] }, current)).toMatchObject({
      chip: { maker: "A" },
    });
    for (const body of [
      { serial: "S2" },
      { serial: "s1" },
      { chip: { maker: "B", model: "1" } },
      { chip: { maker: "A" } },
      { marks: ["a"] },
      { marks: ["a", "b", "c"] },
      { holder: { value: "i" } },
    ])
      expectRefusal(() => put(body as JsonObject, current), { scimType: "mutability" });
    for (const [op, path, value] of [
      ["replace", "serial", "S2"],
      ["add", "serial", "S2"],
      ["remove", "serial"],
      ["replace", "chip", { maker: "B" }],
      ["add", "chip.maker", "B"],
      ["remove", "chip"],
      ["remove", "chip.maker"],
      ["add", "marks", ["c"]],
      ["remove", "marks"],
      ["replace", "holder.value", "i"],
      ["replace", "holder", { value: "i" }],
      ["remove", "holder.value"],
    ] as const)
      expectRefusal(() => patch(current, op, path, value as never), { scimType: "mutability" });
  });

  it("RFC 7644 §3.5.2 “a client MAY ‘add’ a value to an ‘immutable’ attribute if the attribute had no previous value”", () => {
    expect(patch({}, "add", "chip", { maker: "A" })).toMatchObject({ chip: { maker: "A" } });
    expect(patch({}, "replace", "chip.maker", "A")).toMatchObject({ chip: { maker: "A" } });
    expect(patch({}, "add", "marks", ["a", "b"])).toMatchObject({ marks: ["a", "b"] });
    expect(patch({ holder: { note: "n" } }, "add", "holder.value", "h")).toMatchObject({
      holder: { value: "h", note: "n" },
    });
    expect(patch({ holder: { value: "h" } }, "replace", "holder.note", "n")).toMatchObject({
      holder: { value: "h", note: "n" },
    });
  });

  it("writeOnly: “Attribute values SHALL NOT be returned”", () => {
    const parsed = created(badgeType, { schemas: [SCHEMA], serial: "1", pin: "1234" });
    expect(parsed).toEqual({ attributes: { serial: "1" }, secrets: ["pin"] });
    expect(patch({}, "replace", "pin", "1234")).toEqual({ serial: "S1" });
    expectRefusal(() => patch({}, "replace", "pin", 1234), { scimType: "invalidValue" });
  });
});

describe("returned", () => {
  const resource = {
    schemas: [SCHEMA],
    id: "1",
    serial: "S1",
    tag: "T",
    secretive: "x",
    pin: "1234",
    level: 3,
    doors: [{ value: "d1", type: "a", code: "007" }],
  };
  const shown = (parameters: { attributes?: string; excludedAttributes?: string }, sent: string[] = []) =>
    select(resource, parseSelection(badgeType, parameters), new Set(sent));

  it("always: “The attribute is always returned, regardless of the contents of the ‘attributes’ parameter.”", () => {
    expect(shown({ attributes: "level" })).toEqual({ schemas: [SCHEMA], id: "1", tag: "T", level: 3 });
    expect(shown({ excludedAttributes: "tag,id,schemas,level,serial,doors" })).toEqual({
      schemas: [SCHEMA],
      id: "1",
      tag: "T",
    });
    expect(shown({ attributes: "doors.type" })).toMatchObject({ doors: [{ value: "d1", type: "a" }] });
    expect(shown({ excludedAttributes: "doors.value" })).toMatchObject({ doors: [{ value: "d1", type: "a" }] });
  });

  it("never: “The attribute is never returned.”", () => {
    for (const parameters of [{}, { attributes: "pin" }, { attributes: "PIN,level" }, { excludedAttributes: "level" }])
      expect(shown(parameters, ["pin"])).not.toHaveProperty("pin");
  });

  it("default: “only returned if the attribute is named in the ‘attributes’ parameter”", () => {
    expect(shown({})).toHaveProperty("level", 3);
    expect(shown({ attributes: "serial" })).not.toHaveProperty("level");
  });

  it("request: “returned in response to any PUT, POST, or PATCH operations if the attribute was specified by the client”", () => {
    expect(shown({})).not.toHaveProperty("secretive");
    expect(shown({}, ["secretive"])).toHaveProperty("secretive", "x");
  });

  it("request: “returned in a SCIM query operation only if specified in the ‘attributes’ parameter”", () => {
    expect(shown({ attributes: "secretive" })).toHaveProperty("secretive", "x");
    expect(shown({ attributes: "level" })).not.toHaveProperty("secretive");
    expect(shown({ excludedAttributes: "level" })).not.toHaveProperty("secretive");
    expect(shown({})).toHaveProperty("doors", [{ value: "d1", type: "a" }]);
    expect(shown({ attributes: "doors.code" })).toHaveProperty("doors", [{ value: "d1", code: "007" }]);
  });
});
