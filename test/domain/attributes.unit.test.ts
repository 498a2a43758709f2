import { expect, it } from "@jest/globals";
import { applyChanges, withElements } from "../../src/domain/attributes.ts";
import { userType } from "../../src/scim/schema/resource-types.ts";

const set = withElements(userType, { emails: [{ value: "a@x" }, { value: "b@x" }] });

it("taking away an element that is not there takes no other one away", () => {
  const { attributes, elements } = applyChanges(set, [{ path: "emails", element: "99" }]);
  expect({ attributes, elements }).toEqual({ attributes: set.attributes, elements: set.elements });
});

it("taking away the last element takes the attribute away", () => {
  const gone = [
    { path: "emails", element: "1" },
    { path: "emails", element: "2" },
  ];
  expect(applyChanges(set, gone)).toMatchObject({ attributes: {}, elements: {} });
});
