import { describe, expect, it } from "@jest/globals";
import { withoutAbsent } from "../../../src/scim/bulk/circle.ts";
import { referencesIn, withIds } from "../../../src/scim/bulk/references.ts";
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import { groupType } from "../../../src/scim/schema/resource-types.ts";
import { planOf } from "../../support/bulk.ts";

const parse = (text: string) => JSON.parse(text) as Json;

describe("references", () => {
  it("are texts that are nothing else, at any depth, and never names of members", () => {
    const data = parse(
      '{"a":["bulkId:1",{"b":{"c":"bulkId:2"}}],"bulkId:3":"x","d":" bulkId:4","e":"bulkId:","f":"bulkid:5","g":"see bulkId:6","h":"bulkId:a:b"}',
    );
    expect([...referencesIn(data)]).toEqual(["1", "2", "a:b"]);
  });

  it("give way to ids, and everything else stays as it is, the prototype's name too", () => {
    const data = parse('{"__proto__":{"value":"bulkId:1"},"n":[1,true,null,"bulkId:2"]}');
    const ids = withIds(data, (bulkId) => (bulkId === "1" ? "id-1" : undefined));
    expect(JSON.stringify(ids)).toBe('{"__proto__":{"value":"id-1"},"n":[1,true,null,"bulkId:2"]}');
    expect(Object.getPrototypeOf(ids)).toBe(Object.prototype);
  });
});

describe("a plan", () => {
  const post = (bulkId: string, path: string, data: JsonObject = {}): JsonObject => ({
    method: "POST",
    path,
    bulkId,
    data,
  });
  let ids = 0;
  const plan = (...operations: JsonObject[]) => planOf(operations, () => `id-${++ids}`);

  it("has an id for everything that will be created, in references to it and in paths", () => {
    const { operations, steps } = plan(
      { method: "PUT", path: "/scim/v2/groups/bulkId:g", version: 'W/"1"', data: { members: [{ value: "bulkId:u" }] } },
      post("g", "/Groups"),
      post("u", "/Users"),
    );
    const [put, group, user] = operations;
    expect(put).toMatchObject({ id: group!.id, version: 'W/"1"', data: { members: [{ value: user!.id }] } });
    expect(put!.references).toEqual([2, 1]);
    expect(steps).toEqual([[2], [1], [0]]);
    expect(group!.id).not.toBe(user!.id);
  });

  it("lets operations wait that have to, and no others", () => {
    const id = "01890a5d-ac96-774b-bcce-b302099a8057";
    const manager = { manager: { value: id } };
    const { before } = plan(
      post("a", "/Users", { userName: "a", ...manager }),
      post("b", "/Users", { userName: "b", ...manager }),
      { method: "DELETE", path: `/Users/${id}` },
      post("c", "/Users", { USERNAME: "A" }),
      {
        method: "PATCH",
        path: "/Users/x",
        data: [{ op: "replace", path: "urn:ietf:params:scim:schemas:core:2.0:User:userName", value: "b" }],
      },
      { method: "PATCH", path: "/Users/y", data: [{ op: "replace", value: { username: "B" } }] },
      { method: "PATCH", path: "/Users/z", data: [{ op: "replace", path: "title", value: "a" }] },
    );
    expect(before).toEqual([[], [], [0, 1], [0], [1], [4], []]);
  });

  it("makes a circle one step, which waits for what any of it waits for", () => {
    const { steps, before } = plan(
      post("u", "/Users", { userName: "u" }),
      post("a", "/Groups", { members: [{ value: "bulkId:b" }, { value: "bulkId:u" }] }),
      post("b", "/Groups", { members: [{ value: "bulkId:a" }] }),
      { method: "DELETE", path: "/Groups/bulkId:b" },
    );
    expect(steps).toEqual([[0], [2, 1], [3]]);
    expect(before).toEqual([[], [0], [1]]);
  });

  it("says of an operation alone what is wrong with it, and what refers to it stays", () => {
    const { operations } = plan(post("a", "/Nowhere"), post("b", "/Groups", { members: ["bulkId:a"] }));
    expect(operations[0]).toMatchObject({ refusal: { status: 400, scimType: "invalidValue" } });
    expect(operations[1]).toMatchObject({ references: [0] });
    expect(operations[1]).not.toHaveProperty("refusal");
  });
});

describe("the beginning of a creation in a circle", () => {
  it("leaves out the members that are yet to be created, and nothing else", () => {
    const absent = new Set(["x"]);
    const data = { displayName: "x", externalId: "x", Members: [{ value: "x" }, { value: "y" }, "x"] };
    expect(withoutAbsent(groupType, data, absent)).toEqual({
      displayName: "x",
      externalId: "x",
      Members: [{ value: "y" }],
    });
    expect(withoutAbsent(groupType, data, new Set())).toBe(data);
    expect(withoutAbsent(groupType, "x", absent)).toBe("x");
  });
});
