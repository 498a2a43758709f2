import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { changesBetween } from "../../src/domain/attribute-changes.ts";
import { assignedPaths, isAssigned } from "../../src/domain/attribute-places.ts";
import { applyChanges, withElements } from "../../src/domain/attributes.ts";
import { MemberSet } from "../../src/domain/member-set.ts";
import { isObject, type Json, type JsonObject } from "../../src/scim/json.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";
import { arbitraryUser } from "../scim/arbitraries.ts";

/** What clients can set, with the order of elements made irrelevant. */
function settled(attributes: JsonObject): Json {
  return Object.fromEntries(
    Object.entries(attributes)
      .map(([name, value]): [string, Json] => {
        if (Array.isArray(value)) return [name, value.map((element) => JSON.stringify(settledValue(element))).sort()];
        return [name, settledValue(value)];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
const settledValue = (value: Json): Json => (isObject(value) ? settled(value) : value);

const writable = arbitraryUser.map((user) => {
  const { id: _, meta: __, schemas: ___, groups: ____, ...attributes } = user as JsonObject;
  return attributes;
});

describe("attributes as canonical changes", () => {
  it("the changes between two resources turn the one into the other", () =>
    fc.assert(
      fc.property(writable, writable, (from, to) => {
        const set = withElements(userType, from);
        const after = applyChanges(set, changesBetween(userType, set, to));
        expect(settled(after.attributes)).toEqual(settled(to));
      }),
    ));

  it("between equals there are none, and after them there are none left", () =>
    fc.assert(
      fc.property(writable, writable, (from, to) => {
        const set = withElements(userType, from);
        expect(changesBetween(userType, set, structuredClone(from))).toEqual([]);
        const after = applyChanges(set, changesBetween(userType, set, to));
        expect(changesBetween(userType, after, to)).toEqual([]);
      }),
    ));

  it("every element has an id of its own, and keeps it while it is there", () =>
    fc.assert(
      fc.property(writable, fc.array(writable, { maxLength: 5 }), (first, later) => {
        let set = withElements(userType, first);
        for (const next of later) {
          const before = set;
          set = applyChanges(set, changesBetween(userType, set, next));
          for (const [path, ids] of Object.entries(set.elements)) {
            expect(new Set(ids).size).toBe(ids.length);
            for (const id of ids) {
              if (!before.elements[path]?.includes(id)) expect(Number(id)).toBeGreaterThanOrEqual(before.nextElement);
            }
          }
        }
      }),
    ));

  it("changes never write to what they start from", () =>
    fc.assert(
      fc.property(writable, writable, (from, to) => {
        const set = withElements(userType, from);
        const text = JSON.stringify(set);
        applyChanges(set, changesBetween(userType, set, to));
        expect(JSON.stringify(set)).toBe(text);
      }),
    ));

  it("assigned paths are those that are assigned", () =>
    fc.assert(
      fc.property(writable, (attributes) => {
        for (const path of assignedPaths(userType, attributes))
          expect(isAssigned(userType, attributes, path)).toBe(true);
      }),
    ));
});

describe("a member set is a set", () => {
  const ids = fc.integer({ min: 0, max: 40 }).map((n) => `m${n}`);
  const steps = fc.array(fc.array(fc.tuple(ids, fc.boolean()), { minLength: 0, maxLength: 12 }), { maxLength: 40 });

  it("whatever is added and removed, in whatever portions", () =>
    fc.assert(
      fc.property(fc.array(ids), steps, (first, changes) => {
        let set = MemberSet.of(first);
        const model = new Set(first);
        for (const change of changes) {
          const before = set;
          const known = [...before.ids()].sort();
          set = set.with(change);
          for (const [id, member] of change) member ? model.add(id) : model.delete(id);
          expect([...before.ids()].sort()).toEqual(known);
        }
        expect([...set.ids()].sort()).toEqual([...model].sort());
        for (let n = 0; n <= 41; n++) expect(set.has(`m${n}`)).toBe(model.has(`m${n}`));
      }),
    ));

  it("what is learned later never overrules what is known, and completes it", () =>
    fc.assert(
      fc.property(fc.uniqueArray(ids), steps, fc.array(ids), (before, changes, looked) => {
        const model = new Set(before);
        let set = MemberSet.unknown;
        for (const change of changes) {
          set = set.with(change);
          for (const [id, member] of change) member ? model.add(id) : model.delete(id);
        }
        for (const id of looked) {
          set = set.learn([id], new Set(before));
          expect(set.has(id)).toBe(model.has(id));
        }
        expect([...set.completedWith(before).ids()].sort()).toEqual([...model].sort());
      }),
    ));
});
